"""Manifests from texts, files, folders and stdin, and the files of a project that rules look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from daira.render.release import Object, Source


def shape(data: Any) -> dict[str, Any] | None:
    """A document in the shape of an object: CI workflows get the kind they do not have. None for what is none."""
    if not isinstance(data, dict):
        return None
    if "kind" not in data and isinstance(data.get("jobs"), dict) and ("on" in data or "true" in data or True in data):
        return {**data, "apiVersion": "actions.github.com/v1", "kind": "Workflow"}
    return data if isinstance(data.get("kind"), str) else None


def objects_of(source: Source) -> Iterator[Object]:
    """The objects of a text, the items of Lists included."""
    for number, data in enumerate(yaml.load_all(source.text, Loader=yaml.CSafeLoader)):
        shaped = shape(data)
        if shaped is None:
            continue
        if shaped["kind"].endswith("List") and isinstance(shaped.get("items"), list):
            for index, item in enumerate(shaped["items"]):
                if isinstance(item, dict):
                    yield Object(item, source, number, ("items", index))
        else:
            yield Object(shaped, source, number)
