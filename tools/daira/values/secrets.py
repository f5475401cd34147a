"""Values that look like secrets. Nothing here returns the secret itself."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from daira.policy.facts.credentials import in_value, is_literal, is_reference
from daira.render.release import Path as Key

# So many characters and bits a character, and a text is no word any more: what is made at random is.
LONG, BITS = 24, 3.9
_RANDOM = re.compile(r"[A-Za-z0-9+/_=-]+")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
# Names of values that are long and random and no secret.
_OPEN = re.compile(
    r"(?i)(digest|hash|checksum|sha\d*|fingerprint|commit|revision|tag|uid|uuid|id|public|cert|certificate|bundle|"
    r"image|repository|version|annotations|dashboard|pattern|regex)s?$"
)


def leaves(data: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value that holds no other, with its key."""
    todo: list[tuple[Key, Any]] = [(key, data)]
    while todo:
        at, value = todo.pop()
        if isinstance(value, dict) and value:
            todo += [((*at, name), inner) for name, inner in reversed(value.items())]
        elif isinstance(value, list) and value:
            todo += [((*at, index), inner) for index, inner in reversed(list(enumerate(value)))]
        else:
            yield at, value


def named(data: dict[str, Any], key: Key) -> str:
    """What a value is called: its key, or the `name` beside it (an EnvVar's `value`)."""
    if key and key[-1] == "value":
        around: Any = data
        for step in key[:-1]:
            around = around[step]
        if isinstance(around, dict) and isinstance(around.get("name"), str):
            return str(around["name"])
    return next((step for step in reversed(key) if isinstance(step, str)), "")


def secret(name: str, value: Any, *, write_only: bool) -> str | None:
    """What sort of secret a value is, None where it looks like none. write_only: the schema says that it is one."""
    if isinstance(value, bool) or value is None or is_reference(name, value):
        return None
    if write_only and is_literal(value):
        return "a value that the schema marks as secret"
    found = in_value(name, value)
    if found:
        return f"a secret by its name `{name}`" if found == "a literal value" else found
    if isinstance(value, str) and random(value) and not _OPEN.search(name):
        return "a long random string, as keys and tokens are"
    return None


def random(text: str) -> bool:
    """Whether a text looks made at random: long, of one word, with letters and digits, and hardly a repetition."""
    if _HEX.fullmatch(text):
        return len(set(text)) > 8
    if len(text) < LONG or not _RANDOM.fullmatch(text) or text.count("/") > 2 or text.count("-") > 3:
        return False
    if not (re.search("[0-9]", text) and re.search("[a-z]", text) and re.search("[A-Z]", text)):
        return False
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) >= BITS
