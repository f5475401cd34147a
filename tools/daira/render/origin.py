"""From a place of a rendered object to the template's line that printed it, and to the values key that feeds it.

The chart is rendered a second time from a marked copy (render/marked.py), and only when somebody asks. What it prints
is compared with the first render: where both are the same text, or the same structure where only made-up values differ,
the answer is exact; else the template is searched for the path, and the answer is a guess and says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import yaml

from daira.render import marks, merge
from daira.render.gotemplate import Node, Template
from daira.render.helm import Job
from daira.render.marked import Ready, prepare
from daira.render.places import Place, places
from daira.render.release import Object, Release
from daira.render.release import Path as Key
from daira.render.values_key import Feed, Switch, ValuesKey, as_key, calls_of, choose, switch


@dataclass(frozen=True)
class Origin:
    """Where a place of an object comes from.

    file, line, column: of the template (or of the file it is read from), from 1. exact: proven, not a best guess.
    callers: file and line of each `include` it was printed through, the nearest first.
    key: the values key that feeds it, None where it is the template's own.
    """

    file: str
    line: int
    column: int
    exact: bool
    callers: tuple[tuple[str, int], ...] = ()
    key: ValuesKey | None = None


def prepare_all(releases: Sequence[Release]) -> None:
    """Have the marked renders of several releases made at the same time, before they are asked one by one."""
    charts: dict[Path, dict[int, Rendering]] = {}
    for release in releases:
        come = release.objects[0].source.origin if release.objects else None
        if isinstance(come, From) and not come.rendering.is_ready:
            charts.setdefault(come.rendering.job.chart, {})[id(come.rendering)] = come.rendering
    for group in charts.values():
        renderings = list(group.values())
        made = prepare([rendering.job for rendering in renderings], renderings[0].helm)
        for rendering, ready in zip(renderings, made, strict=True):
            rendering.set_ready(ready)


class From(NamedTuple):
    """What a Source of a chart holds: the render it is part of, and what Helm calls its template."""

    rendering: Rendering
    name: str


@dataclass
class _Document:
    """A rendered document and its marked twin. shift: where the twin begins in what its template printed.

    same: whether both are the same text, or the same structure with other made-up values.
    """

    places: dict[Key, Place]
    rendered: marks.Rendered
    shift: int
    same: bool


class Rendering:
    """One render of a chart, and everything that is found out about it later."""

    def __init__(self, job: Job, helm: Path) -> None:
        self.job = job
        self.helm = helm
        self._lock = Lock()
        self._ready: Ready | None = None
        self._documents: dict[tuple[int, int], _Document | None] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"job": self.job, "helm": self.helm}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["job"], state["helm"])  # type: ignore[misc]

    def prepare(self) -> Ready:
        """Render the marked copy, once. Safe to call from several threads; never raises for what a chart does."""
        with self._lock:
            if self._ready is None:
                self._ready = prepare([self.job], self.helm)[0]
        return self._ready

    @property
    def is_ready(self) -> bool:
        """Whether the marked copy was rendered already."""
        return self._ready is not None

    def set_ready(self, ready: Ready) -> None:
        """Take a marked render that was made together with others."""
        self._ready = ready

    def locate(self, item: Object, path: Key, *, keys: bool = True) -> Origin:
        """Where a path of an object comes from; of its nearest parent where the path does not exist.

        keys: look for the values key too.
        """
        ready = self.prepare()
        source = item.source
        name = source.origin.name if isinstance(source.origin, From) else ""
        whole = (*item.inside, *path)
        identity = (id(source), item.document)
        if identity not in self._documents:
            self._documents[identity] = _match(ready, name, item)
        document = self._documents[identity]
        if document is None:
            return _guess(ready, item, name, path)
        there = whole
        while there and there not in document.places:
            there = there[:-1]
        place = document.places.get(there)
        if place is None:
            return _guess(ready, item, name, path)
        rendered = merge.value_at(item.data, there[len(item.inside) :])
        found = _Found(document, name, whole, there, place, rendered)
        return _origin(ready, found, exact=document.same, keys=keys)


# --- a document and its twin ------------------------------------------------------------------------------------------


def _match(ready: Ready, name: str, item: Object) -> _Document | None:
    """Find an object's document in what the marked copy printed."""
    rendered = ready.rendered.get(name)
    if rendered is None:
        return None
    text = item.source.text
    try:
        own = places(text, item.document)
    except yaml.YAMLError:
        return None
    body = text.strip()
    at = rendered.text.find(body)
    if at >= 0:
        return _Document(own, rendered, at - text.index(body), same=True)
    # Made-up passwords, names or the time of day: the same object by name, else the only one with the same structure.
    found: list[tuple[bool, dict[Key, Place], int]] = []
    for match in re.finditer(r"(?:\A|^---[^\n]*\n)(?P<body>.*?)(?=^---|\Z)", rendered.text, re.MULTILINE | re.DOTALL):
        try:
            data = yaml.load(match["body"], Loader=yaml.CSafeLoader)
            twin = places(match["body"])
        except (yaml.YAMLError, ValueError):
            continue
        if isinstance(data, dict) and data.get("kind") == item.data.get("kind"):
            found.append((_identity(data) == _identity(item.data), twin, match.start("body")))
    named = [one for one in found if one[0]]
    for _, twin, start in named or found:
        if twin.keys() == own.keys():
            return _Document(twin, rendered, start, same=bool(named) or len(found) == 1)
    return _Document(named[0][1], rendered, named[0][2], same=False) if named else None


def _identity(data: dict[str, Any]) -> tuple[object, object, object]:
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return data.get("kind"), metadata.get("name"), metadata.get("namespace")


class _Found(NamedTuple):
    """A place that was asked for. path: all of it; there: as far as it exists; value: what is rendered there."""

    document: _Document
    name: str
    path: Key
    there: Key
    place: Place
    value: Any


def _origin(ready: Ready, found: _Found, *, exact: bool, keys: bool) -> Origin:
    document, place = found.document, found.place
    rendered = document.rendered
    piece = rendered.piece(place.start + document.shift)
    number, stack = rendered.pieces[piece] if piece >= 0 else (None, ())
    if number is None:
        if not stack:
            return Origin(ready.shown(""), 1, 1, exact=False)
        number = stack[-1]
    mark = ready.made.marks[number]
    offset = mark.offset
    if mark.node.sort == "text":
        offset += place.start + document.shift - rendered.starts[piece]
    line, column = mark.template.position(min(offset, mark.node.end))
    callers: list[tuple[str, int]] = []
    for outer in reversed(stack):
        if outer != number:
            caller = ready.made.marks[outer]
            place_of = (ready.shown(caller.template.file), caller.template.position(caller.offset)[0])
            if place_of not in callers[-1:] and place_of != (ready.shown(mark.template.file), line):
                callers.append(place_of)
    key = _key(ready, found) if keys else None
    return Origin(ready.shown(mark.template.file), line, column, exact, tuple(callers), key)


def _key(ready: Ready, found: _Found) -> ValuesKey | None:
    """The values key that feeds a place; of one that is missing, what feeds its parent or would have printed it."""
    if ready.values is None:
        return None
    document, place, there = found.document, found.place, found.there
    rendered = document.rendered
    first = rendered.piece(place.value + document.shift)
    last = rendered.piece(max(place.value, place.end - 1) + document.shift)
    feeds: list[Feed] = []
    span = range(max(first, 0), last + 1) if place.scalar or first == last else range(max(first, 0), first + 1)
    for index in span:
        number, stack = rendered.pieces[index]
        if number is None or ready.made.marks[number].node.sort == "text" or number in ready.made.calls:
            continue
        begins = rendered.starts[index]
        ends = rendered.starts[index + 1] if index + 1 < len(rendered.starts) else len(rendered.text)
        if not rendered.text[begins:ends].strip():
            continue
        inside = len(there)
        for length in range(len(there), 0, -1):
            anchor = document.places.get(there[:length])
            if anchor is None or not begins <= _begins(rendered.text, anchor, there[length - 1], document.shift) < ends:
                break
            inside = length - 1
        feeds.append(Feed(stack, number, there[inside:]))
    key = choose(ready.made, ready.values, found.name, feeds, found.there, found.value) if feeds else None
    if len(found.path) > len(there) and (key is None or not key.exact):
        return _switch(ready, ready.values, found) or key
    return key


def _begins(text: str, place: Place, step: str | int, shift: int) -> int:
    """Where a place begins, its dash, comma or bracket included where it is a list's item."""
    at = place.start + shift
    if isinstance(step, int):
        before = text[:at].rstrip()
        if before.endswith(("-", ",", "[")):
            return len(before) - 1
    return at


def _switch(ready: Ready, values: merge.Values, found: _Found) -> ValuesKey | None:
    """For a key that is missing: the values key of the block in the template that would have printed it."""
    document, there = found.document, found.there
    rendered, made = document.rendered, ready.made
    # The templates that printed what is beside it, and how far that is indented in them.
    beside: dict[int, tuple[int, tuple[int, ...], set[int]]] = {}
    for path, place in document.places.items():
        if path[:-1] != there or not path:
            continue
        piece = max(rendered.piece(place.start + document.shift), 0)
        number, stack = rendered.pieces[piece]
        if number is None or made.marks[number].node.sort != "text":
            continue
        mark = made.marks[number]
        _, column = mark.template.position(mark.offset + place.start + document.shift - rendered.starts[piece])
        calls = calls_of(made, stack, number)
        top = made.defines[calls[-1][2].name][1] if calls else mark.template.root
        beside.setdefault(id(top), (number, stack, set()))[2].add(column - 1)
    for number, stack, indents in beside.values():
        calls = calls_of(made, stack, number)
        template = made.marks[number].template
        top = made.defines[calls[-1][2].name][1] if calls else template.root
        block = _silent(template, top, str(found.path[len(there)]), indents)
        key = switch(made, values, found.name, calls, Switch(template, block)) if block else None
        if key:
            return as_key(values, key, exact=False)
    return None


def _silent(template: Template, top: Node, key: str, indents: set[int]) -> Node | None:
    """The block of a template that would print a key at one of these indentations."""
    wanted = re.compile(rf"^(?P<indent> *(?:- )?)[\"']?{re.escape(key)}[\"']?:", re.MULTILINE)
    for node in top.walk():
        if node.sort != "text":
            continue
        for match in wanted.finditer(template.text, node.start, node.end):
            block = node.parent
            while block is not None and block.sort == "else":
                block = block.parent
            if len(match["indent"]) in indents and block is not None and block.sort in ("if", "with", "range"):
                return block
    return None


# --- best guesses -----------------------------------------------------------------------------------------------------


def _guess(ready: Ready, item: Object, name: str, path: Key) -> Origin:
    """Without marks: a file that is no template is searched for the document, a template for the path's keys."""
    file = item.source.file
    try:
        text = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        inner = next((one for one in ready.made.templates if name.partition("/")[2] == one), None)
        text = ready.made.templates[inner].text if inner else ""
    at = text.find(item.source.text.strip())
    if at >= 0:  # crds/ and templates without any action
        found = places(item.source.text, item.document)
        there = (*item.inside, *path)
        while there and there not in found:
            there = there[:-1]
        start = at - item.source.text.index(item.source.text.strip()) + found[there].start if found else at
        line = text.count("\n", 0, start) + 1
        return Origin(file, line, start - text.rfind("\n", 0, start), exact=True)
    lines = text.splitlines()
    at = 0
    best = 0
    for step in path:
        if isinstance(step, int):
            continue
        pattern = re.compile(rf"^\s*(?:- )?[\"']?{re.escape(str(step))}[\"']?:")
        hit = next((number for number in range(at, len(lines)) if pattern.match(lines[number])), None)
        if hit is not None:
            best, at = hit, hit + 1
    return Origin(file, best + 1, 1, exact=False)
