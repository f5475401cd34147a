"""The shape of an existing service under another name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daira.generate.service import Order

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
    return made


def renamed(text: str, model: str, name: str) -> str:
    """A text about `model` as one about `name`. Template variables keep to letters; an image keeps its own name."""
    text = re.sub(rf"\${model}\b", "$" + re.sub(r"[^a-z0-9]", "", name), text)
    return re.sub(rf"(?<![\w/-])(daira-)?{model}(?![A-Za-z0-9_])", rf"\g<1>{name}", text)


def _values(text: str, order: Order, image: dict[str, str]) -> str:
    for key, value in image.items():
        quoted = value if key == "repository" else f'"{value}"'
        text = re.sub(rf"(?m)^(  {key}:) .*$", rf"\1 {quoted}", text, count=1)
    if order.health:
        text = re.sub(r"(?m)^(    path:) .*$", rf"\1 {order.health}", text)
    return text
