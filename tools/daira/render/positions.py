"""From a path in an object to the line and column of its text: looked for only where there is a finding.

Most manifests are plain block YAML, whose lines a scanner turns into an index in one pass. Whatever it is not sure
about (flow style over lines, anchors, tags, quoted text over lines, merge keys, …) is composed by libyaml, with marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from daira.render.goscalars import HINTS, TAG, key_text, resolve
from daira.render.linescan import FLOW, Entry, scan
from daira.render.read import Lines, head, spans
from daira.render.release import Object, Path, Source

Place = tuple[int, int]
SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def locate(source: Source, document: int, path: Path) -> Place:
    """Line and column, from 1, of a path in a document: of the key in a mapping, of the element in a list.

    Where the path leads nowhere, the place of its deepest part that is there. The last document's index is kept on the
    source.
    """
    return _kept(source, document).find(path)


def locate_all(item: Object, paths: Iterable[Path]) -> list[Place]:
    """Line and column, from 1, of each path in an object."""
    return [place_of(item, path) for path in paths]


def place_of(item: Object, path: Path) -> Place:
    """Line and column, from 1, of a path in an object. Ask object by object: the last one's places are remembered."""
    global _last
    if item.kind in SHAPED:
        if item.kind == "daira.dev/Template":
            return (path[1] + 1 if len(path) > 1 and isinstance(path[1], int) else 1), 1
        path = path[1:] if path[:1] == ("values",) else ()
    last, index = _last
    if last is not item or index is None:
        source = item.source
        if item.inside or item.document or source.cache or "---" in source.text:
            index = _kept(source, item.document)
        else:
            index = _Index(source.text, 1, 0)
        _last = item, index
    return index.find((*item.inside, *path) if item.inside else path)


# Files in a shape that project.py gives them.
SHAPED = ("daira.dev/Template", "daira.dev/Values")


class _Kept:
    """What is known of a text with several objects: where its documents are, their lines, the last one's index."""

    __slots__ = ("document", "index", "lines", "spans")

    def __init__(self, source: Source) -> None:
        self.spans = spans(source.text)
        counter = Lines(source.text)
        self.lines = [counter.at(start) for start, _ in self.spans]
        self.document = -1
        self.index: _Index


def _kept(source: Source, document: int) -> _Index:
    kept = source.cache
    if not isinstance(kept, _Kept):
        kept = source.cache = _Kept(source)
    if kept.document != document:
        text = source.text
        start, end = kept.spans[document] if document < len(kept.spans) else (0, len(text))
        line = kept.lines[document] if document < len(kept.lines) else 1
        # JSON may begin within a line
        kept.index = _Index(text[start:end], line, start - (text.rfind("\n", 0, start) + 1))
        kept.document = document
    return kept.index


class _Index:
    """The places of one document. first: its first line, from 1. start: in which column that begins, from 0."""

    __slots__ = ("first", "node", "root", "start", "text")

    def __init__(self, text: str, first: int, start: int) -> None:
        self.text = text = text.replace("\r\n", "\n") if "\r" in text else text
        self.first = first
        self.start = start
        self.node: Any = None
        self.root = scan(text)

    def find(self, path: Path) -> Place:
        """The place of a path."""
        if self.root is not None:
            line, column, child = 0, 0, self.root
            for step in path:
                if child is None:
                    break
                if child is FLOW:
                    return self._composed(path)
                entry = _step(child, step)
                if entry is None:
                    break
                line, column, child = entry
            return self._begin() if child is self.root else self._place(line if line >= 0 else ~line, column)
        return self._composed(path)

    def _place(self, line: int, column: int) -> Place:
        return self.first + line, column + 1 + (self.start if line == 0 else 0)

    def _begin(self) -> Place:
        """Where the document's first word stands."""
        place = head(self.text)
        if place >= len(self.text):
            return self._place(0, 0)
        return self._place(self.text.count("\n", 0, place), place - (self.text.rfind("\n", 0, place) + 1))

    def _composed(self, path: Path) -> Place:
        if self.node is None:
            self.node = compose(self.text)
        node = self.node
        if node is False:
            return self._begin()
        where = node.start_mark
        for step in path:
            found = child(node, step)
            if found is None:
                break
            where, node = found[0].start_mark, found[1]
        return self._place(where.line, where.column)


_last: tuple[Object | None, _Index | None] = (None, None)


def _step(child: Any, step: str | int) -> Entry | None:
    """The entry of a key or an index."""
    if type(child) is dict:
        entry: Entry | None = child.get(step)
        if entry is None and isinstance(step, str):
            for key, other in child.items():
                if key[:1] in HINTS and _key(key) == step:
                    entry = other
        return entry
    if type(step) is int and 0 <= step < len(child):
        element: Entry = child[step]
        return element
    return None


@lru_cache(maxsize=4096)
def _key(word: str) -> str | None:
    try:
        return key_text(resolve(word))
    except ValueError:
        return None


def compose(text: str) -> Any:
    """The document's node with its marks, False where it cannot be had."""
    import yaml

    loader = None
    try:
        # JSON writes a character beyond 16 bits as two escapes, which YAML does not know: as many other characters
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(SURROGATE.sub(r"\\u0020", text))
        loader.check_node()
        return loader.get_node() or False
    except yaml.YAMLError:
        return False
    finally:
        if loader is not None:
            loader.dispose()


def child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    """The node of a key and of its value; an element of a list is both. None where it is not there."""
    if node.id == "sequence":
        if isinstance(step, int) and 0 <= step < len(node.value):
            return node.value[step], node.value[step]
        return None
    if node.id != "mapping":
        return None
    # the last one counts, `<<` in its turn
    for key, value in reversed(node.value):
        if key.tag == f"{TAG}merge":
            for merged in value.value if value.id == "sequence" else [value]:
                found = child(merged, step) if isinstance(step, str) else None
                if found:
                    return found
        elif key.id == "scalar" and step == (key.value if key.style in ('"', "'") else _key(key.value)):
            return key, value
    return None
