"""Annotations of GitHub Actions: workflow commands that the runner shows at the lines of a pull request."""

from __future__ import annotations

from typing import BinaryIO

from daira.report import Options
from daira.report.grouping import about, environments, grouped, values
from daira.report.result import Problem, Result

LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def write(result: Result, stream: BinaryIO, options: Options) -> None:
    """Write one line for each finding that counts, problem and note; the same one across environments is one line."""
    for group in grouped(result.counted):
        first = group[0]
        message = f"{about(first)}{first.message}"
        key = values(group)
        more = [
            "undecidable" if first.status == "undecidable" else "",
            environments(group),
            f"set by {key}" if key else "",
            "the line is a best guess" if first.guess else "",
        ]
        if any(more):
            message += f" ({'; '.join(part for part in more if part)})"
        if first.status == "fail":
            message += f"\n{result.catalog[first.rule].fix}"
        level = LEVELS[first.severity]
        stream.write(_command(level, message, first.rule, first.file, first.line, first.column))
    for told, level, title in ((result.problems, "error", "could not be checked"), (result.notes, "warning", "note")):
        for one in told:
            stream.write(_told(one, level, f"{result.command}: {title}"))


def _told(one: Problem, level: str, title: str) -> bytes:
    return _command(level, one.message, title, one.file, one.line, one.column)


def _command(level: str, message: str, title: str, file: str, line: int, column: int) -> bytes:
    places = {
        "file": file if file != "-" else "",
        "line": str(line or "") if file else "",
        "col": str(column or "") if file and line else "",
        "title": title,
    }
    properties = ",".join(f"{name}={_property(value)}" for name, value in places.items() if value)
    return f"::{level} {properties}::{_data(message)}\n".encode("utf-8", "replace")


def _data(text: str) -> str:
    """What actions/toolkit does to a message: without it a line break would end it, or start another command."""
    if text.isprintable():
        return text.replace("%", "%25")
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    # other characters that a runner may take for the end of a line
    return "".join(" " if char in "\v\f\x1c\x1d\x1e\x85\u2028\u2029" else char for char in escaped)


def _property(text: str) -> str:
    """A property's value: what ends one is escaped too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
