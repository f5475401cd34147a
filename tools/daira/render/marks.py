"""The marks in what a marked chart renders (render/markers.py): what they are, and how they are read."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from daira.render.gotemplate import Node, Template, Term

# Private use: no chart holds these. `OPEN number SHUT` begins a piece, CLOSE ends an action's.
OPEN, SHUT, CLOSE = "\ue9f0", "\ue9f1", "\ue9f2"
MARK = re.compile(f"{OPEN}([0-9]+){SHUT}|{CLOSE}")
# Beside a template that other templates include by its path, the marked one is a file of its own.
BESIDE = ".daira-marks.yaml"
_RENDERED = re.compile(r'^# Source: (?P<source>.*)\n(?:.*\n){4}text: (?P<json>".*")$', re.MULTILINE)


class Mark(NamedTuple):
    """A piece of a template: text (a line, or what follows an action on it) or an action that prints."""

    template: Template
    offset: int
    node: Node


class Call(NamedTuple):
    """Which named template an action prints: its name, what it is given, and the node where that is said."""

    name: str
    argument: Term | None
    at: Node


@dataclass
class Marked:
    """What the marked copy holds: its changed files, and what its marks mean.

    calls: mark -> the named template that is printed there, so that the marks inside say more.
    symbols: what was found out about actions (render/symbols.py), kept.
    """

    files: dict[str, str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    templates: dict[str, Template] = field(default_factory=dict)
    defines: dict[str, tuple[Template, Node]] = field(default_factory=dict)
    calls: dict[int, Call] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    symbols: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendered:
    """What one template rendered: the text without the marks, and where each piece of it begins.

    pieces: for each start its mark (None: between two pieces) and the marks of the actions around it, outermost first.
    """

    text: str
    starts: tuple[int, ...]
    pieces: tuple[tuple[int | None, tuple[int, ...]], ...]

    def piece(self, offset: int) -> int:
        """The number of the piece that holds an offset, -1 before the first."""
        return bisect_right(self.starts, offset) - 1


def unmark(text: str, marks: list[Mark]) -> Rendered:
    """Take the marks out of a text."""
    plain: list[str] = []
    starts: list[int] = []
    pieces: list[tuple[int | None, tuple[int, ...]]] = []
    stack: tuple[int, ...] = ()
    at = length = 0
    for found in MARK.finditer(text):
        piece = text[at : found.start()]
        plain.append(piece)
        length += len(piece)
        at = found.end()
        number = int(found[1]) if found[1] else None
        if number is None:
            stack = stack[:-1]
        elif marks[number].node.sort != "text":
            stack = (*stack, number)
        starts.append(length)
        pieces.append((number, stack))
    plain.append(text[at:])
    return Rendered("".join(plain), tuple(starts), tuple(pieces))


def read(output: str, made: Marked) -> dict[str, Rendered]:
    """What the marked copy rendered, by the path that Helm's `# Source:` names."""
    found = {}
    for match in _RENDERED.finditer(output):
        found[match["source"].removesuffix(BESIDE)] = unmark(
            json.loads(match["json"]).replace("\r\n", "\n"), made.marks
        )
    return found
