"""Which values key feeds a place of a rendered object.

The action that printed the place is read (render/symbols.py) for the keys it is made of; the merged values decide between
them. `exact` is said where the action prints one key and nothing else and the value there is the rendered one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from daira.render.markers import Marked
from daira.render.merge import MISSING, Values, dotted, value_at
from daira.render.release import Path as Key
from daira.render.symbols import ANY, Reader

# Wildcards are spelled out up to this many keys.
SPELLED = 400


@dataclass(frozen=True)
class ValuesKey:
    """A values key at the umbrella's level, as a path and as one writes it, and what sets it. exact: proven, no guess.

    file, line, column: of the file that wins, of the nearest parent where nothing sets the key itself.
    """

    path: Key
    key: str
    file: str | None
    line: int | None
    column: int | None
    exact: bool


class Feed(NamedTuple):
    """An action that printed a place. stack: the marks of the actions around it; mark: its own.

    suffix: the part of the place's path that is inside of what the action printed; missing: what is not there at all.
    """

    stack: tuple[int, ...]
    mark: int
    suffix: Key
    missing: Key


def choose(made: Marked, values: Values, name: str, feeds: list[Feed], path: Key, text: str) -> ValuesKey | None:
    """The key that feeds a place, or None. name: what Helm calls the template; text: the rendered value's text."""
    found = candidates(made, values, name, feeds)
    rendered = _parsed(text)
    best: tuple[float, Key, bool] | None = None
    for order, (key, suffix, direct) in enumerate(found):
        for spelled in spell(values, (*key, *suffix), path):
            score = _score(values, spelled, path, rendered, text, direct=direct)
            if score is None:
                continue
            score += order * 0.01
            if best is None or score > best[0]:
                best = (score, spelled, direct and score >= EQUAL + DIRECT)
    if best is None:
        return None
    key = values.home(best[1])
    exact = best[2]
    missing = feeds[0].missing
    if missing:
        # The key is not there: where it would have to be set is below what feeds its parent.
        key = (*key, *missing) if not any(isinstance(step, int) for step in missing) and best[2] else key
    where = values.where(key)
    return ValuesKey(key, dotted(key), *(where or (None, None, None)), exact)


DIRECT, EQUAL, PART, SUFFIX, SET = 50, 40, 20, 6, 5


def candidates(made: Marked, values: Values, name: str, feeds: list[Feed]) -> list[tuple[Key, Key, bool]]:
    """Keys that may feed a place, with what of the place's path is to be added, and whether the action prints them as is."""
    reader = Reader(made)
    scope = chart_scope(name)
    found: dict[tuple[Key, Key], bool] = {}
    for feed in feeds:
        calls = []
        broken = False
        for number in feed.stack:
            if number == feed.mark:
                continue
            mark = made.marks[number]
            call = made.calls.get(id(mark.node))
            if call is None:
                broken = True
                break
            calls.append((mark.template, mark.node, call))
        if broken:
            continue
        mark = made.marks[feed.mark]
        try:
            symbol = reader.chain(scope, calls, mark.template, mark.node)
        except RecursionError:
            continue
        for key in symbol.keys:
            found.setdefault((key, feed.suffix), True)
        for name_, field in (symbol.fields or {}).items():
            if feed.suffix and feed.suffix[0] == name_:
                for key in field.keys:
                    found.setdefault((key, feed.suffix[1:]), True)
        for key in symbol.all:
            if (key, feed.suffix) not in found:
                found[(key, ())] = False
    return [(key, suffix, direct) for (key, suffix), direct in found.items()]


def chart_scope(name: str) -> Key:
    """The key of the chart that a template belongs to: "daira/charts/backend/templates/x.yaml" is ("backend",)."""
    steps = []
    rest = name.split("/")[1:]
    while len(rest) > 2 and rest[0] == "charts":
        steps.append(rest[1])
        rest = rest[2:]
    return tuple(steps)


def spell(values: Values, key: Key, path: Key) -> Iterator[Key]:
    """A key without wildcards: all that there are in the values, those whose name is in the path first."""
    if ANY not in key:
        yield key
        return
    at = key.index(ANY)
    held = values.get(key[:at])
    steps: list[Any] = list(held) if isinstance(held, dict) else list(range(len(held))) if isinstance(held, list) else []
    steps.sort(key=lambda step: step not in path)
    for step in steps[:SPELLED]:
        yield from spell(values, (*key[:at], step, *key[at + 1 :]), path)


def _score(values: Values, key: Key, path: Key, rendered: Any, text: str, *, direct: bool) -> float | None:
    """How well a key explains a place; None for not at all."""
    value = values.get(key)
    score = 0.0
    same = value is not MISSING and _equal(value, rendered)
    if direct:
        score += DIRECT
    if same:
        score += EQUAL
    elif value is MISSING or value in ("", None, {}, []):
        if not direct:
            return None
        score -= EQUAL
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool) and len(str(value)) > 1 and str(value) in text:
        score += PART
    elif not direct:
        return None
    score += SUFFIX * _common(key, path)
    if same or score >= DIRECT:
        return score
    # Computed with, and neither equal nor part of it: the name has to speak for it.
    return score if score >= PART else None


def _common(key: Key, path: Key) -> int:
    """How many of the last steps are the same."""
    mine = [step for step in key if isinstance(step, str)]
    theirs = [step for step in path if isinstance(step, str)]
    count = 0
    while count < min(len(mine), len(theirs)) and mine[-1 - count] == theirs[-1 - count]:
        count += 1
    return count


def _equal(value: Any, rendered: Any) -> bool:
    """Whether a value was printed as is: numbers and strings of the same letters are the same here."""
    if value == rendered and type(value) is type(rendered):
        return True
    if isinstance(value, (dict, list)) or isinstance(rendered, (dict, list)):
        return bool(value == rendered)
    if isinstance(value, bool) or isinstance(rendered, bool):
        return str(value).lower() == str(rendered).lower()
    return str(value) == str(rendered)


def _parsed(text: str) -> Any:
    """A rendered value; blocks lose the indentation of where they stood."""
    lines = text.splitlines()
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return "\n".join(line.strip() for line in lines)


__all__ = ["Feed", "ValuesKey", "candidates", "choose", "value_at"]
