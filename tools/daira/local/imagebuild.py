"""Building images with the engine: keyed by content, with this machine's certificates, one archive for the nodes."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from daira.errors import DairaError
from daira.local.content import key_of
from daira.local.engine import Engine
from daira.local.machine import Machine

BUILD_TIMEOUT_S = 2400
LOCAL = "localhost/"
LABEL = "dev.daira.build=true"
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def build(
    machine: Machine,
    engine: Engine,
    *,
    name: str,
    context: Path,
    containerfile: Path,
    args: Mapping[str, str] | None = None,
    target: str = "",
    contexts: Mapping[str, Path] | None = None,
    inputs: Iterable[Path] | None = None,
    privileged: bool = False,
) -> str:
    """Build an image unless one of the same content is in the engine's store. Returns its reference.

    name: the image's name without host and tag. inputs: what its key is made of (default: context and contexts).
    Raises CommandFailed with the log's place.
    """
    args, contexts = args or {}, contexts or {}
    sources = [containerfile, *(inputs if inputs is not None else [context, *contexts.values()])]
    key = key_of(engine.name, name, target, json.dumps(dict(args), sort_keys=True), paths=sources)
    reference = f"{LOCAL}daira-build/{name}:{key}"
    engine.used.add(reference)
    if engine.has_image(reference):
        return reference
    command: list[str | Path] = ["build", "--network", "host", "--label", LABEL, "-t", reference, "-f", containerfile]
    for arg, value in args.items():
        command += ["--build-arg", f"{arg}={value}"]
    for label, folder in contexts.items():
        command += ["--build-context", f"{label}={folder}"]
    if target:
        command += ["--target", target]
    command += [
        *_own_certificates(machine, engine),
        *(["--cap-add", "all"] if privileged and engine.name == "podman" else []),
    ]
    engine.run(*command, context, timeout=BUILD_TIMEOUT_S, log=machine.log(f"image-{name.replace('/', '-')}"))
    machine.made.append(reference)
    return reference


def _own_certificates(machine: Machine, engine: Engine) -> Sequence[str]:
    """Where this machine trusts certificates of its own, let the package managers inside a build trust them too."""
    if engine.name != "podman" or not os.environ.get("NODE_EXTRA_CA_CERTS") or not CA_BUNDLE.is_file():
        return []
    npmrc = machine.state / "npmrc"
    npmrc.write_text(f"cafile={CA_BUNDLE}\n", encoding="utf-8")
    return ["-v", f"{CA_BUNDLE}:{CA_BUNDLE}:ro", "-v", f"{npmrc}:/usr/local/etc/npmrc:ro"]


def stage(folder: Path, files: Mapping[str, Path]) -> Path:
    """A fresh folder with these files and folders (name inside -> source), hard links where that is possible."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, source in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            try:
                os.link(source, target)
            except OSError:
                shutil.copy2(source, target)
    return folder


def save(engine: Engine, references: Sequence[str], archive: Path, log: Path) -> None:
    """Write images into one archive under their names without `localhost/`, as a cluster asks for them."""
    raw = archive.with_suffix(".raw")
    raw.unlink(missing_ok=True)
    many = ["-m"] if engine.name == "podman" else []
    engine.run("save", *many, "-o", raw, *references, timeout=900, log=log)
    try:
        _rename(raw, archive)
    finally:
        raw.unlink(missing_ok=True)


def _rename(raw: Path, archive: Path) -> None:
    part = archive.with_suffix(".part")
    with tarfile.open(raw) as source, tarfile.open(part, "w") as target:
        for member in source:
            inside = source.extractfile(member) if member.isfile() else None
            if member.name == "manifest.json" and inside is not None:
                data = _without_local(inside.read())
                member.size = len(data)
                target.addfile(member, BytesIO(data))
            elif member.name != "repositories":
                target.addfile(member, inside)
    part.replace(archive)


def _without_local(manifest: bytes) -> bytes:
    images = json.loads(manifest)
    if not isinstance(images, list):
        raise DairaError("the engine saved images in an unknown format: docker-archive was expected")
    for image in images:
        image["RepoTags"] = [tag.removeprefix(LOCAL) for tag in image["RepoTags"] or []]
    return json.dumps(images).encode()


def prune(engine: Engine) -> int:
    """Remove the builds that this run had no use for. Returns how many names were removed.

    To be called only after every image was provided. What a node or another image uses keeps its layers.
    """
    listed = engine.run("images", "--format", "{{.Repository}}:{{.Tag}}").out.split()
    old = [reference for reference in listed if "daira-build/" in reference and reference not in engine.used]
    if old:
        engine.run("rmi", *old, timeout=300, check=False)
    # layers that only those builds used; an image of the user's carries no such label
    engine.run("image", "prune", "-f", "--filter", f"label={LABEL}", timeout=300, check=False)
    return len(old)
