"""`daira new service`: a subchart in the house style and everything that has to know of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from daira.errors import UsageError
from daira.generate import like, naming, wiring
from daira.generate.files import Written

TEMPLATES = Path(__file__).parent / "templates" / "service"
CHART = Path("charts/daira")
SCHEMAS = Path("schemas")
# What the network edges and blocks of a new service stand beside, unless it is made like another.
MODEL = "frontend"
SHAPES = ("backend", "frontend")
# What the subcharts of the template have, and stands for an empty tag.
APP_VERSION = "1.0.0"
SECRETS = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
IMAGE = re.compile(
    r"(?:(?P<registry>(?=[^/]*[.:]|localhost/)[A-Za-z0-9.-]+(?::\d+)?)/)?"
    r"(?P<repository>[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Order:
    """What `daira new service` was told; see its --help. "" and 0: not told."""

    name: str
    image: str = ""
    port: int = 0
    tag: str = ""
    health: str = ""
    like: str = ""
    uid: int = 0
    callers: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


def new_service(root: Path, order: Order) -> list[Written]:
    """What a new service consists of and changes, what is generated aside; nothing is written.

    root: the top of this repository. Raises UsageError for a bad or taken name and for what can't be made.
    """
    if not (root / CHART / "Chart.yaml").is_file():
        raise UsageError("charts/daira is not here: run this at the top of DAIRA's repository")
    naming.checked(order.name, "a service")
    naming.free(root, order.name)
    if order.like and order.like not in SHAPES:
        raise UsageError(f"there is no shape {order.like}: --like takes {' or '.join(SHAPES)}")
    if not order.like and not (order.image and order.port):
        raise UsageError("a new service needs --image and --port, or --like for the shape of another")
    if order.health and not re.fullmatch(r"/[\w.~/-]*", order.health, re.ASCII):
        raise UsageError(f"{order.health!r} is no path for --health: write for example /health")
    image = parts(order.image, order.tag) if order.image or order.tag else {}
    if order.like and order.tag and not order.image:
        raise UsageError("--tag needs --image: a tag alone would be another program's")
    made = like.chart(root, order, image) if order.like else _chart(order, _words(order, image))
    values = yaml.safe_load(made[CHART / "charts" / order.name / "values.yaml"])
    wired = wiring.wired(root, order, reference(values["image"]), pinned=bool(image.get("tag") or image.get("digest")))
    return [
        *(Written(path, "", text) for path, text in made.items()),
        Written(Path("tests/chart") / naming.test_module(order.name), "", _tests(order, made)),
        *wired,
    ]


def parts(image: str, tag: str) -> dict[str, str]:
    """An image's name taken apart: registry, repository, tag, digest. Raises UsageError."""
    found = IMAGE.fullmatch(image)
    if not found:
        raise UsageError(f"{image!r} is no image's name: write for example team/worker:1.2.3 or team/worker@sha256:…")
    made = {key: value or "" for key, value in found.groupdict().items()}
    if tag and not re.fullmatch(r"\w[\w.-]{0,127}", tag, re.ASCII):
        raise UsageError(f"{tag!r} is no tag: letters, digits, dots and dashes, 128 at most")
    if tag and made["tag"] and tag != made["tag"]:
        raise UsageError(f"--tag {tag} and the tag of {image} differ: give one of them")
    return {**made, "tag": tag or made["tag"]}


def reference(image: dict[str, str]) -> str:
    """An image's name as the chart writes it."""
    registry = f"{image['registry']}/" if image["registry"] else ""
    digest = f"@{image['digest']}" if image["digest"] else ""
    return f"{registry}{image['repository']}:{image['tag'] or APP_VERSION}{digest}"


def _words(order: Order, image: dict[str, str]) -> dict[str, str]:
    """What the templates' @words@ stand for."""
    keys = ", ".join(SECRETS[store] for store in order.calls if store in SECRETS)
    return {
        "name": order.name,
        "port": str(order.port),
        "health": order.health or "/health",
        "uid": str(order.uid or 10001),
        "description": f"{order.name} - a service of DAIRA with one HTTP port.",
        "secretKeys": f"[{keys}]",
        "image": like.image_default(image),
        **image,
    }


def _chart(order: Order, words: dict[str, str]) -> dict[Path, str]:
    """The subchart of a service and its schema's source from the templates, path -> text."""
    folder = TEMPLATES / "chart"
    made = {CHART / "charts" / order.name / file.relative_to(folder): file for file in sorted(folder.rglob("*"))}
    made[SCHEMAS / f"{order.name}.schema.yaml"] = TEMPLATES / "schema.yaml"
    return {path: filled(file.read_text(encoding="utf-8"), words) for path, file in made.items() if file.is_file()}


def filled(text: str, words: dict[str, str]) -> str:
    """A template with its @words@ replaced."""
    return re.sub(r"@(\w+)@", lambda found: words.get(found[1], found[0]), text)


def _tests(order: Order, made: dict[Path, str]) -> str:
    """The module of chart tests."""
    folder = CHART / "charts" / order.name / "templates"
    found = re.search(r"containerPort: (\d+)", made[folder / "deployment.yaml"])
    served = re.search(r"^ +port: (\d+)", made[folder / "service.yaml"], re.MULTILINE)
    if not found or not served:
        raise UsageError(f"the shape {order.like or MODEL} has no port: mend its deployment and service first")
    template = (TEMPLATES / "test.py.txt").read_text(encoding="utf-8")
    return filled(template, {"name": order.name, "port": found[1], "served": served[1]})
