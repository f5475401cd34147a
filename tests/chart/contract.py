"""The values' contract as data: every key of a bundled values.schema.json, with what the schema says about it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chart.conftest import CHART, merge

Schema = dict[str, Any]
Key = tuple[str, ...]
CHARTS = {"daira": CHART} | {path.parent.name: path.parent for path in sorted(CHART.glob("charts/*/Chart.yaml"))}


def load(chart: str) -> Schema:
    """A chart's values.schema.json."""
    loaded: Schema = json.loads((CHARTS[chart] / "values.schema.json").read_text(encoding="utf-8"))
    return loaded


@dataclass(frozen=True)
class Node:
    """A key and its schema, what its reference says filled in."""

    key: Key
    schema: Schema

    @property
    def dotted(self) -> str:
        return ".".join(self.key)


def resolved(schema: Schema, whole: Schema) -> Schema:
    """A schema with its reference followed; what stands beside the reference wins."""
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**whole["$defs"][name], **beside}
    return schema


def nodes(whole: Schema, schema: Schema | None = None, key: Key = ()) -> Iterator[Node]:
    """Every key at any depth, also below lists (`*`) and free names (`*`); Kubernetes' types are not entered."""
    schema = resolved(whole if schema is None else schema, whole)
    if key:
        yield Node(key, schema)
    below = list(schema.get("properties", {}).items())
    below += [("*", schema[word]) for word in ("additionalProperties", "items") if isinstance(schema.get(word), dict)]
    for name, one in below:
        if not one.get("$ref", "").startswith("#/$defs/io.k8s."):
            yield from nodes(whole, one, (*key, name))


def default(whole: Schema, schema: Schema | None = None) -> Any:
    """The effective default: that of the keys below, with the key's own on top; None where there is none."""
    schema = resolved(whole if schema is None else schema, whole)
    if "properties" not in schema:
        return copy.deepcopy(schema.get("default"))
    below = {name: default(whole, one) for name, one in schema["properties"].items()}
    return merge({name: one for name, one in below.items() if one is not None}, schema.get("default") or {})


def bare(values: Any) -> Any:
    """Values without nulls and empty mappings, which say nothing."""
    if not isinstance(values, dict):
        return values
    kept = {name: bare(value) for name, value in values.items()}
    return {name: value for name, value in kept.items() if value is not None and value != {}}


def identifiers(folder: Path) -> set[str]:
    """Every word that templates below a folder reach into values with: `.word` and `"word"`."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file() and {"templates", "files"} & set(path.relative_to(folder).parts):
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(r"\.([A-Za-z][A-Za-z0-9_]*)", text)) | set(re.findall(r'"([A-Za-z][\w.-]*)"', text))
    return found


def reached(folder: Path) -> set[Key]:
    """Every path that the templates of one chart, its subcharts aside, reach into `.Values` with."""
    found: set[Key] = set()
    for path in (folder / "templates").rglob("*"):
        if path.is_file():
            text = re.sub(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", "", path.read_text(encoding="utf-8"), flags=re.S)
            found |= {
                tuple(it.split("."))
                for it in re.findall(r"(?:(?<=[\s(\-])|\$)\.Values\.([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)", text)
            }
    return found
