"""Reports to where they were asked for, and what went wrong to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from daira.errors import DairaError, UsageError
from daira.report import Options, Write, colored, reporter
from daira.report.result import Result

# So many problems are told on stderr; the reports have all.
TOLD = 10


def publish(result: Result, outputs: Sequence[tuple[str, Path | None]], *, quiet: bool, verbose: int) -> None:
    """Write every report of `outputs` (see report.outputs). Raises UsageError where a file can't be written."""
    for name, path in outputs:
        _write(name, path, result, quiet, verbose)
    if quiet or ("text", None) not in outputs:
        _tell(result)


def _write(name: str, path: Path | None, result: Result, quiet: bool, verbose: int) -> None:
    write = reporter(name)
    if path is None:
        _print(write, result, quiet, verbose)
        return
    try:
        with path.open("wb") as stream:
            write(result, stream, Options(quiet, verbose))
    except OSError as error:
        raise UsageError(f"the report can't be written to {path}: {error.strerror}") from error


def _print(write: Write, result: Result, quiet: bool, verbose: int) -> None:
    """To the standard output. Who reads may stop reading (`| head`): the exit code is what the check found."""
    if sys.stdout is None:  # closed by who started the program
        return
    color = colored(terminal=terminal(sys.stdout))
    try:
        write(result, sys.stdout.buffer, Options(quiet, verbose, color))
        sys.stdout.flush()
    except OSError as error:
        # what is still in the buffer goes nowhere, else Python complains at its end
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            said = f"the report can't be written to the standard output: {error.strerror}"
            raise DairaError(said) from error


def terminal(stream: TextIO) -> bool:
    """Whether a person looks at it."""
    return stream.isatty()


def _tell(result: Result) -> None:
    """Why the exit code is 3, where no report on the standard output says so."""
    for problem in result.problems[:TOLD]:
        print(f"error: {problem}", file=sys.stderr)
    if len(result.problems) > TOLD:
        print(f"error: {len(result.problems) - TOLD:,} more things could not be checked", file=sys.stderr)
    if not result.objects and not result.problems:
        what = "Kubernetes object" if result.subject == "object" else result.subject
        print(f"error: nothing was checked: there is no {what} in the input", file=sys.stderr)
