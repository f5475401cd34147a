"""The options of every command that reports findings: formats and files, how much is said, and colour."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import click

FORMATS = ("text", "json", "sarif", "junit", "github")


def reporting(command: Callable[..., None]) -> Callable[..., None]:
    """--format, --output, -q, -v, --no-color; the command gets `formats`, `files`, `quiet` and `verbose`."""

    @click.option(
        "--format",
        "formats",
        multiple=True,
        type=click.Choice(FORMATS),
        help="How the report is written; text unless told. May be repeated, each with its --output.",
    )
    @click.option(
        "-o",
        "--output",
        "files",
        multiple=True,
        metavar="FILE",
        help="Where the report goes; standard output unless told.",
    )
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors and the result.")
    @click.option("-v", "--verbose", count=True, help="More detail; -vv shows tracebacks.")
    @click.option("--no-color", is_flag=True, help="No colour, as with NO_COLOR in the environment.")
    @functools.wraps(command)
    def wrapped(*, no_color: bool, **given: Any) -> None:
        if no_color:
            os.environ["NO_COLOR"] = "1"
        command(**given)

    return wrapped
