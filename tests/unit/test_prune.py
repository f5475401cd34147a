"""imagebuild.prune: only builds of daira's own go, and none that this run is going to use."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.conftest import FakeShell

from daira.local import gobuild, imagebuild, images, standins, up
from daira.local.engine import Engine
from daira.local.images import Image
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain

OURS = ["localhost/daira-build/backend:new", "localhost/daira-build/backend:old", "localhost/daira-build/node:v1"]
LISTED = "\n".join([*OURS, "registry.example/library/redis:7", "images.example/pause:3.10", "<none>:<none>"])


def test_the_users_images_and_what_is_used_stay(fake: FakeShell, podman: Engine) -> None:
    fake.on(" images --format", out=LISTED)
    podman.used.update({OURS[1], OURS[2]})  # the older one: an edit that was taken back
    assert imagebuild.prune(podman) == 1
    assert fake.one(" rmi ").line == f"podman rmi {OURS[0]}"


def test_nothing_is_removed_where_all_is_used(fake: FakeShell, podman: Engine) -> None:
    fake.on(" images --format", out=LISTED)
    podman.used.update(OURS)
    assert imagebuild.prune(podman) == 0
    assert not fake.lines(" rmi ")


def test_every_build_counts_as_used_found_or_made(
    fake: FakeShell, podman: Engine, machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "Containerfile").touch()
    references = {standins.debian(machine, podman)}
    for code in (0, 1):
        fake.on("image inspect", code=code)
        name = f"app{code}"
        references.add(
            imagebuild.build(
                machine, podman, name=name, context=tmp_path, containerfile=tmp_path / "Containerfile", inputs=[]
            )
        )
    assert podman.used == references


@pytest.mark.parametrize("wanted", [["redis:7"], ["redis:7", "postgres:15"]])
def test_pruning_waits_until_every_image_was_provided(
    fake: FakeShell,
    podman: Engine,
    machine: Machine,
    tools: Toolchain,
    monkeypatch: pytest.MonkeyPatch,
    wanted: list[str],
) -> None:
    provided: list[str] = []

    def provide(machine: Machine, engine: Engine, reference: str, *, registry: bool, sources: object = None) -> Image:
        provided.append(reference)
        return Image(reference, "pulled", "", reference)

    def prune(engine: Engine) -> int:
        assert provided == wanted
        provided.append("pruned")
        return 0

    def prune_programs(machine: Machine) -> int:
        assert provided[: len(wanted)] == wanted
        provided.append("programs pruned")
        return 0

    monkeypatch.setattr(images, "registry_answers", lambda machine, engine: True)
    monkeypatch.setattr(images, "wanted", lambda *_: wanted)
    monkeypatch.setattr(images, "provide", provide)
    monkeypatch.setattr(imagebuild, "prune", prune)
    monkeypatch.setattr(gobuild, "prune", prune_programs)
    found, node, built = up.provide_images(machine, tools, podman)
    assert [image.reference for image in found] == wanted
    assert (node.split(":")[0], built) == ("kindest/node", False)
    assert provided[len(wanted) :] == ["pruned", "programs pruned"]
