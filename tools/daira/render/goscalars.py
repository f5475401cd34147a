"""What a plain scalar is for Kubernetes: go-yaml v2's resolve.go, and the way through JSON of sigs.k8s.io/yaml."""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from decimal import Decimal
from typing import Any

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


def tagged(tag: str, word: str) -> Any:
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
