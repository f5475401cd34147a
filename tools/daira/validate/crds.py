"""Schemas of custom resources: from CRDs in the input, from --schema-location, and from those that daira brings."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from daira.errors import UsageError
from daira.render import manifests
from daira.render.release import Version, deep, items, mapping, text
from daira.validate.kubeconform import Kind
from daira.validate.schemas import META, Schema, definitions, short, whole

PACKAGED = Path(__file__).parent / "crds"
OBJECT_KEYS = ("apiVersion", "kind", "metadata")


def of(crd: dict[str, Any]) -> dict[Kind, Schema]:
    """The kinds that a CustomResourceDefinition makes, each with its openAPIV3Schema; {} where it has none."""
    group, kind = text(deep(crd, ("spec", "group"))), text(deep(crd, ("spec", "names", "kind")))
    made = {}
    shared = mapping(deep(crd, ("spec", "validation", "openAPIV3Schema")))  # v1beta1
    for one in items(deep(crd, ("spec", "versions"))):
        schema = mapping(deep(one, ("schema", "openAPIV3Schema"))) or shared
        if group and kind and schema and isinstance(one, dict) and one.get("served", True):
            made[f"{group}/{text(one.get('name'))}", kind] = schema
    return made


def in_objects(objects: Iterable[dict[str, Any]]) -> dict[Kind, Schema]:
    """The kinds of all CRDs among the objects."""
    made: dict[Kind, Schema] = {}
    for item in objects:
        if item.get("kind") == "CustomResourceDefinition":
            made.update(of(item))
    return made


def in_files(places: Iterable[Path]) -> dict[Kind, Schema]:
    """The kinds of the CRDs in files and folders. Raises UsageError for what can't be read."""
    made: dict[Kind, Schema] = {}
    for place in places:
        if not place.exists():
            raise UsageError(f"--schema-location {place} does not exist: name a file or a folder of CRDs")
        loaded = manifests.load([place])
        for problem in loaded.errors:
            raise UsageError(f"--schema-location {place}: {problem.file}:{problem.line}: {problem.sentence}")
        found = in_objects(item.data for item in loaded.objects)
        if not found:
            raise UsageError(
                f"--schema-location {place} holds no CustomResourceDefinition: name the CRDs' file or folder"
            )
        made.update(found)
    return made


@cache
def packaged() -> dict[Kind, tuple[str, Schema]]:
    """What daira brings: kind -> the module it is from ("github.com/… v1.2.3") and its openAPIV3Schema."""
    made: dict[Kind, tuple[str, Schema]] = {}
    for file in sorted(PACKAGED.glob("*.json.gz")):
        loaded = json.loads(gzip.decompress(file.read_bytes()))
        for row in loaded["kinds"]:
            made[row["apiVersion"], row["kind"]] = loaded["module"], row["schema"]
    return made


def strict(version: Version, schema: Schema) -> Schema:
    """An openAPIV3Schema as a whole strict JSON Schema; metadata is Kubernetes' own."""
    made = closed(short(schema))
    made.setdefault("properties", {})
    made["properties"].update({"apiVersion": {"type": "string"}, "kind": {"type": "string"}})
    if META in definitions(version):
        made["properties"]["metadata"] = {"$ref": f"#/$defs/{META}"}
    if not made.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    return whole(version, made)


def closed(schema: Schema) -> Schema:
    """What the API server would prune or refuse, refused: unknown fields, and null where nothing allows it.

    Alternatives (oneOf, anyOf, allOf, not) only add conditions to what is declared beside them: they stay open.
    """
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {name: closed(below) for name, below in made["properties"].items()}
        if made.get("x-kubernetes-embedded-resource"):
            for key in OBJECT_KEYS:
                made["properties"].setdefault(key, {})
        if not made.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), dict):
            made[key] = closed(made[key])
    if made.get("x-kubernetes-int-or-string"):
        made.pop("anyOf", None)
        made["type"] = ["integer", "string"]
    if made.get("nullable") and "type" in made:
        types = made["type"] if isinstance(made["type"], list) else [made["type"]]
        made["type"] = [*types, "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made
