"""Kubernetes' quantities ("100m", "1.5Gi", "1e3"), read exactly as apimachinery's resource.ParseQuantity reads them."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_TEXT = re.compile(
    r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)|[eE]([+-]?[0-9]+))?",
    re.ASCII,
)
_SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    **{suffix: Fraction(1024**power) for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}
# Kubernetes caps what is larger; beyond it the exact value means nothing any more.
_LONGEST = 100
_LARGEST_EXPONENT = 40
_LARGEST = 10**60

NAMES = {"cpu": "CPU", "memory": "memory", "ephemeral-storage": "ephemeral storage"}


def quantity(value: object) -> Fraction | None:
    """The amount a quantity stands for (cores, bytes, pieces); None when it is none.

    Numbers are quantities too: the API server reads them by their digits. Booleans, null and "" are none.
    """
    if isinstance(value, str):
        return _read(value) if len(value) <= _LONGEST else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Fraction(max(-_LARGEST, min(_LARGEST, value)))
    if isinstance(value, float):
        return _read(repr(value))  # NaN and infinity are no quantities
    return None


@lru_cache(maxsize=4096)
def _read(value: str) -> Fraction | None:
    found = _TEXT.fullmatch(value)
    if found is None:
        return None
    sign, whole, after, bare, suffix, exponent = found.groups()
    decimals = bare or after or ""
    amount = Fraction(int((whole or "0") + decimals), 10 ** len(decimals))
    if suffix:
        amount *= _SUFFIXES[suffix]
    elif exponent:
        power = max(-_LARGEST_EXPONENT, min(_LARGEST_EXPONENT, int(exponent)))
        amount *= Fraction(10) ** power
    return -amount if sign == "-" else amount


def said(value: object) -> str:
    """A value as a message shows it: short, and harmless whatever it is."""
    if isinstance(value, str):
        return value if len(value) <= 60 else value[:57] + "…"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return str(value) if not isinstance(value, int) or value.bit_length() < 200 else "a huge number"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "no text"
