"""The container engine: whichever answers, on a closed network, with nothing global changed."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import pytest
from tests.unit.conftest import FakeShell, Programs

from daira.errors import DairaError
from daira.local import engine as engines
from daira.local.engine import Engine
from daira.local.machine import Machine


def test_docker_that_answers_is_taken(machine: Machine, programs: Programs) -> None:
    programs.add("docker", 'test "$1" = info')
    programs.add("podman", "exit 0")
    assert engines.ensure(machine) == Engine("docker")
    assert not machine.made


def test_docker_that_does_not_answer_is_passed_over(machine: Machine, programs: Programs) -> None:
    programs.add("docker", "exit 1")
    programs.add("podman", 'test "$1" = info')
    assert engines.ensure(machine).name == "podman"


def test_two_engines_that_do_not_answer_are_one_sentence(machine: Machine, programs: Programs) -> None:
    programs.add("docker", "exit 1")
    programs.add("podman", "echo 'no cgroups' >&2; exit 125")
    with pytest.raises(DairaError, match=r"neither Docker nor Podman answers: start Docker, .*no cgroups"):
        engines.ensure(machine)


def test_a_user_who_is_not_root_is_told_what_to_install(
    machine: Machine, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.add("apt-get", "exit 99")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(DairaError, match="install Docker or Podman, start it, and run this again"):
        engines.ensure(machine)
    assert not machine.log("engine").exists()


def test_root_on_a_machine_without_apt_is_told_as_well(
    machine: Machine, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(DairaError, match="install Docker or Podman"):
        engines.ensure(machine)


def test_root_on_debian_gets_podman(
    machine: Machine, programs: Programs, fake: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.add("apt-get", "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert engines.ensure(machine).name == "podman"
    assert machine.made == ["podman"]
    assert [line.split()[:2] for line in fake.lines("apt-get")] == [["apt-get", "update"], ["apt-get", "install"]]
    assert all(package in fake.one("apt-get install").line for package in engines.PODMAN_PACKAGES)


def test_podmans_settings_for_root_live_in_the_cache(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    env = engines._podman_env(machine)
    assert set(env) == {"CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF"}
    assert all(Path(file).is_relative_to(machine.cache) for file in env.values())
    assert f'graphroot = "{machine.cache}/podman/storage"' in Path(env["CONTAINERS_STORAGE_CONF"]).read_text()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert engines._podman_env(machine) == {}


@pytest.mark.parametrize(("hard", "expected"), [(500, 500), (2000, 1000), (resource.RLIM_INFINITY, 1000)])
def test_nobody_asks_for_more_than_the_hard_limit(monkeypatch: pytest.MonkeyPatch, hard: int, expected: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (10, hard))
    assert engines._limit(resource.RLIMIT_NOFILE, 1000) == expected


def _podman_network(*, internal: bool = True, subnet: str = engines.SUBNET) -> dict[str, object]:
    return {"name": "daira", "subnets": [{"subnet": subnet}], "internal": internal}


def _docker_network(*, masquerade: str | None = "false", subnet: str = engines.SUBNET) -> dict[str, object]:
    options = None if masquerade is None else {"com.docker.network.bridge.enable_ip_masquerade": masquerade}
    return {"Name": "daira", "Internal": False, "IPAM": {"Config": [{"Subnet": subnet}]}, "Options": options}


def test_the_network_is_made_closed_where_there_is_none(fake: FakeShell, podman: Engine, docker: Engine) -> None:
    fake.on("network inspect", code=1)
    engines.ensure_network(podman)
    engines.ensure_network(docker)
    one, other = fake.lines("network create")
    assert one == "podman network create --internal --subnet 198.18.0.0/24 daira"
    assert "com.docker.network.bridge.enable_ip_masquerade=false" in other


@pytest.mark.parametrize(("name", "network"), [("podman", _podman_network()), ("docker", _docker_network())])
def test_a_closed_network_is_used_again(fake: FakeShell, name: str, network: dict[str, object]) -> None:
    fake.on("network inspect", out=json.dumps([network]))
    engines.ensure_network(Engine(name))
    assert not fake.lines("network (create|rm)")


@pytest.mark.parametrize(
    ("name", "network", "wrong"),
    [
        ("podman", _podman_network(internal=False), "is not closed, so the cluster's traffic could leave the machine"),
        ("docker", _docker_network(masquerade="true"), "is not closed"),
        ("docker", _docker_network(masquerade=None), "is not closed"),
        ("podman", _podman_network(subnet="10.89.0.0/24"), r"has the subnet 10\.89\.0\.0/24, not 198\.18\.0\.0/24"),
        ("docker", _docker_network(subnet="172.18.0.0/16"), r"has the subnet 172\.18\.0\.0/16, not 198\.18\.0\.0/24"),
        ("podman", {"name": "daira", "internal": True}, "has no subnet, not"),
        ("podman", {"cniVersion": "0.4.0", "plugins": []}, "is not closed"),
    ],
)
def test_another_network_of_that_name_is_refused_and_left_alone(
    fake: FakeShell, name: str, network: dict[str, object], wrong: str
) -> None:
    fake.on("network inspect", out=json.dumps([network]))
    with pytest.raises(DairaError, match=f"{name}'s network daira {wrong}.*: `daira down` removes it, then run this"):
        engines.ensure_network(Engine(name))
    assert not fake.lines("network (create|rm)")


def test_the_network_is_removed_where_it_is(fake: FakeShell, podman: Engine) -> None:
    engines.remove_network(podman)
    fake.on("network inspect", code=1)
    engines.remove_network(podman)
    assert fake.lines("network rm") == ["podman network rm daira"]


def test_the_address_is_the_one_on_our_network(fake: FakeShell, podman: Engine) -> None:
    networks = {"bridge": {"IPAddress": "10.0.0.2"}, "daira": {"IPAddress": "198.18.0.3"}}
    fake.on(" inspect ", out=json.dumps(networks))
    assert engines.address(podman, "daira-worker") == "198.18.0.3"


@pytest.mark.parametrize(("out", "code"), [("", 1), ("{}", 0), ('{"daira": {"IPAddress": ""}}', 0), ("", 0)])
def test_a_node_without_an_address_is_one_sentence(fake: FakeShell, podman: Engine, out: str, code: int) -> None:
    fake.on(" inspect ", out=out, code=code)
    with pytest.raises(DairaError, match="daira-worker has no address on the network daira: run `daira down`"):
        engines.address(podman, "daira-worker")


def test_names_are_sorted(fake: FakeShell, podman: Engine) -> None:
    fake.on(" ps -a", out="b\na\n\n")
    assert engines.names(podman, "x=y") == ["a", "b"]
    assert "--filter label=x=y" in fake.one(" ps ").line


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_kind_is_told_of_engine_and_network(name: str) -> None:
    env = Engine(name, {"KEPT": "1"}).kind_env
    assert env == {
        "KEPT": "1",
        "KIND_EXPERIMENTAL_PROVIDER": name,
        f"KIND_EXPERIMENTAL_{name.upper()}_NETWORK": "daira",
    }
