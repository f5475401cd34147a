"""YAML as Kubernetes reads it: the rules of sigs.k8s.io/yaml (go-yaml v2, YAML 1.1), on top of libyaml's events.

This is the careful reader. It is right for every input and several times slower than the fast one (render/read.py),
which is used for texts where both say the same.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from daira.render.goscalars import TAG, as_json, key_text, resolve, tagged

# Deeper than any API of Kubernetes, and shallow enough that walking the data stays within Python's recursion limit.
MAX_DEPTH = 128


class Refused(Exception):  # noqa: N818 - says what happened
    """Kubernetes would not read this. line, column: from 0, in the text that was given. reason: a clause."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column
        self.reason = reason


class Decoded(NamedTuple):
    """What a text holds. duplicates: (line, column, key), from 0. rest: the line where what is not read begins."""

    data: Any
    duplicates: list[tuple[int, int, str]]
    rest: int | None


def decode(text: str) -> Decoded:
    """The first document of a text, as the data that its JSON would be. Raises Refused.

    Never recurses; what aliases stand for is shared, not copied, and bounded as go-yaml bounds it.
    """
    return _Decoder(text).run()


class _Node:
    """A value that an alias may stand for. size: how often go-yaml decodes for it. height: how deep it is."""

    __slots__ = ("done", "height", "size", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.size = 1
        self.height = 0
        self.done = False


class _Frame(_Node):
    """A mapping or list that is being read. waits: a key is there and its value is not."""

    __slots__ = ("column", "flow", "key", "line", "merged", "merging", "waits")

    def __init__(self, value: Any, event: Any) -> None:
        super().__init__()
        self.value = value
        self.flow = event.flow_style
        self.height = 1
        self.key = ""
        self.waits = self.merging = False
        self.merged: set[str] | None = None
        self.line, self.column = event.start_mark.line, event.start_mark.column


@cache
def _yaml() -> Any:
    import yaml

    return yaml


class _Decoder:
    def __init__(self, text: str) -> None:
        self.yaml = _yaml()
        self.text = text
        self.stack: list[_Frame] = []
        self.anchors: dict[str, _Node] = {}
        self.duplicates: list[tuple[int, int, str]] = []
        self.root: Any = None
        self.decoded = 1
        self.aliased = 0
        self.slashes = "\\/" in text

    def run(self) -> Decoded:
        yaml = self.yaml
        loader = None
        if not self.text.isascii():
            self._encodable()
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(self.text)
            rest = self._events(loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            context = f" {error.context}" if error.context else ""
            raise Refused(line, column, f"{error.problem}{context}") from None
        except yaml.reader.ReaderError as error:
            raise self._unreadable(error) from None
        finally:
            if loader is not None:
                loader.dispose()
        return Decoded(self.root, self.duplicates, rest)

    def _encodable(self) -> None:
        try:
            self.text.encode()
        except UnicodeEncodeError as error:
            before = self.text[: error.start]
            line, column = before.count("\n"), error.start - before.rfind("\n") - 1
            raise Refused(line, column, "half of a character (a lone surrogate) stands in the text") from None

    def _unreadable(self, error: Any) -> Refused:
        for line, words in enumerate(self.text.split("\n")):
            found = UNPRINTABLE.search(words)
            if found:
                return Refused(line, found.start(), f"a control character (U+{ord(found[0]):04X}) stands in the text")
        return Refused(0, 0, str(error.reason))

    def _events(self, loader: Any) -> int | None:
        yaml = self.yaml
        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        mapping, sequence = yaml.MappingStartEvent, yaml.SequenceStartEvent
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        while True:
            event = loader.get_event()
            kind = type(event)
            if kind is scalar:
                self._scalar(event)
            elif kind is mapping:
                self._open({}, event)
            elif kind is sequence:
                self._open([], event)
            elif kind in ends:
                frame = self.stack.pop()
                frame.done = True
                self._add(frame.value, frame, frame, alias=False)
            elif kind is alias:
                self._alias(event)
            elif kind is yaml.DocumentEndEvent:
                return _rest(loader, yaml, event)
            elif kind is yaml.StreamEndEvent:
                return None

    def _scalar(self, event: Any) -> None:
        word, mark = event.value, event.start_mark
        plain = event.implicit[0]
        self.decoded += 1
        self._older(event, word)
        try:
            if word == "<<" and (plain or event.tag == f"{TAG}merge") and self._key_expected():
                self.stack[-1].waits = self.stack[-1].merging = True
                return
            value = tagged(event.tag, word) if event.tag else resolve(word) if plain else word
            if not self._key_expected():
                value = as_json(value)
        except ValueError as error:
            raise Refused(mark.line, mark.column, str(error)) from None
        node = None
        if event.anchor:
            node = self.anchors[event.anchor] = _Node()
            node.value, node.done = value, True
        self._add(value, node, mark, alias=False)

    def _older(self, event: Any, word: str) -> None:
        """What libyaml reads since it was ported to Go, and Go does not."""
        mark = event.start_mark
        if self.slashes and event.style == '"' and SLASH.search(self.text[mark.index : event.end_mark.index]):
            raise Refused(mark.line, mark.column, "found unknown escape character `\\/` while parsing a quoted scalar")
        if "?" in word and not event.style and any(frame.flow for frame in self.stack):
            raise Refused(mark.line, mark.column, "a value inside of [] or {} holds a `?` and is not quoted")

    def _key_expected(self) -> bool:
        return bool(self.stack) and type(self.stack[-1].value) is dict and not self.stack[-1].waits

    def _open(self, value: Any, event: Any) -> None:
        self.decoded += 1
        frame = _Frame(value, event)
        if event.anchor:
            self.anchors[event.anchor] = frame
        self.stack.append(frame)
        if len(self.stack) > MAX_DEPTH:
            raise Refused(frame.line, frame.column, f"mappings and lists are nested more than {MAX_DEPTH} deep")

    def _alias(self, event: Any) -> None:
        mark, name = event.start_mark, event.anchor
        node = self.anchors.get(name)
        if node is None:
            raise Refused(mark.line, mark.column, f"the alias *{name} has no anchor &{name} before it")
        if not node.done:
            raise Refused(mark.line, mark.column, f"what the anchor &{name} names contains itself")
        self.decoded += 1 + node.size
        self.aliased += node.size
        if self.aliased > 100 and self.decoded > 1000 and self.aliased / self.decoded > _allowed(self.decoded):
            raise Refused(mark.line, mark.column, "aliases stand for far more than the text itself (an alias bomb)")
        if len(self.stack) + node.height > MAX_DEPTH:
            raise Refused(mark.line, mark.column, f"mappings and lists are nested more than {MAX_DEPTH} deep")
        self._add(node.value, node, mark, alias=True)

    def _add(self, value: Any, node: _Node | None, mark: Any, *, alias: bool) -> None:
        """Put a finished value where it belongs."""
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        top.size += (node.size if node else 1) + alias
        if node and node.height >= top.height:
            top.height = node.height + 1
        if type(top.value) is list:
            top.value.append(_plain_number(value) if alias else value)
        elif not top.waits:
            self._key(top, value, mark)
        elif top.merging:
            self._merge(top, value, mark, alias=alias)
        else:
            top.value[top.key] = _plain_number(value) if alias else value
            top.waits = False

    def _key(self, top: _Frame, value: Any, mark: Any) -> None:
        try:
            key = key_text(value)
        except ValueError as error:
            raise Refused(mark.line, mark.column, str(error)) from None
        if key in top.value:
            if top.merged and key in top.merged:
                top.merged.discard(key)
            else:
                self.duplicates.append((mark.line, mark.column, key))
        top.key, top.waits = key, True

    def _merge(self, top: _Frame, value: Any, mark: Any, *, alias: bool) -> None:
        """`<<`: what is merged wins over keys before it, and loses to those after it, as in go-yaml v2."""
        parts = value[::-1] if type(value) is list and not alias else [value]
        if not all(type(part) is dict for part in parts):
            raise Refused(mark.line, mark.column, "`<<` needs a mapping or a list of mappings")
        for part in parts:
            top.value.update(part)
            top.merged = (top.merged or set()) | part.keys()
        top.waits = top.merging = False


SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _plain_number(value: Any) -> Any:
    """An anchor on a key keeps the key's own number: as a value it takes the way through JSON."""
    return as_json(value) if type(value) in (float, int) else value


def _rest(loader: Any, yaml: Any, end: Any) -> int | None:
    """The line where a second document begins, None where nothing follows."""
    try:
        event = loader.get_event()
    except yaml.YAMLError:
        return int(end.end_mark.line) + 1
    return None if type(event) is yaml.StreamEndEvent else int(event.start_mark.line)


def _allowed(decoded: int) -> float:
    """Which share of the decoding may come from aliases (go-yaml's allowedAliasRatio)."""
    low, high = 400_000, 4_000_000
    if decoded <= low:
        return 0.99
    return 0.10 if decoded >= high else 0.99 - 0.89 * (decoded - low) / (high - low)
