"""Values against a JSON Schema: what is wrong with which key, in a user's words, and only what helps.

Of a union (anyOf, oneOf) the branch is told that the value comes closest to; a schema's own `x-message` wins over all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jsonschema

from daira.policy.facts.credentials import is_secret_name
from daira.render.merge import dotted
from daira.render.release import Path as Key
from daira.values.schema import ARTICLES, Schema, allowed, described, kinds, listed, matches, shown
from daira.values.suggest import keys, typo, value

UNKNOWN, MISSING, TYPE, VALUE, TOGETHER = (
    "values-unknown-key",
    "values-missing-key",
    "values-wrong-type",
    "values-not-allowed",
    "values-contradiction",
)
# What only the whole of the values can be blamed for, and no single file of them.
WHOLE = frozenset(
    ["required", "dependentRequired", "dependencies", "minProperties", "anyOf", "oneOf", "not", "contains"]
)


# Where a schema says what holds in one of several cases.
CONDITIONAL = frozenset(["then", "else", "anyOf", "oneOf", "not"])


class Wrong(NamedTuple):
    """What is wrong with a key. rename: the key it should be, where only that can be meant. wants: "string", …"""

    rule: str
    key: Key
    message: str
    rename: Key | None = None
    wants: str = ""


class Broken(Exception):  # noqa: N818 - says what happened
    """The schema itself can't be used; the text says why."""


@dataclass(eq=False)
class Validator:
    """A schema that is asked about values. below: the key that these are below, for messages."""

    schema: Schema
    below: Key = ()

    @cached_property
    def _validator(self) -> Any:
        root = self.schema.root
        kind = jsonschema.validators.validator_for(root, default=jsonschema.Draft202012Validator)
        # whether the schema itself is one is asked when it makes trouble: that takes ten times as long as the values
        return kind(root)

    def _trouble(self, error: Exception) -> Broken:
        """Why the schema can't be used: where it is no valid one, else what happened."""
        try:
            self._validator.check_schema(self.schema.root)
        except jsonschema.SchemaError as invalid:
            return Broken(f"it is no valid JSON Schema at {invalid.json_path}: {invalid.message[:200]}")
        except Exception as other:
            error = other
        return Broken(f"it can't be judged: {' '.join(str(error).split())[:300]}")

    def wrong(self, data: Any, *, part: bool = False) -> list[Wrong]:
        """Everything that is wrong with `data`. part: it is one file of several, so nothing need be there.

        Raises Broken where the schema can't be used: a reference that leads nowhere, an expression that is none.
        """
        try:
            found = [leaf for error in self._validator.iter_errors(data) for leaf in self._leaves(error, part)]
            return [wrong for error in found for wrong in self._said(error)]
        except RecursionError as error:
            raise Broken("it refers to itself without an end") from error
        except Exception as error:
            raise self._trouble(error) from error

    def _leaves(self, error: Any, part: bool) -> Iterator[Any]:
        """The errors to tell instead of a union's."""
        if part and (error.validator in WHOLE or self._steps(error) & {"then", "else"}):
            return
        if error.validator not in ("anyOf", "oneOf") or not error.context or self._message(error):
            yield error
            return
        for one in _closest(error):
            yield from self._leaves(one, part) if one is not error else (error,)

    def _steps(self, error: Any) -> set[Any]:
        return set(error.absolute_schema_path)

    def _message(self, error: Any) -> str:
        """The x-message that explains an error: of the schema that failed, else of the condition around it."""
        plain = error.validator in ("additionalProperties", "unevaluatedProperties", "type")
        if not plain and isinstance(error.schema, dict) and isinstance(error.schema.get("x-message"), str):
            return str(error.schema["x-message"])
        node: Any = self.schema.root
        found, branch = "", False
        for step in error.absolute_schema_path:
            for _ in range(100):
                if not isinstance(node, dict) or step in node or "$ref" not in node:
                    break
                node = self.schema.resolve(node["$ref"])
            conditional = isinstance(node, dict) and step in CONDITIONAL
            if isinstance(node, dict) and (branch or conditional):
                found = str(node.get("x-message") or found)
            # the list of branches lies between anyOf and one of them
            branch = conditional or (branch and isinstance(node, list))
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                break
        return found

    def _said(self, error: Any) -> Iterator[Wrong]:
        path: Key = tuple(error.absolute_path)
        key = (*self.below, *path)
        kind = error.validator
        message = self._message(error)
        if message:
            missing = _absent(error) if kind == "required" else []
            yield Wrong(TOGETHER, (*key, *missing[:1]), " ".join(message.split()))
        elif kind in ("additionalProperties", "unevaluatedProperties") and isinstance(error.instance, dict):
            for name in self._extras(error, path):
                yield self._unknown((*path, name))
        elif kind in ("required", "dependentRequired") and isinstance(error.instance, dict):
            missing = _absent(error)
            for name in missing:
                yield self._missing((*path, name))
            if not missing:
                yield Wrong(MISSING, key, f"`{dotted(key) or 'the whole'}`: {error.message}")
        elif "propertyNames" in self._steps(error) and isinstance(error.instance, str):
            yield Wrong(
                VALUE, (*key, error.instance), f"`{dotted((*key, error.instance))}` is no name that is allowed here"
            )
        elif kind is None:
            yield Wrong(VALUE, key, f"`{dotted(key)}` is not allowed here{self._about(path)}")
        elif kind == "type":
            yield self._type(error, path)
        else:
            yield Wrong(VALUE, key, self._value(error, path))

    def _extras(self, error: Any, path: Key) -> list[str]:
        if error.validator == "unevaluatedProperties":
            return [name for name in error.instance if not self.schema.at((*path, name))]
        known = error.schema.get("properties") or {}
        patterns = error.schema.get("patternProperties") or {}
        return [
            name for name in error.instance if name not in known and not any(matches(one, name) for one in patterns)
        ]

    def _unknown(self, path: Key) -> Wrong:
        key = (*self.below, *path)
        siblings = self.schema.children(path[:-1])
        here = [(*path[:-1], name) for name in siblings if not self.schema.about((*path[:-1], name)).get("deprecated")]
        found = keys(path, list(dict.fromkeys((*self.schema.keys, *here))))
        text = f"`{dotted(key)}` is not a key of this chart"
        if found:
            best = (*self.below, *found[0])
            others = [f"`{dotted((*self.below, *one))}`" for one in found]
            text += f"; did you mean {' or '.join(others)}?{self._about(found[0], dotted(best))}"
        elif siblings:
            where = f"`{dotted(key[:-1])}` has" if key[:-1] else "at the top there are"
            more = f" and {len(siblings) - 12} more" if len(siblings) > 12 else ""
            text += f"; {where} {', '.join(siblings[:12])}{more}{self._about(path[:-1])}"
        slip = typo(str(path[-1]), [str(one[-1]) for one in here])
        return Wrong(UNKNOWN, key, text, (*key[:-1], slip) if slip else None)

    def _missing(self, path: Key) -> Wrong:
        key = (*self.below, *path)
        wanted = allowed(self.schema.about(path))
        return Wrong(
            MISSING, key, f"`{dotted(key)}` is missing{f': {wanted} is required' if wanted else ''}{self._about(path)}"
        )

    def _type(self, error: Any, path: Key) -> Wrong:
        key = (*self.below, *path)
        wanted = error.validator_value
        types = [wanted] if isinstance(wanted, str) else list(wanted)
        about = self.schema.about(path)
        said = allowed(about) if about.get("type") == wanted else ""
        text = f"{self._is(key, error.instance, about)}, {_kind(error.instance)}; allowed is {said or kinds(wanted)}"
        wants = "string" if "string" in types and isinstance(error.instance, bool | int | float) else ""
        return Wrong(TYPE, key, f"{text}{self._about(path)}", wants=wants)

    def _value(self, error: Any, path: Key) -> str:
        key = (*self.below, *path)
        about = self.schema.about(path)
        text = self._is(key, error.instance, about)
        given, kind = error.validator_value, str(error.validator)
        if kind == "enum":
            text += f"; allowed is one of {listed(given)}"
            meant = value(error.instance, given)
            text += f"; did you mean {shown(meant)}?" if meant is not None else ""
        elif kind == "const":
            text += f"; only {shown(given)} is allowed"
        elif kind in PHRASES:
            text += f"; {PHRASES[kind].format(shown(given) if kind != 'pattern' else given)}"
            examples = about.get("examples")
            if kind in ("pattern", "format") and isinstance(examples, list) and examples:
                text += f", for example {listed(examples[:2])}"
        elif kind == "oneOf":
            text += "; it fits more than one of the shapes that are allowed, and exactly one has to fit"
        elif kind == "not":
            text += "; just this is not allowed here"
        else:
            text += f"; the schema's `{kind}` does not allow it"
        return f"{text}{self._about(path)}"

    def _is(self, key: Key, instance: Any, about: dict[str, Any]) -> str:
        secret = about.get("writeOnly") is True or any(isinstance(one, str) and is_secret_name(one) for one in key[-1:])
        return f"`{dotted(key) or 'the whole'}` is {'(hidden)' if secret else shown(instance)}"

    def _about(self, path: Key, name: str = "") -> str:
        """A key's description, in brackets. name: of which key, where it is not the message's."""
        text = described(self.schema.about(path)) if path else ""
        return f" ({f'{name}: ' if name else ''}{text})" if text else ""


PHRASES = {
    "minimum": "at least {} is allowed",
    "maximum": "at most {} is allowed",
    "exclusiveMinimum": "it has to be more than {}",
    "exclusiveMaximum": "it has to be less than {}",
    "multipleOf": "it has to be a multiple of {}",
    "minLength": "its length has to be {} or more",
    "maxLength": "its length may be {} at most",
    "minItems": "it needs at least {} items",
    "maxItems": "it may have at most {} items",
    "minProperties": "it needs at least {} keys",
    "maxProperties": "it may have at most {} keys",
    "uniqueItems": "no item may be in it twice",
    "pattern": "it has to look like {}",
    "format": "it has to have the form {}",
}


def _kind(instance: Any) -> str:
    names = {
        bool: "a boolean",
        int: "an integer",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "a mapping",
    }
    return names.get(type(instance), ARTICLES["null"])


def _absent(error: Any) -> list[str]:
    """The required keys that this error is about: jsonschema makes one error of each and names it in its text only."""
    listed = error.validator_value if isinstance(error.validator_value, list) else []
    return [name for name in listed if name not in error.instance and error.message.startswith(f"{name!r} ")]


def _closest(error: Any) -> list[Any]:
    """Of a failed union the errors of the branch that comes closest; the union's types where all are wrong."""
    branches: dict[Any, list[Any]] = {}
    for one in error.context or []:
        branches.setdefault(one.relative_schema_path[0], []).append(one)
    at_top = {
        branch: [one for one in found if not one.relative_path and one.validator in ("type", "const", "enum")]
        for branch, found in branches.items()
    }
    if all(any(one.validator == "type" for one in found) for found in at_top.values()):
        types: list[str] = []
        for found in at_top.values():
            for one in found:
                if one.validator == "type":
                    types += [one.validator_value] if isinstance(one.validator_value, str) else one.validator_value
        first = next(one for found in at_top.values() for one in found if one.validator == "type")
        first.validator_value = list(dict.fromkeys(types))
        return [first]

    def far(branch: Any) -> tuple[int, int, int]:
        found = branches[branch]
        tells = sum(one.validator in ("const", "enum") and len(one.relative_path) == 1 for one in found)
        deepest = max(len(one.relative_path) for one in found)
        return len(at_top[branch]) * 2 + tells, len(found), -deepest

    return branches[min(branches, key=far)]
