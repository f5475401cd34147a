"""JSON as kubectl reads it: a stream of objects, before it is tried as YAML."""

from __future__ import annotations

import re
from typing import Any

JSON_STARTS = ("{", " ", "\t", "\r", "\n")
BLANK = re.compile(r"[ \t\r\n]*")
LONE = re.compile("[\ud800-\udfff]")


def json_objects(text: str, twice: list[tuple[int, str]] | None = None) -> list[tuple[int, int, Any]] | None:
    """The objects of a JSON stream with where each starts and ends, or None where the text is none.

    twice: gets the keys that are given twice, with the number of their object.
    """
    if not text.lstrip(" \t\r\n").startswith("{"):
        return None
    import json

    made: list[tuple[int, int, Any]] = []

    def pairs(held: list[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(held)
        if len(data) < len(held) and twice is not None:
            seen: set[str] = set()
            for key, _ in held:
                if key in seen:
                    twice.append((len(made), key))
                seen.add(key)
        return data

    decoder = json.JSONDecoder(
        parse_constant=_no_constant, parse_float=_json_float, parse_int=_json_int, object_pairs_hook=pairs
    )
    place = 0
    try:
        while True:
            place = BLANK.match(text, place).end()  # type: ignore[union-attr]
            if place == len(text):
                break
            data, end = decoder.raw_decode(text, place)
            made.append((place, end, data))
            place = end
    except (ValueError, RecursionError):
        return None
    if "\\" in text:
        written = [json.dumps(data, ensure_ascii=False) for _, _, data in made]
        made = [(*one[:2], json.loads(LONE.sub("\ufffd", words))) for one, words in zip(made, written, strict=True)]
    return made if all(_shallow(data) for _, _, data in made) else None


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def _json_int(word: str) -> int | float:
    value = int(word) if len(word) < 30 else float(word)
    return value if -(2**63) <= value < 2**63 else float(value)


def _json_float(word: str) -> float:
    value = float(word)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{word} is too big")
    return value


def _shallow(data: Any) -> bool:
    """Whether data is nested no deeper than goyaml allows."""
    from daira.render.goyaml import MAX_DEPTH

    level = [data]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return True
    return False
