"""The node image that is built here: every program pinned, each image keyed by its own parts, built once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.conftest import ROOT, FakeShell

from daira.local import gobuild, imagebuild, nodeimage, standins, toolchain
from daira.local.engine import Engine
from daira.local.machine import Machine

VERSION = toolchain.pins()["kubectl"]["version"]
TARGETS = [*nodeimage.COMPONENTS, "coredns", "pause", "etcd"]
LISTED = "".join(f"images.example/{'coredns/' * (name == 'coredns')}{name}:{VERSION}\n" for name in TARGETS)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[gobuild.GoBuild]:
    """Go builds that make empty programs, and are recorded."""
    specs: list[gobuild.GoBuild] = []

    def build(machine: Machine, spec: gobuild.GoBuild, log_name: str) -> dict[str, Path]:
        specs.append(spec)
        found = {name: tmp_path / "programs" / name for name in spec.packages}
        for path in found.values():
            path.parent.mkdir(exist_ok=True)
            path.touch(0o755)
        return found

    def save(engine: Engine, references: list[str], archive: Path, log: Path) -> None:
        archive.write_text("\n".join(references), encoding="utf-8")

    monkeypatch.setattr(gobuild, "build", build)
    monkeypatch.setattr(standins, "debian", lambda machine, engine: "localhost/debian:1")
    monkeypatch.setattr(imagebuild, "save", save)
    return specs


def test_every_go_source_is_pinned(machine: Machine, built: list[gobuild.GoBuild]) -> None:
    programs = nodeimage.programs(machine)
    assert {"kubelet", "kubeadm", "containerd", "etcd", "coredns", "pause", "local-path-provisioner"} <= set(programs)
    for spec in built:
        if spec.module is None:
            assert re.fullmatch(r"\S+@v\d+\.\d+\.\d+", spec.source)
            assert re.fullmatch(r"h1:[A-Za-z0-9+/]{43}=", spec.checksum)
        else:
            assert (spec.module / "go.mod").is_file()
            assert (spec.module / "go.sum").is_file()
    stamps = built[0].stamps
    assert stamps["k8s.io/component-base/version.gitVersion"] == VERSION


def test_the_toolchain_module_has_every_package(machine: Machine, built: list[gobuild.GoBuild]) -> None:
    nodeimage.programs(machine)
    text = (ROOT / "cluster" / "node-image" / "toolchain" / "go.mod").read_text(encoding="utf-8")
    required = re.findall(r"^\s+(\S+) v\S+$", text, re.MULTILINE)
    for package in built[0].packages.values():
        assert any(f"{package}/".startswith(f"{module}/") for module in required), package


def test_the_image_is_built_from_kubeadms_own_list(
    machine: Machine, podman: Engine, fake: FakeShell, built: list[gobuild.GoBuild]
) -> None:
    fake.on("^kubeadm config images list", out=LISTED)
    fake.on("image inspect", code=1)
    reference = nodeimage.build(machine, podman)
    targets = [re.findall(r"--target (\S+)", line)[0] for line in fake.lines(" build ")]
    assert targets == [*TARGETS, "cni", "local-path-provisioner", "node"]
    assert ["--cap-add all" in line for line in fake.lines(" build ")] == [False] * (len(targets) - 1) + [True]
    tags = [line.split()[-1] for line in fake.lines(" tag ")]
    assert tags == [
        *LISTED.split(),
        "localhost/daira-local/cni:v1",
        "localhost/daira-local/local-path-provisioner:v0.0.30",
        reference,
    ]
    assert reference.startswith(f"localhost/daira-build/node:{VERSION}-")
    assert machine.made[-1] == reference
    context = machine.cache / "contexts" / "node"
    assert (context / "files" / "kind" / "version").read_text(encoding="utf-8") == VERSION
    config = (context / "files" / "etc" / "containerd" / "config.toml").read_text(encoding="utf-8")
    assert f"images.example/pause:{VERSION}" in config
    assert "@PAUSE@" not in config
    assert "@PAUSE@" in (nodeimage.folder(machine) / "files/etc/containerd/config.toml").read_text(encoding="utf-8")
    assert not (context / "images.tar").exists()


def test_an_image_that_is_there_is_not_built(
    machine: Machine, podman: Engine, fake: FakeShell, built: list[gobuild.GoBuild]
) -> None:
    fake.on("^kubeadm config images list", out=LISTED)
    first = nodeimage.build(machine, podman)
    assert nodeimage.build(machine, podman) == first
    assert not fake.lines(" build | tag ")
    assert not machine.made


def test_another_program_makes_another_image(
    machine: Machine, podman: Engine, fake: FakeShell, built: list[gobuild.GoBuild], tmp_path: Path
) -> None:
    fake.on("^kubeadm config images list", out=LISTED)
    first = nodeimage.build(machine, podman)
    (tmp_path / "programs" / "kubelet").write_text("new", encoding="utf-8")
    assert nodeimage.build(machine, podman) != first


def test_an_image_inside_the_node_depends_on_its_own_parts_only() -> None:
    context = Path("/c")
    assert nodeimage._own_inputs(context, "etcd") == [context / "bin" / "etcd"]
    assert nodeimage._own_inputs(context, "cni") == [context / "bin" / "kubectl", context / "cni"]
