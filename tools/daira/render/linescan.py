"""The places of keys and elements in plain block YAML, by its lines and their indentation, in one pass."""

from __future__ import annotations

import re
from typing import Any

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
