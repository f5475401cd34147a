"""Changes of a values file's text: the lines that have to change and no others, so comments, order and quotes stay.

A round trip through a YAML library rewrites quotes, indentation and long lines of the whole file. Every edit here is
proved instead: the new text is read again, and is refused unless exactly what was meant has changed.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from daira.render.goscalars import resolve
from daira.render.goyaml import Refused
from daira.render.merge import MISSING, Layer, value_at
from daira.render.release import Path as Key
from daira.values.found import Edit, written
from daira.values.overrides import same

# What ends a line for YAML 1.1.
_LINE = re.compile("(?<=\n)|(?<=\r)(?!\n)|(?<=[\x85\u2028\u2029])")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")


def apply(text: str, edit: Edit) -> str | None:
    """The text with the edit, None where it can't be made without touching anything else."""
    layer = Layer("", text)
    if isinstance(layer.decoded, Refused) or layer.decoded.duplicates or layer.find(edit.key) is None:
        return None
    made = {"quote": _quote, "rename": _rename, "remove": _remove}[edit.kind](layer, edit)
    if made is None:
        return None
    after, wanted = Layer("", made), _wanted(layer, edit)
    if isinstance(after.decoded, Refused) or after.decoded.duplicates or after.decoded.rest != _rest(layer, after):
        return None
    loaded = after.decoded.data
    return made if (loaded is None or isinstance(loaded, dict)) and _identical(loaded or {}, wanted) else None


def _rest(layer: Layer, after: Layer) -> int | None:
    """Where a second document begins: in both or in neither."""
    both = not isinstance(layer.decoded, Refused) and not isinstance(after.decoded, Refused)
    return after.decoded.rest if both and layer.decoded.rest is not None else None  # type: ignore[union-attr]


def _identical(one: Any, other: Any) -> bool:
    return same(one, other) and repr(one) == repr(other) if not isinstance(one, dict) else same(one, other)


def _wanted(layer: Layer, edit: Edit) -> dict[str, Any]:
    """The values as they should be afterwards."""
    data = copy.deepcopy(layer.data)
    around = value_at(data, edit.key[:-1])
    if edit.kind == "quote":
        around[edit.key[-1]] = written(layer, edit.key)
        return data
    value = around.pop(edit.key[-1])
    if edit.kind == "rename":
        for length in range(len(edit.key) - 1, 0, -1):
            if edit.key[:length] != edit.to[:length]:
                _prune(data, edit.key[:length])
        node: Any = data
        for step in edit.to[:-1]:
            node = node.setdefault(step, {})
        node[edit.to[-1]] = value
    return data


def _prune(data: dict[str, Any], key: Key) -> None:
    """Take a mapping away that a move has emptied."""
    if value_at(data, key) == {}:
        value_at(data, key[:-1]).pop(key[-1])


def _lines(text: str) -> list[str]:
    return [line for line in _LINE.split(text) if line]


def _replaced(text: str, start: Any, end: Any, word: str) -> str:
    lines = _lines(text)
    line = lines[start.line]
    lines[start.line] = line[: start.column] + word + line[end.column :]
    return "".join(lines)


def _slice(text: str, node: Any) -> str:
    lines = _lines(text)
    start, end = node.start_mark, node.end_mark
    return lines[start.line][start.column : end.column] if start.line == end.line and start.line < len(lines) else ""


def _quote(layer: Layer, edit: Edit) -> str | None:
    found = layer.find(edit.key)
    word = written(layer, edit.key)
    if found is None or not word or _slice(layer.text, found[1]) != word:
        return None
    return _replaced(layer.text, found[1].start_mark, found[1].end_mark, f'"{word}"')


def _rename(layer: Layer, edit: Edit) -> str | None:
    found = layer.find(edit.key)
    if found is None or value_at(layer.data, edit.to) is not MISSING:
        return None
    name = _word(str(edit.to[-1]))
    if edit.key[:-1] != edit.to[:-1]:
        return _move(layer, edit)
    key = found[0]
    if _slice(layer.text, key).strip("\"'") != key.value:
        return None
    return _replaced(layer.text, key.start_mark, key.end_mark, name)


def _word(name: str) -> str:
    """A key as YAML writes it."""
    return name if _NAME.fullmatch(name) and resolve(name) == name else '"' + name.replace('"', '\\"') + '"'


def _remove(layer: Layer, edit: Edit) -> str | None:
    block = _block(layer, edit.key)
    if block is None:
        return None
    lines = _lines(layer.text)
    first, last = block
    first = _with_comment(lines, first)
    left = lines[:first]
    rest = lines[last + 1 :]
    if rest and not rest[0].strip() and (not left or not left[-1].strip()):
        rest = rest[1:]  # one blank line and not two where something stood between them
    return "".join(left + rest)


def _with_comment(lines: list[str], first: int) -> int:
    """The first line of a key with the comment right above it; one at the top of the file is the file's."""
    indent = len(lines[first]) - len(lines[first].lstrip())
    at = first
    while at > 0 and lines[at - 1].lstrip().startswith("#"):
        if len(lines[at - 1]) - len(lines[at - 1].lstrip()) != indent:
            break
        at -= 1
    return at if at > 0 else first


def _block(layer: Layer, key: Key) -> tuple[int, int] | None:
    """The first and last line of a key with its value, None where it shares its lines with something else."""
    found = layer.find(key)
    if found is None or not isinstance(key[-1], str):
        return None
    lines = _lines(layer.text)
    start = found[0].start_mark
    if start.line >= len(lines) or lines[start.line][: start.column].strip(" "):
        return None
    last = max(found[0].end_mark.line, _last(found[1]))
    while last > start.line and not lines[min(last, len(lines) - 1)].strip():
        last -= 1
    return start.line, min(last, len(lines) - 1)


def _last(node: Any) -> int:
    """The last line that belongs to a value: of a block the last line of what is last in it."""
    if node.id == "scalar" or node.flow_style or not node.value:
        end = node.end_mark
        ends_before = end.column == 0 and end.line > node.start_mark.line
        return int(end.line - 1 if ends_before else end.line)
    if node.id == "mapping":
        key, value = node.value[-1]
        return max(int(key.end_mark.line), _last(value))
    return max(int(node.start_mark.line), _last(node.value[-1]))


def _move(layer: Layer, edit: Edit) -> str | None:
    """Take a key's lines out and put them below another parent, which is made where it is not there."""
    block = _block(layer, edit.key)
    if block is None:
        return None
    lines = _lines(layer.text)
    first, last = block
    # a parent that holds nothing else goes along, down to what the new place shares with the old one
    outer = edit.key
    while len(outer) > 1 and outer[: len(outer) - 1] != edit.to[: len(outer) - 1]:
        around = value_at(layer.data, outer[:-1])
        if not isinstance(around, dict) or len(around) > 1:
            break
        outer = outer[:-1]
    cut = _block(layer, outer)
    if cut is None:
        return None
    start = _with_comment(lines, first)
    indent = len(lines[first]) - len(lines[first].lstrip(" "))
    moved = [line[indent:] if line[:indent].strip(" ") == "" else line for line in lines[start : last + 1]]
    if not moved[-1].endswith(("\n", "\r")):
        moved[-1] += "\n"
    at = first - start
    rest = moved[at][len(_slice(layer.text, layer.find(edit.key)[0])) :]  # type: ignore[index]
    moved[at] = _word(str(edit.to[-1])) + rest
    begin = _with_comment(lines, cut[0])
    remaining = "".join(lines[:begin] + lines[cut[1] + 1 :])
    return _inserted(remaining, edit.to, moved)


def _inserted(text: str, key: Key, block: list[str]) -> str | None:
    """A key's lines as the last of the mapping they go to."""
    layer = Layer("", text)
    if isinstance(layer.decoded, Refused):
        return None
    depth = next((n for n in range(len(key) - 1, 0, -1) if layer.find(key[:n])), 0)
    lines = _lines(text)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\n"
    indent, at = 0, len(lines)
    if depth:
        found = layer.find(key[:depth])
        parent = found[1] if found else None
        if parent is None or parent.id != "mapping" or parent.flow_style or not parent.value:
            return None
        indent, at = parent.value[0][0].start_mark.column, _last(parent) + 1
    made: list[str] = []
    for step in key[depth:-1]:
        made.append(f"{' ' * indent}{_word(str(step))}:\n")
        indent += 2
    made += [f"{' ' * indent}{line}" if line.strip() else line for line in block]
    if not depth and lines and lines[-1].strip():
        made.insert(0, "\n")
    return "".join(lines[:at] + made + lines[at:])
