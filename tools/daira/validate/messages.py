"""kubeconform's errors as one clear sentence each, with the rule and the path of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple

from daira.validate.kubeconform import Error
from daira.validate.schemas import Schema, at

Path = tuple[str | int, ...]
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")
_TYPES = re.compile(r"got (\w+), want ([\w ,]+)$")
_COUNT = re.compile(r"(min|max)(Length|Items|Properties): got (\d+), want (\d+)$")
_RANGE = re.compile(r"(minimum|maximum|exclusiveMinimum|exclusiveMaximum): got (\S+), want (\S+)$")
_UNITS = {"Length": "characters", "Items": "items", "Properties": "entries"}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


class Fault(NamedTuple):
    """One thing that is wrong: the rule, where in the object, a sentence without its full stop."""

    rule: str
    path: Path
    message: str


def faults(errors: list[Error], data: dict[str, Any], schema: Schema) -> Iterator[Fault]:
    """Everything that is wrong in an object, from what kubeconform says about it."""
    for error in errors:
        yield from _faults(error, data, schema)


def _faults(error: Error, data: dict[str, Any], schema: Schema) -> Iterator[Fault]:
    path, said = _path(error.path, data), error.text
    if said.startswith("additional propert"):
        known = list(at(schema, path).get("properties") or {})
        for name in _names(said):
            yield Fault("schema-unknown-field", (*path, name), _unknown(path, name, known))
    elif said.startswith("missing propert"):
        for name in _names(said):
            yield Fault("schema-missing", (*path, name), f"{dotted((*path, name))} is missing, and it is required")
    else:
        yield Fault("schema-invalid", path, f"{dotted(path)} {_invalid(error)}")


def _unknown(path: Path, name: str, known: list[str]) -> str:
    by_lower = {one.lower(): one for one in known}
    close = [by_lower[one] for one in get_close_matches(name.lower(), by_lower, n=2, cutoff=0.6)]
    if close:
        hint = f"; did you mean {' or '.join(close)}?"
    else:
        hint = f"; {dotted(path)} knows {', '.join(sorted(known))}" if 0 < len(known) <= 8 and path else ""
    return f"{dotted((*path, name))} is no field that the schema knows{hint}"


def _invalid(error: Error) -> str:
    said = error.text
    if found := _TYPES.match(said):
        wanted = [one for one in re.split(r", | or ", found[2]) if one != "null"] or ["null"]
        return f"must be {' or '.join(map(_article, wanted))}, not {_article(found[1])}"
    if found := _COUNT.match(said):
        bound = "at least" if found[1] == "min" else "at most"
        return f"must have {bound} {found[4]} {_UNITS[found[2]]}, not {found[3]}"
    if found := _RANGE.match(said):
        bound, got = found[3].replace(",", ""), found[2].replace(",", "")
        return f"must be {_BOUNDS[found[1]]} {bound}, not {got}"
    if said.startswith("value must be one of"):
        names = _names(said)
        return f"must be one of {', '.join(names) or said.partition('one of ')[2]}"
    if said.startswith("value must be"):
        return said.removeprefix("value ")
    if error.below:
        ways = dict.fromkeys(f"{dotted(_steps(one.path))} {_short(one)}".strip() for one in error.below)
        return f"fits none of the ways it may be written: {'; or '.join(ways)}"
    if said.startswith("'not' failed"):
        return "is what the schema forbids here"
    return f"is not valid: {said}"


def _short(error: Error) -> str:
    return _invalid(error) if not error.text.startswith(("missing", "additional")) else error.text


def _names(said: str) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", name) for name in _QUOTED.findall(said)]


def _article(name: str) -> str:
    if name == "null":
        return "null"
    return f"an {name}" if name[0] in "aeio" else f"a {name}"


def _steps(pointer: str) -> Path:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _path(pointer: str, data: Any) -> Path:
    """A JSON Pointer as a path, with numbers where the object has lists."""
    made: list[str | int] = []
    for step in _steps(pointer):
        if isinstance(data, list):
            number = int(step)
            made.append(number)
            data = data[number] if number < len(data) else None
        else:
            made.append(step)
            data = data.get(str(step)) if isinstance(data, dict) else None
    return tuple(made)


def dotted(path: Path) -> str:
    """A path as people write it: spec.containers[0].image; "the object" for the whole."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[\w-]+", step):
            text += f".{step}"
        else:
            text += f'["{step}"]'
    return text.removeprefix(".") or "the object"
