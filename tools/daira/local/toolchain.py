"""The pinned programs: from PATH if right, else the official release with its checksum, else built from Go."""

from __future__ import annotations

import hashlib
import http.client
import platform
import shutil
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local import gobuild
from daira.local.machine import Machine

DOWNLOAD_TIMEOUT_S = 15
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Tool:
    """One program of toolchain.yaml, and where it came from: path | release | go."""

    name: str
    version: str
    path: Path
    origin: str


@dataclass(frozen=True)
class Toolchain:
    """The programs, ready to run."""

    tools: dict[str, Tool]

    def __getitem__(self, name: str) -> Path:
        return self.tools[name].path

    @property
    def released(self) -> bool:
        """Whether release downloads can be reached (or were not needed)."""
        return all(tool.origin != "go" for tool in self.tools.values())


@cache
def pins() -> dict[str, dict[str, Any]]:
    """toolchain.yaml."""
    text = resources.files("daira.local").joinpath("toolchain.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded


def architecture() -> str:
    """amd64 or arm64. Raises DairaError on anything else."""
    found = ARCHITECTURES.get(platform.machine())
    if found is None:
        raise DairaError(f"no pinned tools for {platform.machine()}: amd64 and arm64 are supported")
    return found


def kubernetes_stamps(version: str) -> dict[str, str]:
    """The linker variables that tell a Kubernetes program its version."""
    major, minor, _ = version.removeprefix("v").split(".")
    base = "k8s.io/component-base/version"
    return {
        f"{base}.gitVersion": version,
        f"{base}.gitMajor": major,
        f"{base}.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": version,
    }


def go_spec(machine: Machine) -> gobuild.GoBuild:
    """How all pinned programs are built where they can't be downloaded."""
    stamps = kubernetes_stamps(pins()["kubectl"]["version"])
    stamps["helm.sh/helm/v4/internal/version.version"] = pins()["helm"]["version"]
    stamps["main.version"] = pins()["kubeconform"]["version"]
    packages = {name: str(pin["go"]) for name, pin in pins().items()}
    return gobuild.GoBuild(packages, module=machine.root / "cluster" / "node-image" / "toolchain", stamps=stamps)


def ensure(machine: Machine) -> Toolchain:
    """All pinned programs. Raises DairaError when one can't be had."""
    found: dict[str, Tool] = {}
    missing: list[str] = []
    for name, pin in pins().items():
        tool = _on_path(name, pin) or _downloaded(machine, name, pin)
        if tool is None:
            missing.append(name)
        else:
            found[name] = tool
    if missing:
        built = gobuild.build(machine, go_spec(machine), "tools")
        for name in missing:
            found[name] = Tool(name, pins()[name]["version"], built[name], "go")
    _link(machine, found)
    return Toolchain({name: found[name] for name in pins()})


def _link(machine: Machine, tools: dict[str, Tool]) -> None:
    """Make .tools/bin hold every program, for a person's PATH."""
    folder = machine.state / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for tool in tools.values():
        link = folder / tool.name
        if link.is_symlink() and link.resolve() == tool.path.resolve():
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(tool.path)


def _says_version(path: Path | str, pin: dict[str, Any]) -> bool:
    """Whether the program prints its pinned version as a whole word."""
    try:
        done = shell.run([path, *pin["probe"]], timeout=30, check=False)
    except CommandFailed:
        return False
    return pin["version"] in done.out.replace("+", " ").split()


def _on_path(name: str, pin: dict[str, Any]) -> Tool | None:
    found = shutil.which(name)
    if found and _says_version(found, pin):
        return Tool(name, pin["version"], Path(found), "path")
    return None


def _downloaded(machine: Machine, name: str, pin: dict[str, Any]) -> Tool | None:
    """The official release from the cache or the network; None where the network doesn't give it."""
    arch = architecture()
    target = machine.cache / "release" / f"{name}-{pin['version']}-{arch}" / name
    if target.is_file():
        return Tool(name, pin["version"], target, "release")
    if (machine.cache / "bin" / go_spec(machine).key() / name).is_file():
        return None  # built before: don't ask the network again
    url = pin["release"]["url"].format(arch=arch)
    try:
        checksum = _fetch(pin["release"]["checksum"].format(arch=arch)).decode(errors="replace")
        data = _fetch(url)
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return None
    _verify(name, url, data, checksum)
    _place(data, pin["release"].get("member", "").format(arch=arch), target)
    machine.made.append(name)
    return Tool(name, pin["version"], target, "release")


def _fetch(url: str) -> bytes:
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise DairaError(f"{url} is not fetched: only https is")
    with urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT_S) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def _verify(name: str, url: str, data: bytes, checksum_file: str) -> None:
    """Raise DairaError unless the checksum file names the data's sha256 (alone, or on the line of this file)."""
    found = hashlib.sha256(data).hexdigest()
    file = url.rsplit("/", 1)[-1]
    lines = [line.split() for line in checksum_file.splitlines() if line.strip()]
    listed = {
        words[0].lower() for words in lines if len(words) == 1 or words[-1].lstrip("*").rsplit("/", 1)[-1] == file
    }
    if found not in listed:
        raise DairaError(f"the download of {name} does not match its published checksum: {url} was not used")


def _place(data: bytes, member: str, target: Path) -> None:
    """Write the program (out of its archive when `member` is given) in one move, executable."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    if member:
        archive = target.with_suffix(".tar.gz")
        archive.write_bytes(data)
        try:
            with tarfile.open(archive) as tar:
                inside = tar.extractfile(member)
                part.write_bytes(inside.read() if inside else b"")
        except KeyError as error:
            raise DairaError(f"the archive for {target.name} holds no {member}: correct toolchain.yaml") from error
        finally:
            archive.unlink()
    else:
        part.write_bytes(data)
    part.chmod(0o755)
    part.replace(target)
