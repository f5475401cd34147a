"""The schema of a new service: what its values share with the model is described as there."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from daira.generate import edit
from daira.generate.like import renamed

if TYPE_CHECKING:
    from daira.generate.service import Order

FOLDER = Path("schemas")
OWN = Path(__file__).parent / "templates" / "service" / "schema.yaml"


def made(root: Path, order: Order, values: dict[str, Any]) -> dict[Path, str]:
    """The source of the service's schema and the umbrella's with a reference to it, path -> text.

    values: the new chart's. {} where the repository has no schemas.
    """
    model = order.like or "frontend"
    source = root / FOLDER / f"{model}.schema.yaml"
    umbrella = root / FOLDER / "daira.schema.yaml"
    if not source.is_file() or not umbrella.is_file():
        return {}
    text = umbrella.read_text(encoding="utf-8")
    entry = re.sub(rf"\b{model}\b", order.name, edit.block(text, model, 2))
    return {
        FOLDER / f"{order.name}.schema.yaml": _source(source.read_text(encoding="utf-8"), order, values),
        FOLDER / "daira.schema.yaml": edit.after(text, model, entry, 2, file="schemas/daira.schema.yaml"),
    }


def _source(text: str, order: Order, values: dict[str, Any]) -> str:
    """The model's schema with the properties that the values have, and the values as defaults."""
    model = order.like or "frontend"
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    schema = yaml.load(renamed(text, model, order.name))
    own = YAML(typ="safe").load(OWN.read_text(encoding="utf-8"))
    kept = schema["properties"]
    for key in [key for key in kept if key not in values]:
        del kept[key]
    for key in values:
        if key in own and not order.like:
            kept[key] = own[key]
        default = kept[key].get("default")
        if key in own or key in {"image", "probes"}:
            if default != values[key]:
                kept[key]["default"] = values[key]
    schema["properties"] = kept
    out = io.StringIO()
    yaml.dump(schema, out)
    return out.getvalue()
