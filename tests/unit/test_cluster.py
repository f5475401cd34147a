"""The local cluster: one configuration for both roads, made when it is not there, never made over a healthy one."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from tests.unit.conftest import ROOT, Call, FakeShell

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local import cluster
from daira.local import engine as engines
from daira.local.engine import Engine
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain

STOCK = yaml.safe_load((ROOT / "cluster" / "kind.yaml").read_text(encoding="utf-8"))


class World:
    """kind, its nodes and the API server, behind the fake shell."""

    def __init__(self, fake: FakeShell, machine: Machine) -> None:
        self.machine = machine
        self.nodes: list[str] = []
        self.key = ""
        self.ready = True
        self.failures = 0  # how many times `kind create` is going to fail
        fake.on(r" ps -a .*io\.x-k8s\.kind\.cluster=daira", do=self._answer(lambda: "\n".join(reversed(self.nodes))))
        fake.on(r"^kind create", do=self._create)
        fake.on(r"^kind export kubeconfig", do=self._kubeconfig)
        fake.on(r" rm -f -v ", do=self._remove)
        fake.on(r" wait --for=condition=Ready", do=lambda _: shell.Done(0 if self.ready else 1, "", ""))
        fake.on(r" get --raw /readyz", out="ok\n")
        fake.on(rf" cat {cluster.KEY_FILE}", do=self._answer(lambda: self.key))
        fake.on(rf" cp /dev/stdin {cluster.KEY_FILE}", do=self._store)
        fake.on(r" network inspect", code=1)
        addresses = {engines.NETWORK: {"IPAddress": "198.18.0.2"}}
        fake.on(r" inspect -f .*Networks", out=json.dumps(addresses))

    @staticmethod
    def _answer(text: Callable[[], str]) -> Callable[[Call], shell.Done]:
        return lambda _: shell.Done(0, f"{text()}\n", "")

    def _create(self, call: Call) -> shell.Done:
        self.nodes, self.key = list(cluster.NODES), ""
        if self.failures:
            self.failures -= 1
            return shell.Done(1, "", "kubeadm init failed")
        self.ready = True
        return shell.Done(0, "", "")

    def _kubeconfig(self, call: Call) -> None:
        self.machine.kubeconfig.write_text("secret", encoding="utf-8")

    def _remove(self, call: Call) -> None:
        self.nodes = []

    def _store(self, call: Call) -> None:
        assert call.stdin
        self.key = call.stdin


@pytest.fixture
def world(fake: FakeShell, machine: Machine) -> World:
    """A machine without a cluster."""
    return World(fake, machine)


@pytest.fixture
def up(machine: Machine, tools: Toolchain, podman: Engine, world: World) -> Callable[..., bool]:
    """cluster.up with Podman."""
    return lambda image="node:1": cluster.up(machine, tools, podman, image, node_built_here=True)


def test_a_pulled_node_gets_the_plain_configuration(machine: Machine) -> None:
    config = cluster.kind_config(machine, node_built_here=False)
    mounts = [node.pop("extraMounts") for node in config["nodes"]]
    assert config == STOCK
    for of_node in mounts:
        assert [mount["containerPath"] for mount in of_node] == [cluster.IN_NODE, cluster.ARCHIVES_IN_NODE]
        assert all(mount["readOnly"] is True and mount["hostPath"].startswith(str(machine.cache)) for mount in of_node)


def test_a_node_built_here_keeps_all_promises_and_adds_its_own(machine: Machine) -> None:
    config = cluster.kind_config(machine, node_built_here=True)
    assert config["featureGates"] == {"KubeletInUserNamespace": True}
    patches = [yaml.safe_load(patch) for patch in config["kubeadmConfigPatches"]]
    assert [patch["kind"] for patch in patches] == ["KubeletConfiguration"]
    assert patches[0]["resolvConf"] == f"{cluster.IN_NODE}/resolv.conf"
    plain = [yaml.safe_load(patch) for patch in STOCK["kubeadmConfigPatches"]]
    assert patches[0].items() >= plain[0].items()
    assert {key: config[key] for key in ("networking", "name")} == {key: STOCK[key] for key in ("networking", "name")}
    assert [node["role"] for node in config["nodes"]] == ["control-plane", "worker", "worker"]
    assert config["nodes"][0]["kubeadmConfigPatches"] == STOCK["nodes"][0]["kubeadmConfigPatches"]


def test_every_file_the_api_server_is_told_of_is_written(machine: Machine) -> None:
    cluster._write_files(machine)
    (patch,) = STOCK["nodes"][0]["kubeadmConfigPatches"]
    arguments: dict[str, str] = yaml.safe_load(patch)["apiServer"]["extraArgs"]
    inside = [value for value in arguments.values() if value.startswith(cluster.IN_NODE)]
    written = {f"{cluster.IN_NODE}/{path.name}" for path in cluster._files(machine).iterdir()}
    assert len(inside) == 3
    assert written == {*inside, f"{cluster.IN_NODE}/resolv.conf"}


def _encryption(machine: Machine) -> Any:
    return yaml.safe_load((cluster._files(machine) / "encryption.yaml").read_text(encoding="utf-8"))


def test_secrets_are_written_encrypted_with_a_key_of_this_machine(machine: Machine, tmp_path: Any) -> None:
    cluster._write_files(machine)
    (rule,) = _encryption(machine)["resources"]
    assert rule["resources"] == ["secrets"]
    # the first provider writes; identity only reads what was written before
    assert [next(iter(provider)) for provider in rule["providers"]] == ["secretbox", "identity"]
    secret = rule["providers"][0]["secretbox"]["keys"][0]["secret"]
    assert len(base64.b64decode(secret, validate=True)) == 32
    other = Machine(ROOT, tmp_path / "s", tmp_path / "c", machine.progress)
    cluster._write_files(other)
    assert _encryption(other) != _encryption(machine)


def test_the_encryption_file_is_its_owners_and_is_kept(machine: Machine) -> None:
    cluster._write_files(machine)
    file = cluster._files(machine) / "encryption.yaml"
    before = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    cluster._write_files(machine)
    assert file.read_bytes() == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_other_files_follow_the_project(machine: Machine) -> None:
    cluster._write_files(machine)
    policy = cluster._files(machine) / "audit-policy.yaml"
    policy.write_text("stale", encoding="utf-8")
    cluster._write_files(machine)
    assert policy.read_bytes() == (ROOT / "cluster" / "audit-policy.yaml").read_bytes()
    assert (cluster._files(machine) / "resolv.conf").read_text(encoding="utf-8") == "nameserver 198.18.0.1\n"


def test_a_cluster_is_made_on_the_closed_network(
    up: Callable[..., bool], fake: FakeShell, machine: Machine, world: World
) -> None:
    assert up() is True
    create = fake.one("^kind create")
    assert create.env["KIND_EXPERIMENTAL_PROVIDER"] == "podman"
    assert create.env["KIND_EXPERIMENTAL_PODMAN_NETWORK"] == engines.NETWORK
    assert create.log == machine.log("cluster")
    assert f"--kubeconfig {machine.kubeconfig}" in create.line
    assert "--image node:1" in create.line
    written = yaml.safe_load((machine.state / "kind.yaml").read_text(encoding="utf-8"))
    assert written == cluster.kind_config(machine, node_built_here=True)
    order = [line for line in (call.line for call in fake.calls) if "network create" in line or "kind create" in line]
    assert order[0] == f"podman network create --internal --subnet {engines.SUBNET} {engines.NETWORK}"
    assert "--server=https://198.18.0.2:6443" in fake.lines("set-cluster")[-1]
    assert stat.S_IMODE(machine.kubeconfig.stat().st_mode) == 0o600


def test_a_healthy_cluster_of_the_same_configuration_is_left_alone(
    up: Callable[..., bool], fake: FakeShell, world: World
) -> None:
    up()
    fake.calls.clear()
    assert up() is False
    assert not fake.lines("kind create| rm ")


def test_a_cluster_on_an_open_network_is_not_used(up: Callable[..., bool], fake: FakeShell, world: World) -> None:
    up()
    fake.calls.clear()
    fake.on(" network inspect", out=json.dumps([{"internal": False, "subnets": [{"subnet": engines.SUBNET}]}]))
    with pytest.raises(DairaError, match="network daira is not closed"):
        up()
    assert not fake.lines("kind create| rm ")


@pytest.mark.parametrize("change", ["image", "file", "key"])
def test_a_healthy_cluster_of_another_configuration_is_never_removed(
    up: Callable[..., bool], fake: FakeShell, world: World, machine: Machine, change: str
) -> None:
    up()
    fake.calls.clear()
    if change == "file":
        (cluster._files(machine) / "encryption.yaml").write_text("other", encoding="utf-8")
    if change == "key":
        world.key = ""
    with pytest.raises(DairaError, match="runs with another configuration: `daira down` removes it"):
        up("node:2" if change == "image" else "node:1")
    assert not fake.lines("kind create| rm ")


def _die(world: World, how: str) -> None:
    if how == "not ready":
        world.ready = False
    elif how == "a node is missing":
        world.nodes.pop()


@pytest.mark.parametrize("how", ["not ready", "a node is missing"])
def test_a_dead_cluster_is_made_again(up: Callable[..., bool], fake: FakeShell, world: World, how: str) -> None:
    up()
    _die(world, how)
    fake.calls.clear()
    assert up() is True
    order = [line.split(" -")[0] for line in fake.lines("kind create| rm -f")]
    assert order == ["podman rm", "kind create cluster"]
    assert world.key


def test_an_api_server_that_says_anything_but_ok_is_not_healthy(
    up: Callable[..., bool], fake: FakeShell, world: World, machine: Machine, tools: Toolchain, podman: Engine
) -> None:
    up()
    assert cluster.healthy(machine, tools, podman)
    fake.on("/readyz", out="[-]etcd failed\n")
    assert not cluster.healthy(machine, tools, podman)
    fake.on("/readyz", code=1)
    assert not cluster.healthy(machine, tools, podman)


def test_a_node_without_an_address_is_not_healthy(
    up: Callable[..., bool], fake: FakeShell, world: World, machine: Machine, tools: Toolchain, podman: Engine
) -> None:
    up()
    fake.on(r" inspect -f .*Networks", out="{}")
    assert not cluster.healthy(machine, tools, podman)


def test_one_failure_of_kind_is_tried_again_two_are_not(up: Callable[..., bool], fake: FakeShell, world: World) -> None:
    world.failures = 1
    assert up() is True
    assert len(fake.lines("^kind create")) == 2
    world.failures, world.nodes = 2, []
    with pytest.raises(CommandFailed, match="kubeadm init failed"):
        up()
    assert not world.key


def test_docker_keeps_the_address_kind_gives(
    fake: FakeShell, world: World, machine: Machine, tools: Toolchain, docker: Engine
) -> None:
    assert cluster.up(machine, tools, docker, cluster.STOCK_NODE, node_built_here=False)
    assert not fake.lines("set-cluster")
    assert "enable_ip_masquerade=false" in fake.one("network create").line


def test_kubectl_talks_to_the_local_cluster_only(fake: FakeShell, kubectl: cluster.Kubectl, machine: Machine) -> None:
    kubectl.run("get", "pods")
    kubectl.apply("secret text")
    assert [call.line.split()[:3] for call in fake.calls] == [["kubectl", "--context", "kind-daira"]] * 2
    assert {call.env["KUBECONFIG"] for call in fake.calls} == {str(machine.kubeconfig)}
    assert "secret text" not in fake.calls[1].line
    assert fake.calls[1].stdin == "secret text"


def test_down_removes_nodes_network_and_kubeconfig(
    up: Callable[..., bool], fake: FakeShell, world: World, machine: Machine, podman: Engine
) -> None:
    up()
    fake.on(" network inspect", code=0)
    cluster.down(machine, podman)
    assert not machine.kubeconfig.exists()
    assert fake.lines(" network rm ") == [f"podman network rm {engines.NETWORK}"]
    assert set(fake.one(" rm -f ").line.split()[4:]) == set(cluster.NODES)
    cluster.down(machine, podman)
    assert len(fake.lines(" rm -f ")) == 1


def test_nodes_that_cannot_be_removed_are_named(
    up: Callable[..., bool], fake: FakeShell, world: World, machine: Machine, podman: Engine
) -> None:
    up()
    fake.on(" rm -f ", code=1)
    with pytest.raises(DairaError, match=r"could not remove the nodes daira-control-plane, .*: run `podman rm -f"):
        cluster.down(machine, podman)
    assert machine.kubeconfig.exists()
