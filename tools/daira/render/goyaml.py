"""YAML as Kubernetes reads it: the rules of sigs.k8s.io/yaml (go-yaml v2, YAML 1.1), on top of libyaml's events.

This is the careful reader. It is right for every input and several times slower than the fast one (render/read.py),
which is used for texts where both say the same.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

# Deeper than any API of Kubernetes, and shallow enough that walking the data stays within Python's recursion limit.
MAX_DEPTH = 128
INT64_MIN, INT64_MAX, UINT64_MAX = -(2**63), 2**63 - 1, 2**64 - 1

WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
# First characters of a plain scalar that may be something else than a string.
HINTS = frozenset("yYnNtTfFoO~+-0123456789.")
NUMERIC = frozenset("+-0123456789")
INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
FRACTION = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?.*)?")
TAG = "tag:yaml.org,2002:"


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


def resolve(word: str) -> Any:
    """A plain scalar's value: None, bool, int, float or str (go-yaml v2's resolve.go)."""
    first = word[:1]
    if first and first not in HINTS:
        return word
    if word in WORDS:
        return WORDS[word]
    if first in NUMERIC:
        if DATE.fullmatch(word):
            return word
        return _number(word.replace("_", ""), word)
    if first == "." and FRACTION.fullmatch(word):
        return _float(word.replace("_", ""), word)
    return word


def _number(plain: str, word: str) -> Any:
    found = INTEGER.fullmatch(plain)
    if found:
        sign, base16, base2, base8, base10 = found.groups()
        for digits, base in ((base16, 16), (base2, 2), (base8, 8), (base10, 10)):
            if digits is not None and len(digits) < 70:
                value = int(digits, base)
                if sign == "-":
                    value = -value
                # an unsigned number with a sign is none for Go
                if INT64_MIN <= value <= (INT64_MAX if sign else UINT64_MAX):
                    return value
    return _float(plain, word) if FLOAT.fullmatch(plain) else word


def _float(plain: str, word: str) -> Any:
    value = float(plain)
    return word if math.isinf(value) else value


def _tagged(tag: str, word: str) -> Any:
    """A scalar with a tag of its own. Raises ValueError with what does not fit."""
    short = tag.removeprefix(TAG) if tag.startswith(TAG) else ""
    if short == "str":
        return word
    if short == "binary":
        try:
            return base64.b64decode(word.replace("\n", "").replace("\r", ""), validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise ValueError("a !!binary value holds invalid base64") from None
    if short not in ("bool", "int", "float", "null", "timestamp"):
        return word  # tags of others mean nothing to Kubernetes
    value = resolve(word)
    if short == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    kinds: dict[str, type] = {"bool": bool, "int": int, "float": float, "null": type(None)}
    fits = DATE.fullmatch(word) if short == "timestamp" else type(value) is kinds[short]
    if not fits:
        raise ValueError(f"`{word}` is no !!{short}")
    return value


def as_json(value: Any) -> Any:
    """A scalar's value after the way through JSON. Raises ValueError for what JSON has no number for."""
    if type(value) is float:
        if math.isnan(value) or math.isinf(value):
            raise ValueError("NaN and infinity are no values that Kubernetes can store")
        if value.is_integer() and abs(value) < 1e21:
            # JSON writes 12e3 as 12000, which is read back as an integer
            whole = int(Decimal(repr(value)))
            return whole if INT64_MIN <= whole <= INT64_MAX else value
    elif type(value) is int and not INT64_MIN <= value <= INT64_MAX:
        return float(value)
    return value


def key_text(value: Any) -> str:
    """A mapping's key as the string that JSON needs. Raises ValueError for one that cannot be."""
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int and value <= INT64_MAX:
        return str(value)
    if type(value) is float:
        return _float32(value)
    what = "null" if value is None else "a number this big" if type(value) is int else "a mapping or a list"
    raise ValueError(f"{what} cannot be a key")


def _float32(value: float) -> str:
    """Go's strconv.FormatFloat(value, 'g', -1, 32), and go-yaml's words for what is no number."""
    if math.isnan(value):
        return ".nan"
    try:
        packed = struct.pack("f", value)
    except OverflowError:
        packed = struct.pack("f", math.copysign(math.inf, value))
    (single,) = struct.unpack("f", packed)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    for digits in range(1, 10):
        short = f"{single:.{digits - 1}e}"
        if struct.pack("f", float(short)) == packed:
            break
    mantissa, _, exponent = short.partition("e")
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{power:+03d}"
    return format(Decimal(short), "f")


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
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(self.text)
            rest = self._events(loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = (mark.line, mark.column) if mark else (0, 0)
            context = f" {error.context}" if error.context else ""
            raise Refused(*where, f"{error.problem}{context}") from None
        except yaml.reader.ReaderError as error:
            raise self._unreadable(error) from None
        finally:
            if loader is not None:
                loader.dispose()
        return Decoded(self.root, self.duplicates, rest)

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
            value = _tagged(event.tag, word) if event.tag else resolve(word) if plain else word
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
