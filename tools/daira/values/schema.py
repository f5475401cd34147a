"""Look-ups in a values.schema.json of any draft: what is said about a key, which keys there are.

Only references within the document are followed (`#/…`), which is all that a bundled schema has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote

from daira.render.release import Path as Key

# Deeper and more keys than any values have; a schema may contain itself.
DEEPEST, MOST = 12, 20_000
BRANCHES = ("allOf", "anyOf", "oneOf")


@dataclass(eq=False)
class Schema:
    """root: the document. file: how it is called to the user."""

    root: dict[str, Any]
    file: str = ""

    def resolve(self, reference: object) -> dict[str, Any]:
        """What a `$ref` names; empty where that is not in the document."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return {}
        node: Any = self.root
        for word in reference[1:].split("/")[1:]:
            step = unquote(word).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and step in node:
                node = node[step]
            elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            else:
                return {}
        return node if isinstance(node, dict) else {}

    def variants(self, schema: Any) -> list[dict[str, Any]]:
        """A schema and all that it refers to or may be at the same place, itself first."""
        found: list[dict[str, Any]] = []
        todo, seen = [schema], set()
        while todo:
            one = todo.pop(0)
            if not isinstance(one, dict) or id(one) in seen:
                continue
            seen.add(id(one))
            found.append(one)
            todo += [self.resolve(one[name]) for name in ("$ref", "$dynamicRef") if name in one]
            for branch in BRANCHES:
                todo += one[branch] if isinstance(one.get(branch), list) else []
            todo += [one[branch] for branch in ("then", "else") if branch in one]
        return found

    def at(self, key: Key) -> list[dict[str, Any]]:
        """Every schema that a key's value has to satisfy or may, the plainest first; empty for an unknown key."""
        found: list[dict[str, Any]] = self._at(key)
        return found

    @cached_property
    def _at(self) -> Any:
        @lru_cache(maxsize=4096)
        def look(key: Key) -> list[dict[str, Any]]:
            if not key:
                return self.variants(self.root)
            found: list[dict[str, Any]] = []
            for schema in look(key[:-1]):
                for one in self.variants(_below(schema, key[-1])):
                    if not any(one is other for other in found):
                        found.append(one)
            return found

        return look

    def about(self, key: Key) -> dict[str, Any]:
        """The keywords at a key together; where several schemas say something, the first one that does counts."""
        made: dict[str, Any] = {}
        for schema in self.at(key):
            for word, value in schema.items():
                made.setdefault(word, value)
        return made

    def children(self, key: Key) -> list[str]:
        """The names that are declared below a key, in the schema's order."""
        names: dict[str, None] = {}
        for schema in self.at(key):
            properties = schema.get("properties")
            if isinstance(properties, dict):
                names.update(dict.fromkeys(name for name, value in properties.items() if value is not False))
        return list(names)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Every declared key that one should use, so none that is deprecated; parents before their children."""
        return tuple(self._keys())

    def _keys(self) -> Iterator[Key]:
        todo: list[Key] = [()]
        count = 0
        while todo and count < MOST:
            key = todo.pop(0)
            for name in self.children(key):
                if self.about((*key, name)).get("deprecated") is True:
                    continue
                count += 1
                yield (*key, name)
                if len(key) < DEEPEST:
                    todo.append((*key, name))


def _below(schema: dict[str, Any], step: str | int) -> Any:
    """What a schema says about a key of a mapping, or an element of a list."""
    if isinstance(step, int):
        first = schema.get("prefixItems")
        items = schema.get("items")
        first = first if isinstance(first, list) else items if isinstance(items, list) else []
        return first[step] if step < len(first) else items if isinstance(items, dict) else schema.get("additionalItems")
    properties = schema.get("properties")
    if isinstance(properties, dict) and step in properties:
        return properties[step] if properties[step] is not True else {"description": ""}
    patterns = schema.get("patternProperties")
    for pattern, value in patterns.items() if isinstance(patterns, dict) else ():
        if matches(pattern, step):
            return value
    other = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
    return {} if other is True else other


def matches(pattern: str, text: str) -> bool:
    """Whether a schema's expression is found in a text; one that Python can't read is not."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def allowed(about: dict[str, Any]) -> str:
    """What a value may be, in words: "an integer, at least 1"; empty where anything may be."""
    if isinstance(about.get("enum"), list):
        return f"one of {listed(about['enum'])}"
    if "const" in about:
        return shown(about["const"])
    parts = [kinds(about.get("type"))]
    words = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
    }
    parts += [f"{words[word]} {about[word]}" for word in words if isinstance(about.get(word), int | float)]
    lengths = {"minLength": "at least {} characters", "maxLength": "at most {} characters"}
    lengths |= {"minItems": "at least {} items", "maxItems": "at most {} items"}
    parts += [text.format(about[word]) for word, text in lengths.items() if word in about]
    if isinstance(about.get("pattern"), str):
        parts.append(f"like {about['pattern']}")
    if isinstance(about.get("format"), str) and about["format"] not in ("int32", "int64", "float", "double"):
        parts.append(f"in the form {about['format']}")
    return ", ".join(part for part in parts if part)


ARTICLES = {"integer": "an integer", "object": "a mapping", "array": "a list", "null": "null", "number": "a number"}
ARTICLES |= {"string": "a string", "boolean": "true or false"}


def kinds(types: Any) -> str:
    """JSON Schema's `type` in words."""
    named = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    return " or ".join(dict.fromkeys(ARTICLES.get(str(name), str(name)) for name in named))


def listed(values: list[Any]) -> str:
    """A few values in words; of many the first ones."""
    more = f" and {len(values) - 20} more" if len(values) > 20 else ""
    return ", ".join(shown(value) for value in values[:20]) + more


def shown(value: Any) -> str:
    """A value as one would write it in YAML's flow style, shortened."""
    import orjson

    try:
        text = orjson.dumps(value).decode()
    except TypeError:  # a number beyond 64 bits, half of a character
        text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def described(about: dict[str, Any]) -> str:
    """A key's description as one line, shortened to a few sentences; empty where there is none."""
    text = " ".join(str(about.get("description") or "").split())
    if len(text) <= 240:
        return text
    cut = text.rfind(". ", 0, 240)
    return text[: cut + 1] if cut > 60 else f"{text[:239]}…"
