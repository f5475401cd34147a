"""Where schemas come from: PyPI's kubernetes-validate for Kubernetes' own kinds, CRDs for all others.

Every schema is made whole in memory, with all that it refers to: a kind takes a few milliseconds, so nothing is cached
and nothing can be stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from daira.errors import UsageError
from daira.render.release import Version
from daira.validate.kubeconform import Kind

Schema = dict[str, Any]
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
# What says nothing about what is valid, and makes most of a schema's size.
SILENT = frozenset(["description", "example", "examples", "externalDocs", "title", "$schema", "$id"])


@cache
def definitions(version: Version) -> dict[str, Schema]:
    """Name -> strict schema of everything that this Kubernetes knows. Raises UsageError where it is not shipped."""
    name = f"v{version[0]}.{version[1]}.0-local-strict"
    file = Path(str(resources.files("kubernetes_validate") / "kubernetes-json-schema" / name / "_definitions.json"))
    if not file.is_file():
        raise UsageError(
            f"the schemas of Kubernetes {version[0]}.{version[1]} are not there: update kubernetes-validate"
        )
    loaded: dict[str, Schema] = json.loads(file.read_text(encoding="utf-8"))["$defs"]
    return loaded


@cache
def kinds(version: Version) -> dict[Kind, str]:
    """Every kind that this Kubernetes serves -> the name of its definition."""
    made: dict[Kind, str] = {}
    for name, schema in definitions(version).items():
        named = schema.get("x-kubernetes-group-version-kind", [])
        # what has several names is no object of its own (DeleteOptions)
        if len(named) == 1 and {"apiVersion", "kind"} <= schema.get("properties", {}).keys():
            group, api, kind = (named[0][key] for key in ("group", "version", "kind"))
            made[f"{group}/{api}" if group else api, kind] = name
    return made


@cache
def groups(version: Version) -> frozenset[str]:
    """The API groups that are Kubernetes' own; "" is the core group."""
    return frozenset(api.rpartition("/")[0] for api, _ in kinds(version))


@cache
def own(version: Version, kind: Kind) -> Schema | None:
    """The whole strict schema of one of Kubernetes' own kinds, or None."""
    name = kinds(version).get(kind)
    return whole(version, short(definitions(version)[name])) if name else None


def whole(version: Version, schema: Schema) -> Schema:
    """A schema with every definition that it needs, so that it refers to nothing outside."""
    needed: dict[str, Schema] = {}
    waiting = list(_references(schema))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = short(definitions(version)[name])
            waiting += _references(needed[name])
    return {**schema, "$defs": needed}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.rsplit("/", 1)[-1]
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def short(node: Any) -> Any:
    """A schema without what says nothing, with `oneOf` of mere types as one list of types: that reads better."""
    if isinstance(node, list):
        return [short(value) for value in node]
    if not isinstance(node, dict):
        return node
    made = {}
    for key, value in node.items():
        if key == "properties" and isinstance(value, dict):
            made[key] = {name: short(below) for name, below in value.items()}
        elif key in ("enum", "default", "const"):
            if key != "default":
                made[key] = value
        elif key == "$ref":
            made[key] = "#/$defs/" + value.rsplit("/", 1)[-1]
        elif key not in SILENT:
            made[key] = short(value)
    one_of = made.get("oneOf")
    if isinstance(one_of, list) and all(isinstance(one, dict) and one.keys() == {"type"} for one in one_of):
        del made["oneOf"]
        types = [one["type"] if isinstance(one["type"], list) else [one["type"]] for one in one_of]
        made["type"] = list(dict.fromkeys(name for names in types for name in names))
    return made


def at(schema: Schema, path: tuple[str | int, ...]) -> Schema:
    """The part of a whole schema that speaks about a path; {} where none does."""
    node: Any = schema
    for step in path:
        node = _resolved(schema, node)
        if isinstance(step, int):
            node = node.get("items")
        else:
            node = (node.get("properties") or {}).get(step, node.get("additionalProperties"))
        if not isinstance(node, dict):
            return {}
    return _resolved(schema, node)


def _resolved(top: Schema, node: Schema) -> Schema:
    while "$ref" in node:
        node = top["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return node
