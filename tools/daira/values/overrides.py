"""What values files do to one another: overrides that change nothing, keys nobody declares, drift between stages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from daira.render.merge import MISSING, Layer, value_at
from daira.render.release import Path as Key
from daira.values.schema import Schema
from daira.values.secrets import leaves

_LIVE = re.compile(r"(?i)(prod|production|live)$")
_LOWER = re.compile(r"(?i)(staging|stage|pre-?prod|pre-?production|uat)$")


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to a template: 1 and true are not, 1 and 1.0 are."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def unused(data: dict[str, Any], below: dict[str, Any], kept: set[Key]) -> list[Key]:
    """The keys that a file sets to what they already are, the outermost of each; lists are compared as a whole.

    below: the merged values of all that is below the file. kept: keys that stay although they are.
    """

    def judge(value: Any, key: Key) -> tuple[bool, list[Key]]:
        known = value_at(below, key) if key else below
        if isinstance(value, dict) and isinstance(known, dict) and value:
            found = {name: judge(inner, (*key, name)) for name, inner in value.items()}
            if all(useless for useless, _ in found.values()):
                return True, [key]
            return False, [one for _, inner in found.values() for one in inner]
        if value is None:
            useless = known is MISSING or known is None
        elif value == {} and isinstance(known, dict):
            useless = True
        else:
            useless = known is not MISSING and same(value, known)
        useless = useless and key not in kept
        return useless, [key] if useless else []

    if not data:
        return []
    everything, found = judge(data, ())
    return [(name,) for name in data] if everything else found


def undeclared(data: dict[str, Any], below: dict[str, Any], schemas: Mapping[Key, Schema]) -> Iterator[Key]:
    """The keys of a file that values.yaml does not have, where no schema describes the mapping they are in."""
    todo: list[Key] = [()]
    while todo:
        key = todo.pop()
        value, known = value_at(data, key), value_at(below, key)
        if not isinstance(value, dict) or not isinstance(known, dict) or (key and not known):
            continue
        described = any(
            key[: len(outer)] == outer and _described(schema, key[len(outer) :]) for outer, schema in schemas.items()
        )
        for name in value:
            if name == "global":
                continue
            if name in known:
                todo.append((*key, name))
            elif not described and value[name] is not None:
                yield (*key, name)


def _described(schema: Schema, key: Key) -> bool:
    """Whether a schema says which keys a mapping may have, or that it may have any."""
    found = schema.at(key)
    words = ("patternProperties", "additionalProperties", "propertyNames", "unevaluatedProperties")
    told = [one for one in found if one.keys() - {"title", "description", "default", "examples", "$schema", "$id"}]
    if any(word in one for one in found for word in words):
        return True
    return bool(told) and not any("properties" in one for one in told)


def stages(names: list[str]) -> list[tuple[str, str]]:
    """Pairs of a stage before production and production, by their names."""
    live = [name for name in names if _LIVE.search(name)]
    return [(lower, live[0]) for lower in names if _LOWER.search(lower) and not _LIVE.fullmatch(lower) and live]


def drift(lower: Layer, live: Layer, below: dict[str, Any]) -> list[Key]:
    """The keys that `lower` sets to something else than the chart, and `live` does not mention."""
    found: dict[Key, None] = {}
    for key, value in leaves(lower.data):
        at = next((key[:index] for index, step in enumerate(key) if isinstance(step, int)), key)
        if at and value_at(live.data, at) is MISSING and not _cut(live.data, at):
            known = value_at(below, at)
            whole = value_at(lower.data, at)
            if (known is MISSING and value is not None) or (known is not MISSING and not same(whole, known)):
                found[at] = None
    return list(found)


def has(layer: Layer, key: Key) -> bool:
    """Whether a file sets a key itself."""
    return value_at(layer.data, key) is not MISSING


def _cut(data: dict[str, Any], key: Key) -> bool:
    """Whether a list, scalar or null stands where the mapping around the key would."""
    return any(
        not isinstance(value_at(data, key[:n]), dict) and value_at(data, key[:n]) is not MISSING
        for n in range(1, len(key))
    )
