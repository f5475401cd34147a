"""Every image the cluster needs: pulled where a registry can be reached, else a stand-in; loaded into the nodes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local import addons, cluster, imagebuild, nodeimage, standins
from daira.local.content import key_of
from daira.local.engine import Engine
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain

LOADED_FILE = "/kind/daira-images.json"
PULL_TIMEOUT_S = 600
# our own images: the last part of the name in the chart -> its Dockerfile and its source folder
OWN = {"daira/backend": "backend", "daira/frontend": "frontend"}
BASE_ARGS = {"backend": "NODE_IMAGE", "frontend": "NGINX_IMAGE"}


@dataclass(frozen=True)
class Image:
    """An image as the chart names it. origin: pulled | built | stand-in | absent; detail: said to the user.

    source: the engine's reference ("" when absent). values: what the chart needs to run without it.
    """

    reference: str
    origin: str
    detail: str
    source: str = ""
    values: Mapping[str, Any] | None = None


def repository(reference: str) -> str:
    """The name of an image without tag and digest."""
    name = reference.split("@")[0]
    head, _, last = name.rpartition("/")
    return f"{head}/{last.split(':')[0]}".lstrip("/")


def walk_images(document: Any) -> Iterator[str]:
    """Every `image:` of a container anywhere in an object."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key in ("containers", "initContainers") and isinstance(value, list):
                yield from (container["image"] for container in value if "image" in container)
            yield from walk_images(value)
    elif isinstance(document, list):
        for item in document:
            yield from walk_images(item)


def wanted(machine: Machine, tools: Toolchain, values: Path) -> list[str]:
    """The images of the chart in an environment, and of the cluster's add-ons, sorted."""
    words = [tools["helm"], "template", "daira", machine.chart, "-f", values]
    rendered = shell.run(words, timeout=60).out
    found = {image for document in yaml.safe_load_all(rendered) for image in walk_images(document)}
    return sorted(found | set(addons.images(machine)))


def registry_answers(machine: Machine, engine: Engine) -> bool:
    """Whether the stock node image is here or can be pulled: what decides between the two roads."""
    return engine.has_image(cluster.STOCK_NODE) or _pull(machine, engine, cluster.STOCK_NODE)


def node(machine: Machine, engine: Engine, *, registry: bool) -> tuple[str, bool]:
    """The node image, and whether it was built here."""
    if registry:
        return cluster.STOCK_NODE, False
    return nodeimage.build(machine, engine), True


def _pull(machine: Machine, engine: Engine, reference: str) -> bool:
    try:
        pulled = engine.run("pull", "-q", reference, timeout=PULL_TIMEOUT_S, check=False).code == 0
    except CommandFailed:
        return False
    if pulled:
        machine.made.append(reference)
    return pulled


def provide(
    machine: Machine, engine: Engine, reference: str, *, registry: bool, sources: Mapping[str, Path] | None = None
) -> Image:
    """Have one image in the engine's store: built, pulled, or as a stand-in.

    sources: backend or frontend -> the folder to build it from instead of the reference application.
    Raises DairaError when there is no way to it.
    """
    name = repository(reference)
    for suffix, app in OWN.items():
        if name.endswith(suffix):
            folder = (sources or {}).get(app)
            source = build_own(machine, engine, app, registry=registry, source=folder)
            return Image(reference, "built", f"from {folder or f'images/reference/{app}'}", source)
    if registry:
        if not engine.has_image(reference) and not _pull(machine, engine, reference):
            raise DairaError(f"{reference} could not be pulled: check that the name and tag exist")
        return Image(reference, "pulled", "", reference)
    stand_in = standins.find(machine.root, name)
    if stand_in is not None:
        return Image(reference, "stand-in", stand_in.made_of, standins.build(machine, engine, stand_in))
    missing = standins.absent(machine.root, name)
    if missing is not None:
        return Image(reference, "absent", missing["why"], values=missing["values"])
    raise DairaError(f"{reference} can't be pulled and has no stand-in: add one to images/offline/catalogue.yaml")


def build_own(machine: Machine, engine: Engine, app: str, *, registry: bool, source: Path | None = None) -> str:
    """Build backend or frontend from its Dockerfile. source: the app's folder (default: the reference app).

    Returns the engine's reference.
    """
    images = machine.root / "images"
    context = source or images / "reference" / app
    if not (context / "package.json").is_file():
        raise DairaError(f"{context} holds no package.json: give the folder of the {app}'s sources")
    args = {}
    if not registry:
        for arg in {"NODE_IMAGE", BASE_ARGS[app]}:
            stand_in = standins.find(
                machine.root, {"NODE_IMAGE": "node", "NGINX_IMAGE": "nginxinc/nginx-unprivileged"}[arg]
            )
            if stand_in is None:
                raise DairaError(f"no stand-in for {arg} in images/offline/catalogue.yaml")
            args[arg] = standins.build(machine, engine, stand_in)
    config = [images / "nginx.conf", images / "nginx-default.conf"]
    staged = imagebuild.stage(machine.cache / "contexts" / "nginx-config", {file.name: file for file in config})
    return imagebuild.build(
        machine,
        engine,
        name=app,
        context=context,
        containerfile=images / f"Dockerfile.{app}",
        args=args,
        contexts={"config": staged} if app == "frontend" else {},
    )


def _base(machine: Machine, engine: Engine, app: str, arg: str, *, registry: bool) -> str:
    """The base image behind a Dockerfile's argument: the pinned default, or its stand-in."""
    text = (machine.root / "images" / f"Dockerfile.{app}").read_text(encoding="utf-8")
    found = re.search(rf"^ARG {arg}=(\S+)$", text, re.MULTILINE)
    if found is None:
        raise DairaError(f"images/Dockerfile.{app} has no default for {arg}: give it a base image pinned by digest")
    if registry:
        return found[1]
    stand_in = standins.find(machine.root, repository(found[1]))
    if stand_in is None:
        raise DairaError(f"{found[1]} can't be pulled and has no stand-in: add one to images/offline/catalogue.yaml")
    return standins.build(machine, engine, stand_in)


def own_bytes(machine: Machine, engine: Engine, app: str, image: str, *, registry: bool) -> tuple[int, int]:
    """The size of an image of ours in bytes: all of it, and what its own layers add to the base."""
    base = _base(machine, engine, app, BASE_ARGS[app], registry=registry)
    whole, below = (int(engine.run("image", "inspect", "-f", "{{.Size}}", name).out) for name in (image, base))
    return whole, whole - below


def size(machine: Machine, engine: Engine, app: str, image: str, *, registry: bool) -> str:
    """The size of an image of ours, in words. Its whole size says something only on the stock base."""
    whole, own = own_bytes(machine, engine, app, image, registry=registry)
    if registry:
        return f"{whole / 1e6:.1f} MB"
    return f"its own layers {own / 1e6:.1f} MB (on a stand-in base of {(whole - own) / 1e6:.0f} MB)"


def load(machine: Machine, engine: Engine, images: list[Image]) -> int:
    """Load the images into every node unless they are there. Returns how many were loaded.

    `kind load` unpacks every image on every node; here a node gets the content, and unpacks what it runs.
    """
    new = {image.reference: _image_id(engine, image.source) for image in images if image.source}
    there = _loaded(engine)
    missing = [image for image in images if image.source and there.get(image.reference) != new[image.reference]]
    # our own images change often, the others hardly ever: their archive is kept for the next cluster
    groups = [[image for image in missing if (image.origin == "built") is own] for own in (False, True)]
    archives = [_archive(machine, engine, group, new) for group in groups if group]
    with ThreadPoolExecutor(len(cluster.NODES)) as pool:
        list(pool.map(lambda node: _import(machine, engine, node, archives), cluster.NODES))
    if missing:
        text = json.dumps({**there, **new})
        for name in cluster.NODES:
            engine.run("exec", "-i", name, "cp", "/dev/stdin", LOADED_FILE, stdin=text)
    return len(missing)


def _archive(machine: Machine, engine: Engine, images: list[Image], ids: dict[str, str]) -> Path:
    """One archive with these images under the names that the cluster asks for; older ones of its kind are removed."""
    kind = "own" if images[0].origin == "built" else "public"
    key = key_of(*(f"{image.reference} {ids[image.reference]}" for image in images))
    archive = cluster.archives(machine) / f"{kind}-{key}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    for old in archive.parent.glob(f"{kind}-*"):
        if old != archive:
            old.unlink()
    if archive.is_file():
        return archive
    local = imagebuild.LOCAL if engine.name == "podman" else ""
    tags = []
    for image in images:
        tag = image.source if image.source == image.reference else f"{local}{image.reference}"
        if tag != image.source:
            engine.run("tag", image.source, tag)
        tags.append(tag)
    imagebuild.save(engine, tags, archive, machine.log("load"))
    return archive


def _import(machine: Machine, engine: Engine, node: str, archives: list[Path]) -> None:
    for archive in archives:
        words = ["ctr", "--namespace=k8s.io", "images", "import", "--local", "--no-unpack"]
        inside = f"{cluster.ARCHIVES_IN_NODE}/{archive.name}"
        engine.run("exec", node, *words, inside, timeout=900, log=machine.log(f"load-{node}"))


def _image_id(engine: Engine, reference: str) -> str:
    return engine.run("image", "inspect", "-f", "{{.Id}}", reference).out.strip()


def _loaded(engine: Engine) -> dict[str, str]:
    """What every node says it has: image -> id; an image that is not on all nodes the same is left out."""
    lists: list[dict[str, str]] = []
    for name in cluster.NODES:
        done = engine.run("exec", name, "cat", LOADED_FILE, check=False)
        try:
            lists.append(json.loads(done.out) if done.code == 0 else {})
        except json.JSONDecodeError:
            lists.append({})  # an interrupted write: loaded again
    first, rest = lists[0], lists[1:]
    return {image: image_id for image, image_id in first.items() if all(other.get(image) == image_id for other in rest)}
