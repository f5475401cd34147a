"""The pinned programs: from PATH only at the pinned version, from a release only with its checksum, else from Go."""

from __future__ import annotations

import copy
import hashlib
import io
import re
import socket
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.unit.conftest import ROOT, FakeShell, Programs, Site

from daira.errors import DairaError
from daira.local import gobuild, toolchain
from daira.local.machine import Machine

PINS = copy.deepcopy(toolchain.pins())
BINARY = b"#!/bin/sh\necho a program\n"


def _archive(member: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()


@pytest.fixture(autouse=True)
def _amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


@pytest.fixture
def releases(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """All four releases with good checksums on the loopback server, and pins that point there."""
    pins = copy.deepcopy(PINS)
    for pin in pins.values():
        for what in ("url", "checksum"):
            pin["release"][what] = re.sub(r"https://[^/]+", site.url, pin["release"][what])
        path = pin["release"]["url"].format(arch="amd64").removeprefix(site.url)
        member = pin["release"].get("member", "").format(arch="amd64")
        site.files[path] = _archive(member, BINARY) if member else BINARY
        line = f"{hashlib.sha256(site.files[path]).hexdigest()}  {path.rsplit('/', 1)[-1]}\n"
        site.files[pin["release"]["checksum"].format(arch="amd64").removeprefix(site.url)] = line.encode()
    monkeypatch.setattr(toolchain, "pins", lambda: pins)
    return site


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[gobuild.GoBuild]:
    """Records what would be built from Go; the programs are then in one folder."""
    asked: list[gobuild.GoBuild] = []

    def build(machine: Machine, spec: gobuild.GoBuild, log_name: str) -> dict[str, Path]:
        asked.append(spec)
        return {name: tmp_path / "go" / name for name in spec.packages}

    monkeypatch.setattr(gobuild, "build", build)
    return asked


def _path_of(pin: str, what: str, site: Site) -> str:
    found = toolchain.pins()[pin]["release"][what].format(arch="amd64")
    return str(found).removeprefix(site.url)


def test_releases_are_downloaded_checked_and_linked(
    machine: Machine, releases: Site, programs: Programs, built: list[gobuild.GoBuild]
) -> None:
    found = toolchain.ensure(machine)
    assert [tool.origin for tool in found.tools.values()] == ["release"] * 4
    assert found.released
    assert not built
    for name in PINS:
        assert found[name].read_bytes() == BINARY
        assert found[name].stat().st_mode & 0o111 == 0o111
        assert (machine.state / "bin" / name).resolve() == found[name].resolve()
    assert not list(machine.cache.rglob("*.part")) + list(machine.cache.rglob("*.tar.gz"))


def test_a_second_run_asks_nobody(machine: Machine, releases: Site, programs: Programs) -> None:
    first = toolchain.ensure(machine)
    asked = len(releases.asked)
    assert toolchain.ensure(machine) == first
    assert len(releases.asked) == asked
    assert machine.made == list(PINS)


@pytest.mark.parametrize("name", sorted(PINS))
def test_a_tampered_download_is_refused(
    machine: Machine, releases: Site, programs: Programs, built: list[gobuild.GoBuild], name: str
) -> None:
    releases.files[_path_of(name, "url", releases)] += b"\n"
    with pytest.raises(DairaError, match=f"the download of {name} does not match its published checksum"):
        toolchain.ensure(machine)
    assert not list((machine.cache / "release").rglob(f"{name}*/*"))
    assert not (machine.state / "bin" / name).exists()


def test_an_empty_checksum_file_is_no_permission(machine: Machine, releases: Site, programs: Programs) -> None:
    releases.files[_path_of("kind", "checksum", releases)] = b"\n"
    with pytest.raises(DairaError, match="does not match its published checksum"):
        toolchain.ensure(machine)


def test_what_cannot_be_downloaded_is_built_from_go(
    machine: Machine, releases: Site, programs: Programs, built: list[gobuild.GoBuild]
) -> None:
    del releases.files[_path_of("kind", "url", releases)]
    del releases.files[_path_of("helm", "checksum", releases)]
    found = toolchain.ensure(machine)
    assert {name: tool.origin for name, tool in found.tools.items()} == {
        "helm": "go",
        "kind": "go",
        "kubectl": "release",
        "kubeconform": "release",
    }
    assert list(found.tools) == list(PINS)
    assert not found.released
    assert built == [toolchain.go_spec(machine)]


def test_without_a_network_all_is_built_from_go(
    machine: Machine, releases: Site, programs: Programs, built: list[gobuild.GoBuild]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for pin in toolchain.pins().values():
        for what in ("url", "checksum"):
            pin["release"][what] = pin["release"][what].replace(releases.url, f"http://127.0.0.1:{port}")
    assert {tool.origin for tool in toolchain.ensure(machine).tools.values()} == {"go"}


def test_what_was_built_before_is_not_downloaded_again(
    machine: Machine, releases: Site, programs: Programs, built: list[gobuild.GoBuild]
) -> None:
    home = machine.cache / "bin" / toolchain.go_spec(machine).key()
    home.mkdir(parents=True)
    for name in PINS:
        (home / name).write_bytes(BINARY)
    assert {tool.origin for tool in toolchain.ensure(machine).tools.values()} == {"go"}
    assert not releases.asked


def test_only_https_is_fetched() -> None:
    for url in ("http://get.helm.sh/helm", "file:///etc/passwd", "http://127.0.0.1.evil.example:80/"):
        with pytest.raises(DairaError, match="only https is"):
            toolchain._fetch(url)


HASH = hashlib.sha256(b"data").hexdigest()
OTHER = "0" * 64
URL = "https://example.org/v1/kind-linux-amd64"


@pytest.mark.parametrize(
    "text",
    [
        HASH,
        f"{HASH}\n",
        HASH.upper(),
        f"{HASH}  kind-linux-amd64\n",
        f"{HASH} *kind-linux-amd64\n",
        f"{HASH}  dist/kind-linux-amd64\n",
        f"{OTHER}  kind-linux-arm64\n\n{HASH}  kind-linux-amd64\n{OTHER}  kind-darwin-amd64\n",
    ],
)
def test_forms_of_checksum_files(text: str) -> None:
    toolchain._verify("kind", URL, b"data", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        OTHER,
        f"{OTHER}  kind-linux-amd64\n",
        f"{HASH}  kind-linux-arm64\n",
        f"{OTHER}  kind-linux-amd64\n{HASH}  kind-linux-arm64\n",
        f"{HASH[:-1]}  kind-linux-amd64\n",
        f"<html>{HASH}</html>",
    ],
)
def test_checksum_files_that_do_not_vouch_for_the_data(text: str) -> None:
    with pytest.raises(DairaError, match="does not match its published checksum"):
        toolchain._verify("kind", URL, b"data", text)


def test_the_member_is_taken_out_of_its_archive(tmp_path: Path) -> None:
    target = tmp_path / "a" / "helm"
    toolchain._place(_archive("linux-amd64/helm", BINARY), "linux-amd64/helm", target)
    assert target.read_bytes() == BINARY
    assert [path.name for path in target.parent.iterdir()] == ["helm"]


def _say(programs: Programs, name: str, version: str) -> Path:
    text = {"kubectl": f"Client Version: {version}", "kind": f"kind {version} go1.26.6 linux/amd64"}
    return programs.add(name, f'test "$*" = "{" ".join(PINS[name]["probe"])}" && echo "{text.get(name, version)}"')


@pytest.mark.parametrize("name", sorted(PINS))
def test_a_program_on_path_at_the_pinned_version_is_taken(programs: Programs, name: str) -> None:
    path, version = _say(programs, name, PINS[name]["version"]), PINS[name]["version"]
    assert toolchain._on_path(name, PINS[name]) == toolchain.Tool(name, version, path, "path")


def test_build_metadata_is_not_part_of_the_version(programs: Programs) -> None:
    _say(programs, "helm", f"{PINS['helm']['version']}+g1234567")
    assert toolchain._on_path("helm", PINS["helm"]) is not None


@pytest.mark.parametrize("wrong", ["v0.0.1", "{}0", "{}-rc.1", "x{}", ""])
@pytest.mark.parametrize("name", sorted(PINS))
def test_a_program_at_another_version_is_passed_over(programs: Programs, name: str, wrong: str) -> None:
    _say(programs, name, wrong.format(PINS[name]["version"]))
    assert toolchain._on_path(name, PINS[name]) is None


def test_a_program_that_is_broken_or_missing_is_passed_over(programs: Programs) -> None:
    programs.add("kind", "exit 1")
    assert toolchain._on_path("kind", PINS["kind"]) is None
    assert toolchain._on_path("helm", PINS["helm"]) is None


def test_programs_on_path_are_used_without_any_download(
    machine: Machine, releases: Site, programs: Programs, built: list[gobuild.GoBuild]
) -> None:
    for name, pin in PINS.items():
        _say(programs, name, pin["version"])
    found = toolchain.ensure(machine)
    assert {tool.origin for tool in found.tools.values()} == {"path"}
    assert not releases.asked
    assert (machine.state / "bin" / "helm").resolve() == programs.folder / "helm"


def test_a_link_to_an_older_program_is_replaced(machine: Machine, releases: Site, programs: Programs) -> None:
    (machine.state / "bin").mkdir()
    (machine.state / "bin" / "helm").symlink_to("/nowhere/old-helm")
    assert (machine.state / "bin" / "helm").is_symlink()
    found = toolchain.ensure(machine)
    assert (machine.state / "bin" / "helm").resolve() == found["helm"]


def test_an_unknown_processor_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(DairaError, match="no pinned tools for riscv64: amd64 and arm64 are supported"):
        toolchain.architecture()


@pytest.mark.parametrize("name", sorted(PINS))
def test_every_pin_is_complete(name: str) -> None:
    pin: dict[str, Any] = PINS[name]
    assert set(pin) == {"version", "probe", "release", "go"}
    assert re.fullmatch(r"v\d+\.\d+\.\d+", pin["version"])
    release = pin["release"]
    assert set(release) - {"member"} == {"url", "checksum"}
    assert ("member" in release) is release["url"].endswith(".tar.gz")
    for url in (release["url"], release["checksum"]):
        assert url.startswith("https://")
        assert set(re.findall(r"v\d+\.\d+\.\d+", url)) == {pin["version"]}
    assert "{arch}" in release["url"]
    assert release["url"].rsplit("/", 1)[0] == release["checksum"].rsplit("/", 1)[0]


@pytest.mark.parametrize("name", sorted(PINS))
def test_the_go_module_has_the_same_version(name: str) -> None:
    text = (ROOT / "cluster" / "node-image" / "toolchain" / "go.mod").read_text(encoding="utf-8")
    required = dict(re.findall(r"^\s+(\S+) (v\S+)$", text, re.MULTILINE))
    modules = [module for module in required if f"{PINS[name]['go']}/".startswith(f"{module}/")]
    assert [required[module] for module in modules] == [PINS[name]["version"]]


def test_the_go_builds_are_stamped_with_the_pinned_versions(machine: Machine) -> None:
    stamps = toolchain.go_spec(machine).stamps
    assert stamps["helm.sh/helm/v4/internal/version.version"] == PINS["helm"]["version"]
    assert stamps["main.version"] == PINS["kubeconform"]["version"]
    major, minor, _ = PINS["kubectl"]["version"].split(".")
    assert stamps["k8s.io/component-base/version.gitVersion"] == PINS["kubectl"]["version"]
    assert stamps["k8s.io/component-base/version.gitMajor"] == major.removeprefix("v")
    assert stamps["k8s.io/component-base/version.gitMinor"] == minor


def test_the_fake_shell_is_asked_with_the_probe(fake: FakeShell) -> None:
    assert not toolchain._says_version("/tools/kind", PINS["kind"])
    assert fake.one("kind").line == "kind version"
