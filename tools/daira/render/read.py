"""Texts of YAML or JSON as documents, read as kubectl reads them, and fast where that is known to be the same.

The fast parser (yaml-rs, YAML 1.2) reads what goyaml reads in plain texts; `ODD` finds everything where the two could
differ (tests/policy/test_read.py looks for a difference), and such documents go to goyaml. Problems are data: a broken
document does not keep its neighbours from being read.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from daira.render.jsontext import JSON_STARTS, json_objects

if TYPE_CHECKING:
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
            |[0-9]*+\.[0-9]+\.[0-9]|[0-9]*+\ ++[^\ \n\#:])
  | -(?![-\ \na-zA-Z/]|[1-9][0-9]{{0,17}}{CLOSED})
  | \.(?![/a-zA-Z]|\./) | \.(?i:inf|nan)
  | [+&*!%@`_] | << | :(?:[\ \n]|\Z)
  | \?(?:[\ \n]|\Z)
  | [|>](?![-+]?\ *+\n\ +[^\ \n])
  | "(?![^"\\\n]*+"\ *+(?:\n|\Z|\ \#|:[\ \n]))
  | '(?![^'\n]*+'\ *+(?:\n|\Z|\ \#|:[\ \n]))
  | (?:-\ ++){{4}}
  | \{{(?!\}}{CLOSED})
  | \[(?!\]{CLOSED}|(?:"[^"\\\n]*+"|{WORD})(?:,\ ?(?:"[^"\\\n]*+"|{WORD}))*+\]{CLOSED})
  )"""
ODD = re.compile(rf"[:\-\n](?:(?<=\n)|\ ){START}", re.VERBOSE)
PLAIN = bytes([10, *range(32, 127)])
# Characters beyond ASCII that are line breaks, marks or nothing printable for one parser or the other.
ODD_CHARACTER = "[^\n\x20-\x7e\xa0-\u1fff\u2010-\u2027\u2030-\ud7ff\ue000-\ufefe\uff00-\ufffc\U00010000-\U0010ffff]"
DEEP = " " * 100
MANY = 100
SEPARATOR = re.compile(r"^---(.*)\n?", re.MULTILINE)


def documents(text: str, file: str) -> tuple[list[Any], list[Problem]]:
    """Every document of a text, in the order of `spans`, and what is wrong.

    A document that is empty or broken is None. file: what problems name.
    """
    if text[:1] in JSON_STARTS:
        twice: list[tuple[int, str]] = []
        if (found := json_objects(text, twice)) is not None:
            made = [data for _, _, data in found]
            counter = Lines(text)
            return made, [_duplicate(file, counter.at(found[number][0]), 1, key) for number, key in twice]
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if not text.endswith("\n"):
        text += "\n"  # as kubectl's line reader does: a block scalar at the end sees it
    if "---" not in text:
        data = _fast(text)
        if data is not None:
            return [data], []
    made = []
    problems: list[Problem] = []
    lines = Lines(text)
    for start, end in spans(text):
        part = text[start:end]
        data = _fast(part)
        if data is None:
            data = _careful(part, lines.at(start), file, problems)
        made.append(data)
    if "---" in text:
        problems += _separators(text, file)
    return made, problems


def spans(text: str) -> list[tuple[int, int]]:
    """Where each document of a text starts and ends: kubectl cuts at lines that begin with `---`, then parses."""
    if text[:1] in JSON_STARTS and (found := json_objects(text)) is not None:
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


class Lines:
    """The lines of places in a text, each asked for after the one before it, so that none is counted twice."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.seen = 0
        self.line = 1

    def at(self, place: int) -> int:
        """The line, from 1, of a place in the text."""
        self.line += self.text.count("\n", self.seen, place)
        self.seen = place
        return self.line


def head(text: str, start: int = 0) -> int:
    """Where the first word of a document stands that begins at `start`: after blank lines and comments."""
    found = HEAD.match(text, start)
    return found.end() if found else start


HEAD = re.compile(r"(?:[ \t\ufeff]*+(?:\#[^\n]*+)?\r?\n)*+[ \t\ufeff]*+")


def _separators(text: str, file: str) -> list[Problem]:
    made = []
    lines = Lines(text)
    for cut in SEPARATOR.finditer(text):
        after = cut[1].strip()
        if after and not after.startswith("#"):
            line = lines.at(cut.start())
            said = f"`---` begins a new document and nothing else may stand on its line, but `{after[:40]}` does"
            made.append(Problem(file, line, 4, f"{said}: write it on a line of its own"))
    return made


@cache
def _odd_characters() -> re.Pattern[str]:
    return re.compile(ODD_CHARACTER)  # takes longer than reading a manifest, and most texts are ASCII


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
    elif _odd_characters().search(text):
        return False
    # the first line begins where no character stands before it
    return not (ODD.search(text) or DEEP in text or ODD.match("\n" + text[: text.find("\n") + 1]))


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


def _careful(part: str, first: int, file: str, problems: list[Problem]) -> Any:
    """A document by goyaml; what is wrong goes to `problems`. first: the document's first line, from 1."""
    from daira.render import goyaml  # most runs never need it

    try:
        found = goyaml.decode(part)
    except goyaml.Refused as refused:
        problems.append(Problem(file, first + refused.line, refused.column + 1, _sentence(refused, part)))
        return None
    for line, column, key in found.duplicates:
        problems.append(_duplicate(file, first + line, column + 1, key))
    if found.rest is not None:
        said = "nothing after `...` is read by kubectl: begin the next document with a line `---`"
        json_like = part.lstrip().startswith("{")
        if json_like:
            said = "something stands after the end of the JSON: remove it, or begin a new line with `---`"
        problems.append(Problem(file, first + found.rest, 1, said, "error" if json_like else "warning"))
    return found.data


def _duplicate(file: str, line: int, column: int, key: str) -> Problem:
    said = f"the key {key!r} is given twice in one mapping, and only the last one counts: remove one"
    return Problem(file, line, column, said, "warning")


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
