"""Reporters turn a Result into bytes; nothing else prints findings. Each is imported when it is used."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from daira.errors import UsageError
from daira.report.result import Result

# format -> module of this package that has a `write`
FORMATS = {"text": "text", "json": "json", "sarif": "sarif", "junit": "junit", "github": "github"}


class Options(NamedTuple):
    """How to say it. quiet: only the summary. verbose: how often -v was given. color: with escape sequences.

    quiet, verbose and color are text's; the other formats always hold everything.
    """

    quiet: bool = False
    verbose: int = 0
    color: bool = False


Write = Callable[[Result, BinaryIO, Options], None]


def reporter(name: str) -> Write:
    """The function that writes a format of FORMATS."""
    write: Write = importlib.import_module(f"daira.report.{FORMATS[name]}").write
    return write


def outputs(formats: Sequence[str], files: Sequence[str | Path]) -> list[tuple[str, Path | None]]:
    """Which format goes where: --format and --output are paired by their position; None is stdout, also written "-".

    One format without a file goes to stdout, and so does text when none is asked for. Raises UsageError for an unknown
    format, for formats and files that don't pair up, and where two reports would get into one another.
    """
    wanted = list(formats) or ["text"]
    for name in wanted:
        if name not in FORMATS:
            raise UsageError(f"there is no format {name!r}; the formats are {', '.join(FORMATS)}")
    places = [None if str(file) == "-" else Path(file) for file in files]
    if not places and len(wanted) == 1:
        places = [None]
    if len(places) != len(wanted):
        raise UsageError(
            f"--format is there {len(wanted)} times and --output {len(places)} times: several reports need one "
            "--output each, in the same order; `--output -` is the standard output"
        )
    taken: set[Path | None] = set()
    for place in places:
        # two names of one file are one place
        at = place.absolute() if place else None
        if at in taken:
            where = f"the file {place}" if place else "the standard output"
            raise UsageError(f"two reports would be mixed in {where}; give each an --output of its own")
        taken.add(at)
    for place in places:
        _look(place)
    return list(zip(wanted, places, strict=True))


def _look(path: Path | None) -> None:
    """Whether a report can be written there, as far as that is known before the check."""
    if path is None or (path.parent.is_dir() and not path.is_dir()):
        return
    why = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}: make it first"
    raise UsageError(f"the report can't be written to {path}: {why}")


def colored(*, terminal: bool, no_color: bool = False) -> bool:
    """Whether to use colour: only on a terminal that can, and not where the user says no (no-color.org)."""
    return terminal and not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
