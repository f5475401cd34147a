"""From a path in an object to the line and column of its text: looked for only where there is a finding.

Most manifests are plain block YAML, whose lines a scanner turns into an index in one pass. Whatever it is not sure
about (flow style over lines, anchors, tags, quoted text over lines, merge keys, …) is composed by libyaml, with marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from daira.render import goyaml
from daira.render.read import spans
from daira.render.release import Object, Path, Source

Place = tuple[int, int]
# line, column (from 0), and what is inside: a mapping's keys, a list's elements, or FLOW
Entry = list[Any]
FLOW = "flow"

# A line of block YAML: its indentation, dashes, a key, a value; or text without a key.
LINE = re.compile(
    r"""^(\ *+)((?:-(?:\ ++|$))*+)
    (?:([^\s:"'\#&*!|>%@`{}\[\],?<-][^:\n]*+|"[^"\\\n]*+"\ *+|'[^'\n]*+'\ *+):(?:\ ++([^\n]*+)|$)
    |([^\n]*+))$""",
    re.VERBOSE | re.MULTILINE,
)
BLOCK = re.compile(r"[|>][-+1-9]{0,2}\ *(?:\ \#.*)?")
QUOTED = re.compile(r"""(?:"[^"\\]*"|'[^']*')\ *(?:\ \#.*)?""")
EMPTY = re.compile(r"(?:\{\ *\}|\[\ *\])\ *(?:\ \#.*)?")
FLOW_LINE = re.compile(
    r"""(?:\[[^\[\]{}"'#&*!|>%@`]*\]|\["[^"\\\[\]]*"(?:,\ *"[^"\\]*")*\]|\{[^\[\]{}"'#&*!|>%@`]*\})\ *"""
)
# Line breaks for YAML 1.1, and what it may not hold in indentation
ODD = re.compile("[\t\r\x85\u2028\u2029\ufeff]")
SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def locate(source: Source, document: int, path: Path) -> Place:
    """Line and column, from 1, of a path in a document: of the key in a mapping, of the element in a list.

    Where the path leads nowhere, the place of its deepest part that is there. The index is kept on the source.
    """
    if source.cache is None or source.cache[0] != document:
        source.cache = (document, _Index(source, document))
    found: Place = source.cache[1].find(path)
    return found


def locate_all(item: Object, paths: Iterable[Path]) -> list[Place]:
    """Line and column, from 1, of each path in an object; nothing is kept."""
    if item.kind == "daira.dev/Template":
        return [_line(path) for path in paths]
    index = _Index(item.source, item.document)
    inside = item.inside
    return [index.find((*inside, *_in_file(item, path))) for path in paths]


def place_of(item: Object, path: Path) -> Place:
    """Line and column, from 1, of one path in an object; the index is kept on the object's source."""
    if item.kind == "daira.dev/Template":
        return _line(path)
    return locate(item.source, item.document, (*item.inside, *_in_file(item, path)))


def _in_file(item: Object, path: Path) -> Path:
    """A path in the shape that project.py gives to a file, as a path in the file."""
    if item.kind != "daira.dev/Values":
        return path
    return path[1:] if path[:1] == ("values",) else ()


def _line(path: Path) -> Place:
    """The place of ("lines", n) in a template."""
    return (path[1] + 1 if len(path) > 1 and isinstance(path[1], int) else 1), 1


class _Index:
    """The places of one document."""

    __slots__ = ("first", "node", "root", "start", "text")

    def __init__(self, source: Source, document: int) -> None:
        text, begin = source.text, 0
        if document or "---" in text or not text[:1].isalpha():
            parts = spans(text)
            begin, end = parts[document] if document < len(parts) else (0, len(text))
            text = text[begin:end]
        self.first = source.text.count("\n", 0, begin) + 1 if begin else 1
        # JSON may begin within a line
        self.start = begin - (source.text.rfind("\n", 0, begin) + 1)
        self.text = text
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
        for number, words in enumerate(self.text.split("\n")):
            stripped = words.lstrip(" \t\ufeff")
            if stripped and stripped[0] not in "#\r":
                return self._place(number, len(words) - len(stripped))
        return self._place(0, 0)

    def _composed(self, path: Path) -> Place:
        if self.node is None:
            self.node = _compose(self.text)
        node = self.node
        if node is False:
            return self._begin()
        where = node.start_mark
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            where, node = found
        return self._place(where.line, where.column)


def _step(child: Any, step: str | int) -> Entry | None:
    """The entry of a key or an index."""
    if type(child) is dict:
        entry: Entry | None = child.get(step)
        if entry is None and isinstance(step, str):
            for key, other in child.items():
                if key[:1] in goyaml.HINTS and _key(key) == step:
                    entry = other
        return entry
    if type(step) is int and 0 <= step < len(child):
        element: Entry = child[step]
        return element
    return None


def _key(word: str) -> str | None:
    try:
        return goyaml.key_text(goyaml.resolve(word))
    except ValueError:
        return None


def scan(text: str) -> Any:
    """The places of a document of plain block YAML, or None where that is not sure.

    A mapping is a dict of entries by key as it is written, a list is a list of entries, FLOW is not looked into.
    """
    if ODD.search(text):
        return None
    root: Entry = [0, 0, None]
    slot: Entry | None = root
    columns: list[int] = [-1]
    nodes: list[Any] = [None]
    skip = 1 << 30  # lines further in than this belong to the value above
    for number, found in enumerate(LINE.finditer(text)):
        spaces, dashes, key, value, other = found.groups()
        column = len(spaces)
        if column > skip or (other is not None and not dashes and (not other or other[0] == "#")):
            continue
        skip = 1 << 30
        if dashes:
            if other and other[0] == "#":
                other = ""
            rest = column + len(dashes)
            while dashes:
                while columns[-1] > column:
                    columns.pop()
                    nodes.pop()
                top = nodes[-1]
                if type(top) is not list or columns[-1] != column:
                    if slot is None or slot[2] is not None:
                        return None
                    top = slot[2] = []
                    if slot[0] < 0:
                        slot[0], slot[1] = number, column
                    columns.append(column)
                    nodes.append(top)
                after = dashes[1:].lstrip(" ")
                start = column
                column = rest - len(after)
                alone = column == rest and key is None and not other
                # an element that begins on a later line gets its place there
                slot = [~number, start + 1, None] if alone else [number, column, None]
                top.append(slot)
                dashes = after
                if column == rest and key is None and not alone:
                    child = _value(other)
                    if child is False:
                        return None
                    slot[2] = child
                    slot, skip = None, start
            if key is None:
                continue
        if key is None:
            return None
        while columns[-1] > column or (columns[-1] == column and type(nodes[-1]) is list):
            columns.pop()
            nodes.pop()
        top = nodes[-1]
        if columns[-1] != column:
            if slot is None or slot[2] is not None:
                return None
            top = slot[2] = {}
            if slot[0] < 0:
                slot[0], slot[1] = number, column
            columns.append(column)
            nodes.append(top)
        key = key.rstrip(" ")
        if key[0] in "\"'":
            key = key[1:-1]
        if value and value[0] != "#":
            first = value[0]
            child = None
            if first in SPECIAL:
                child = _value(value)
                if child is False:
                    return None
            if " #" in key:
                return None
            top[key] = [number, column, child]
            slot, skip = None, column
        else:
            slot = top[key] = [number, column, None]
    return root[2] if type(root[2]) is dict or type(root[2]) is list else None


SPECIAL = frozenset("\"'[{|>&*!%@`?,]}-")


def _value(value: str) -> Any:
    """What is inside of a value on its key's line: None, FLOW, or False where it may go on in other ways."""
    first = value[0]
    if first not in SPECIAL:
        return None
    if first in "\"'":
        return None if QUOTED.fullmatch(value) else False
    if first in "|>":
        return None if BLOCK.fullmatch(value) else False
    if first in "[{":
        if EMPTY.fullmatch(value):
            return None
        return FLOW if FLOW_LINE.fullmatch(value) else False
    return None if first == "-" and value[1:2] not in ("", " ") else False


def _compose(text: str) -> Any:
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


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    """Where a key or element of a node stands, and its own node."""
    if node.id == "sequence":
        if isinstance(step, int) and 0 <= step < len(node.value):
            return node.value[step].start_mark, node.value[step]
        return None
    if node.id != "mapping":
        return None
    # the last one counts, `<<` in its turn
    for key, value in reversed(node.value):
        if key.tag == f"{goyaml.TAG}merge":
            for merged in value.value if value.id == "sequence" else [value]:
                found = _child(merged, step) if isinstance(step, str) else None
                if found:
                    return found
        elif key.id == "scalar" and step == (key.value if key.style in ('"', "'") else _key(key.value)):
            return key.start_mark, value
    return None
