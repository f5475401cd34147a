"""The shape of an existing service under another name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daira.generate.service import Order

# Connections of each pod of a copy: with the shape's own they would be more than PostgreSQL accepts.
POOL = 2
SCHEMAS = Path("schemas")
SUBCHARTS = Path("charts/daira/charts")


def chart(root: Path, order: Order, image: dict[str, str]) -> dict[Path, str]:
    """The subchart of order.like, renamed, path -> text. image: as service.parts made it, {} for the shape's own."""
    folder = root / SUBCHARTS / order.like
    deployment = (folder / "templates" / "deployment.yaml").read_text(encoding="utf-8")
    port = re.search(r"containerPort: (\d+)", deployment)
    made: dict[Path, str] = {}
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.name == "values.schema.json":
            continue
        text = renamed(file.read_text(encoding="utf-8"), order.like, order.name)
        if order.port and port and file.name != "values.yaml":
            text = re.sub(rf"\b{port[1]}\b", str(order.port), text)
        if order.uid:
            text = re.sub(r'"(uid|gid)" \d+', rf'"\1" {order.uid}', text)
        if file.name == "values.yaml":
            text = _values(text, order, image)
        elif file.name == "Chart.yaml":
            text = re.sub(r"(?m)^description: .*$", f"description: {order.name} - made like the {order.like}.", text)
        made[SUBCHARTS / order.name / file.relative_to(folder)] = text
    source = (root / SCHEMAS / f"{order.like}.schema.yaml").read_text(encoding="utf-8")
    made[SCHEMAS / f"{order.name}.schema.yaml"] = _schema(renamed(source, order.like, order.name), order, image)
    return made


def image_default(image: dict[str, str]) -> str:
    """What of an image differs from the shared definition's defaults, as a flow mapping."""
    told = {key: image[key] for key in ("registry", "repository", "tag", "digest") if image.get(key)}
    return (
        "{" + ", ".join(f"{key}: {one if key == 'repository' else json.dumps(one)}" for key, one in told.items()) + "}"
    )


def renamed(text: str, model: str, name: str) -> str:
    """A text about `model` as one about `name`. Template variables keep to letters; an image keeps its own name."""
    text = re.sub(rf"\${model}\b", "$" + re.sub(r"[^a-z0-9]", "", name), text)
    return re.sub(
        rf"(?<![\w/-])((?:daira|<release>)-)?{model}(?![A-Za-z0-9_])", lambda found: f"{found[1] or ''}{name}", text
    )


def _values(text: str, order: Order, image: dict[str, str]) -> str:
    for key, value in image.items():
        quoted = value if key == "repository" else f'"{value}"'
        text = re.sub(rf"(?m)^(  {key}:) .*$", rf"\1 {quoted}", text, count=1)
    if order.health:
        text = re.sub(r"(?m)^(    path:) .*$", rf"\1 {order.health}", text)
    return re.sub(r"(?m)^(  poolSize:) \d+$", rf"\1 {POOL}", text)


def _schema(text: str, order: Order, image: dict[str, str]) -> str:
    """The shape's schema with the defaults that _values() wrote."""
    if image:
        text = re.sub(
            r"(?m)^(    default:) \{repository: .*\}$", lambda found: f"{found[1]} {image_default(image)}", text
        )
    if order.health:
        text = re.sub(r"(\{path:) [^,}]*", rf"\1 {order.health}", text)
    return re.sub(r"(\n +poolSize:\n(?: {8}.*\n)*? +default:) \d+", rf"\1 {POOL}", text)
