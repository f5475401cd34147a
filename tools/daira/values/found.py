"""What lint finds in values files, before it becomes a report; and what could be done about it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from daira.render.goyaml import Refused
from daira.render.merge import Layer, dotted
from daira.render.release import Path as Key


class Edit(NamedTuple):
    """A safe change of one file. quote: the bare scalar at `key`; rename: `key` is to be `to`; remove: `key` goes."""

    kind: Literal["quote", "rename", "remove"]
    key: Key
    to: Key = ()


class Found(NamedTuple):
    """One violation. line, column: from 1. environment: None for what concerns the chart's own files."""

    rule: str
    message: str
    key: Key
    file: str
    line: int
    column: int
    environment: str | None = None
    edit: Edit | None = None

    @property
    def place(self) -> tuple[object, ...]:
        """What two findings about the same have in common."""
        return (self.rule, self.file, self.line, self.column, self.key)


def at(rule: str, message: str, key: Key, layer: Layer, environment: str | None, edit: Edit | None = None) -> Found:
    """A finding at a key of a file, or its nearest parent there."""
    line, column = layer.line(key) or (1, 1)
    return Found(rule, message, key, layer.file, line, column, environment, edit)


def slips(layer: Layer, environment: str | None) -> list[Found]:
    """What is wrong with a file's YAML itself; with a `values-syntax` among them nothing else is known of it."""

    def found(rule: str, message: str, line: int, column: int, key: Key = ()) -> Found:
        return Found(rule, message, key, layer.file, line + 1, column + 1, environment)

    read = layer.decoded
    if isinstance(read, Refused):
        return [_refused(layer, read, environment)]
    made: list[Found] = []
    if read.data is not None and not isinstance(read.data, dict):
        what = "a list" if isinstance(read.data, list) else f"the single value {str(read.data)[:40]!r}"
        made.append(found("values-syntax", f"the file holds {what}; values are a mapping, as in `key: value`", 0, 0))
    for line, column, key in read.duplicates:
        made.append(
            found(
                "values-duplicate-key",
                f"`{key}` stands twice in this mapping; only this one counts",
                line,
                column,
                (key,),
            )
        )
    if read.rest is not None:
        said = "a second document begins here; Helm reads the first one only and ignores the rest"
        made.append(found("values-several-documents", said, read.rest, 0))
    return made


def _refused(layer: Layer, refused: Refused, environment: str | None) -> Found:
    lines = layer.text.split("\n")
    line, column, reason = refused.line, refused.column, refused.reason
    for number in (line, line - 1):
        words = lines[number] if 0 <= number < len(lines) else ""
        indent = words[: len(words) - len(words.lstrip())]
        if "\t" in indent:
            line, column, reason = number, indent.index("\t"), "a tab is in the indentation; YAML wants spaces there"
            break
    message = f"Helm cannot read this: {reason}"
    return Found("values-syntax", message, (), layer.file, line + 1, column + 1, environment)


def written(layer: Layer, key: Key) -> str | None:
    """A bare scalar's text as it is written, None for what is quoted, tagged, or no scalar."""
    found = layer.find(key)
    node: Any = found[1] if found else None
    if node is None or node.id != "scalar" or node.style or node.start_mark.line != node.end_mark.line:
        return None
    return str(node.value)


def quoted(layer: Layer, key: Key) -> str:
    """`"1.10" in quotes`, how a bare scalar should be written; "" where it is none."""
    word = written(layer, key)
    return f"`{dotted(key)}` is written without quotes: {word} is read as" if word else ""
