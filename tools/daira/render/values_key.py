"""Which values key feeds a place of a rendered object.

The action that printed the place is read (render/symbols.py) for the keys it is made of; the merged values decide
between them. `exact` is said where the action prints one key and nothing else and the value there is the rendered one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from daira.render.gotemplate import Node, Template
from daira.render.known import ANY, UNKNOWN, Symbol
from daira.render.marks import Call, Marked
from daira.render.merge import MISSING, Values, dotted
from daira.render.release import Path as Key
from daira.render.symbols import Reader

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

    suffix: the part of the place's path that is inside of what the action printed.
    """

    stack: tuple[int, ...]
    mark: int
    suffix: Key


def choose(made: Marked, values: Values, name: str, feeds: list[Feed], path: Key, rendered: Any) -> ValuesKey | None:
    """The key that feeds a place, or None. name: what Helm calls the template; rendered: the value at the place."""
    best: tuple[float, Key, bool] | None = None
    rivals = 0
    for order, (key, suffix, direct) in enumerate(candidates(made, values, name, feeds)):
        for spelled in spell(values, (*key, *suffix), path):
            score = _score(values, spelled, path, rendered, direct=direct)
            if score is None:
                continue
            if best is not None and abs(score - best[0]) < 1 and values.home(spelled) != values.home(best[1]):
                rivals += 1
            if best is None or score + order * 0.01 > best[0]:
                if best is not None and score >= best[0] + 1:
                    rivals = 0
                best = (score + order * 0.01, spelled, direct and score >= EQUAL + DIRECT)
    if best is None:
        return None
    return as_key(values, best[1], exact=best[2] and not rivals)


def as_key(values: Values, key: Key, *, exact: bool) -> ValuesKey:
    """A key with what sets it."""
    key = values.home(key)
    file, line, column = values.where(key) or (None, None, None)
    return ValuesKey(key, dotted(key), file, line, column, exact)


def calls_of(made: Marked, stack: tuple[int, ...], mark: int) -> list[tuple[Template, Node, Call]]:
    """The calls of named templates around a mark, outermost first."""
    calls = []
    for number in stack:
        call = made.calls.get(number)
        if number != mark and call is not None:
            calls.append((made.marks[number].template, made.marks[number].node, call))
    return calls


def switch(
    made: Marked, values: Values, name: str, calls: list[tuple[Template, Node, Call]], block: Switch
) -> Key | None:
    """The key a block of a template (`with .Values.x`, `if`) depends on first; None where it is none."""
    symbol = Reader(made).chain(chart_scope(name), calls, block.template, block.node)
    return next((key for key in symbol.all if key and ANY not in key), None)


class Switch(NamedTuple):
    """A block of a template that would have printed something."""

    template: Template
    node: Node


DIRECT, EQUAL, PART, SUFFIX, SET = 50, 40, 20, 6, 5


def candidates(made: Marked, values: Values, name: str, feeds: list[Feed]) -> list[tuple[Key, Key, bool]]:
    """Keys that may feed a place, with what of its path is to be added, and whether the action prints them as is."""
    scope = chart_scope(name)
    found: dict[tuple[Key, Key], bool] = {}
    for feed in feeds:
        symbol = _symbol(made, scope, feed)
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


def _symbol(made: Marked, scope: Key, feed: Feed) -> Symbol:
    """What an action prints, read once."""
    known: Symbol | None = made.symbols.get((scope, feed.stack, feed.mark))
    if known is None:
        mark = made.marks[feed.mark]
        calls = calls_of(made, feed.stack, feed.mark)
        try:
            known = Reader(made).chain(scope, calls, mark.template, mark.node)
        except RecursionError:
            known = UNKNOWN
        made.symbols[(scope, feed.stack, feed.mark)] = known
    return known


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
    steps: list[Any] = (
        list(held) if isinstance(held, dict) else list(range(len(held))) if isinstance(held, list) else []
    )
    steps.sort(key=lambda step: step not in path)
    for step in steps[:SPELLED]:
        yield from spell(values, (*key[:at], step, *key[at + 1 :]), path)


def _score(values: Values, key: Key, path: Key, rendered: Any, *, direct: bool) -> float | None:
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
    elif _is_part(value, rendered):
        score += PART
    elif not direct or _is_long(rendered):
        return None
    score += SUFFIX * _common(key, path)
    # startupProbe and probes.startup
    score += sum(2 for step in key if isinstance(step, str) and len(step) > 2 and _named(step, path))
    if same or direct:
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
    if isinstance(value, (dict, list)) and isinstance(rendered, str):
        return bool(value) and _read(rendered) == value
    if isinstance(value, (dict, list)) or isinstance(rendered, (dict, list)):
        return bool(value == rendered)
    if isinstance(value, bool) or isinstance(rendered, bool):
        return str(value).lower() == str(rendered).lower()
    return str(value) == str(rendered)


def _is_part(value: Any, rendered: Any) -> bool:
    """Whether a text of one line has a value in it; in longer ones anything may be found."""
    if isinstance(value, (bool, dict, list)) or not isinstance(rendered, str) or _is_long(rendered):
        return False
    return len(str(value)) > 1 and str(value) in rendered


def _is_long(rendered: Any) -> bool:
    """Whether a value has several lines."""
    return isinstance(rendered, str) and "\n" in rendered.strip()


def _read(text: str) -> Any:
    """A text as YAML, None where it is none."""
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return None


def _named(step: str, path: Key) -> bool:
    """Whether a step of the path begins with this word."""
    return any(isinstance(other, str) and other.startswith(step) for other in path)
