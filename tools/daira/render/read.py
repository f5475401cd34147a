"""Texts of YAML or JSON as documents, read as kubectl reads them, and fast where that is known to be the same.

The fast parser (yaml-rs, YAML 1.2) reads what goyaml reads in plain texts; `ODD` finds everything where the two could
differ (tests/policy/test_read.py looks for a difference), and such documents go to goyaml. Problems are data: a broken
document does not keep its neighbours from being read.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Literal, NamedTuple

from daira.render import goyaml


class Problem(NamedTuple):
    """Something in a file that the user has to know. line, column: from 1, or 0 where the file as a whole is meant."""

    file: str
    line: int
    column: int
    sentence: str
    severity: Literal["error", "warning"] = "error"


# What can be read in two ways, at the places where a scalar starts: after ": ", "- " or at the beginning of a line. The
# pattern begins with a character class, which makes the search fast.
END = r"(?=\ *+(?:\n|:|\#|\Z))"
CLOSED = r"\ *+(?:\n|\Z|\ \#)"
WORD = r"(?!(?:true|false|null|True|TRUE|False|FALSE|Null|NULL|yes|Yes|YES|off|Off|OFF)\b)[A-Za-z][A-Za-z0-9/._-]{2,}"
START = rf"""\ *+(?:
    (?:[yYnN~]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF|True|TRUE|False|FALSE|Null|NULL){END}
  | (?:true|false|null)\ *+:
  | [0-9](?!(?<=0){CLOSED}|(?<=[1-9])[0-9]{{0,17}}{CLOSED}|[0-9.]*+(?:[ac-df-np-wyzACDF-NP-WYZ%/-]|:[^\ \n])
            |[0-9]*+\.[0-9]+\.[0-9])
  | -(?![-\ \na-zA-Z/]|[1-9][0-9]{{0,17}}{CLOSED})
  | \.(?![/a-zA-Z]|\./) | \.(?i:inf|nan)
  | [+&*!%@`_] | << | :(?:[\ \n]|\Z)
  | \?(?:[\ \n]|\Z)
  | [|>](?![-+]?\ *+\n\ +[^\ \n])
  | "(?![^"\\\n]*+"\ *+(?:\n|\Z|\ \#|:[\ \n]))
  | '(?![^'\n]*+'\ *+(?:\n|\Z|\ \#|:[\ \n]))
  | \{{(?!\}}{CLOSED})
  | \[(?!\]{CLOSED}|(?:"[^"\\\n]*+"|{WORD})(?:,\ ?(?:"[^"\\\n]*+"|{WORD}))*+\]{CLOSED})
  )"""
ODD_START = re.compile(START, re.VERBOSE)
ODD = re.compile(rf"[:\-\n](?:(?<=\n)|\ ){START}", re.VERBOSE)
PLAIN = bytes([10, *range(32, 127)])
# Characters beyond ASCII that are line breaks, marks or nothing printable for one parser or the other.
ODD_CHARACTER = re.compile(
    "[^\n\x20-\x7e\xa0-\u1fff\u2010-\u2027\u2030-\ud7ff\ue000-\ufefe\uff00-\ufffc\U00010000-\U0010ffff]"
)
DEEP = " " * 100
SEPARATOR = re.compile(r"^---(.*)\n?", re.MULTILINE)


def documents(text: str, file: str) -> tuple[list[Any], list[Problem]]:
    """Every document of a text, in the order of `spans`, and what is wrong.

    A document that is empty or broken is None. file: what problems name.
    """
    if text[:1] in JSON_STARTS and (found := _json(text)) is not None:
        return [data for _, _, data in found], []
    if not text.endswith("\n"):
        text += "\n"  # as kubectl's line reader does: a block scalar at the end sees it
    if "---" not in text:
        data = _fast(text)
        if data is not None:
            return [data], []
    made: list[Any] = []
    problems: list[Problem] = []
    for start, end in spans(text):
        part = text[start:end]
        data = _fast(part)
        if data is None:
            data = _careful(part, text, start, file, problems)
        made.append(data)
    if "---" in text:
        problems += _separators(text, file)
    return made, problems


def spans(text: str) -> list[tuple[int, int]]:
    """Where each document of a text starts and ends: kubectl cuts at lines that begin with `---`, then parses."""
    if text[:1] in JSON_STARTS and (found := _json(text)) is not None:
        return [(start, end) for start, end, _ in found]
    made: list[tuple[int, int]] = []
    start = 0
    if "---" in text:
        for cut in SEPARATOR.finditer(text):
            if cut.start():
                made.append((start, cut.start()))
            start = cut.end()
    made.append((start, len(text)))
    return made


def document_line(text: str, document: int) -> int:
    """The line, from 1, where a document's first word stands."""
    start = spans(text)[document][0]
    blank = HEAD.match(text, start)
    return text.count("\n", 0, blank.end() if blank else start) + 1


HEAD = re.compile(r"(?:\s+|#[^\n]*\n)*")


def _separators(text: str, file: str) -> list[Problem]:
    made = []
    for cut in SEPARATOR.finditer(text):
        after = cut[1].strip()
        if after and not after.startswith("#"):
            line = text.count("\n", 0, cut.start()) + 1
            said = f"`---` begins a new document and nothing else may stand on its line, but `{after[:40]}` does"
            made.append(Problem(file, line, 4, f"{said}: write it on a line of its own"))
    return made


@cache
def _loads() -> Any:
    """The fast parser, or None where it is not installed."""
    try:
        import yaml_rs
    except ImportError:
        return None
    policy = yaml_rs.DuplicateKeyPolicy.Error

    def loads(text: str) -> Any:
        return yaml_rs.loads(text, parse_datetime=False, duplicate_key_policy=policy)

    return loads


def is_plain(text: str) -> bool:
    """Whether every parser reads the same in a document."""
    if text.isascii():
        if text.encode().translate(None, PLAIN):
            return False
    elif ODD_CHARACTER.search(text):
        return False
    return not (ODD.search(text) or ODD_START.match(text) or DEEP in text)


def _fast(text: str) -> Any:
    """A document by the fast parser; None where it must not, could not, or found nothing."""
    loads = _loads()
    if loads is None or not is_plain(text):
        return None
    try:
        return loads(text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        return None  # also for a panic of the Rust code, which is no Exception: goyaml says what is wrong


def _careful(part: str, text: str, start: int, file: str, problems: list[Problem]) -> Any:
    """A document by goyaml; what is wrong goes to `problems`."""
    first = text.count("\n", 0, start) + 1
    try:
        found = goyaml.decode(part.replace("\r\n", "\n"))
    except goyaml.Refused as refused:
        problems.append(Problem(file, first + refused.line, refused.column + 1, _sentence(refused, part)))
        return None
    for line, column, key in found.duplicates:
        said = f"the key {key!r} is given twice in one mapping, and only the last one counts: remove one"
        problems.append(Problem(file, first + line, column + 1, said, "warning"))
    if found.rest is not None:
        said = "nothing after `...` is read by kubectl: begin the next document with a line `---`"
        json_like = part.lstrip().startswith("{")
        if json_like:
            said = "something stands after the end of the JSON: remove it, or begin a new line with `---`"
        problems.append(Problem(file, first + found.rest, 1, said, "error" if json_like else "warning"))
    return found.data


ADVICE = (
    ("found character that cannot start any token", "quote the value, and indent with spaces instead of tabs"),
    ("mapping values are not allowed", "quote a value that holds `: `, or correct the indentation"),
    ("could not find expected ':'", "write `key: value`, or correct the indentation"),
    ("did not find expected", "correct the indentation or the quotes around this place"),
    ("quoted scalar", "close the quotes"),
    ("control character", "is this a binary file? remove the character"),
    ("nested more than", "no object of Kubernetes is that deep"),
    ("alias bomb", "write the values out"),
    ("cannot be a key", "write the key as a string, in quotes"),
    ("NaN and infinity", "write a number, or a string in quotes"),
)


def _sentence(refused: goyaml.Refused, text: str) -> str:
    """What is wrong and what to do, in one sentence."""
    line = text.split("\n")[refused.line] if refused.line <= text.count("\n") else ""
    if "{{" in line or ("{{" in text and "}}" in text and "{{" in text.partition("\n")[0]):
        return "this is a Helm template and no manifest (`{{`): give the chart's folder instead of the file"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return f"{refused.reason}: indent with spaces, YAML allows no tabs there"
    advice = next((advice for part, advice in ADVICE if part in refused.reason), "correct the YAML at this place")
    return f"{refused.reason}: {advice}"


JSON_STARTS = ("{", " ", "\t", "\r", "\n")
BLANK = re.compile(r"[ \t\r\n]*")
LONE = re.compile("[\ud800-\udfff]")


def _json(text: str) -> list[tuple[int, int, Any]] | None:
    """The objects of a JSON stream with where each starts and ends, or None where the text is none."""
    if not text.lstrip(" \t\r\n").startswith("{"):
        return None
    decoder = json.JSONDecoder(parse_constant=_no_constant, parse_float=_json_float, parse_int=_json_int)
    made: list[tuple[int, int, Any]] = []
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
    level = [data]
    for _ in range(goyaml.MAX_DEPTH + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return True
    return False
