"""The policy check from the command line's words to the reports and the exit code."""

from __future__ import annotations

import datetime
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from daira.errors import DairaError, UsageError
from daira.policy import baseline, engine, exemptions, inputs, reporters, selection
from daira.policy.catalog import catalog
from daira.policy.result import Result
from daira.policy.rule import Severity

# So many problems are told on stderr; the reports have all.
TOLD = 10


@dataclass(frozen=True)
class Order:
    """What `daira check` was told; see its --help. formats and files are paired by their order."""

    targets: tuple[str, ...]
    values: tuple[Path, ...]
    environments: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    kube_version: str | None
    namespace: str | None
    exemption_file: Path | None
    no_exemptions: bool
    baseline: Path | None
    fail_on: Severity
    formats: tuple[str, ...]
    files: tuple[str, ...]
    quiet: bool
    verbose: int


def check_all(order: Order) -> int:
    """Run the check, write the reports, return the exit code: 0 clean, 1 findings, 3 nothing or not all was checked.

    Raises UsageError for wrong options and configuration, before anything is checked.
    """
    outputs = reporters.outputs(order.formats, order.files)
    for _, path in outputs:
        _look(path)
    rules = selection.select(catalog(), order.select, order.ignore)
    wanted = inputs.Wanted(
        targets=order.targets,
        values=order.values,
        environments=order.environments,
        namespace=order.namespace,
        project=any(rule.decides == "project" for rule in rules),
        **({"kube_version": inputs.version(order.kube_version)} if order.kube_version else {}),
    )
    given = inputs.gather(wanted)
    exempt = exemptions.Exemptions() if order.no_exemptions else _exemptions(order, given.start)
    known = baseline.load(order.baseline) if order.baseline else None
    result = engine.run(given.releases, given.project, rules, given.locate)
    result.problems += given.problems
    result.notes += given.notes
    if not order.no_exemptions:
        result.findings, notes = exemptions.apply(
            result.findings,
            exempt,
            given.releases,
            datetime.datetime.now(tz=datetime.UTC).date(),
            rules={rule.name for rule in rules},
            complete=not result.problems,
            locate=given.locate,
        )
        result.notes += notes
    if known is not None:
        baseline.leave_out(result, known)
    for name, path in outputs:
        _write(name, path, result, order)
    if order.quiet or ("text", None) not in outputs:
        _tell(result)
    return result.exit_code(order.fail_on)


def _write(name: str, path: Path | None, result: Result, order: Order) -> None:
    write = reporters.reporter(name)
    if path is None:
        _print(write, result, order)
        return
    try:
        with path.open("wb") as stream:
            write(result, stream, reporters.Options(order.quiet, order.verbose))
    except OSError as error:
        raise UsageError(f"the report can't be written to {path}: {error.strerror}") from error


def _print(write: reporters.Write, result: Result, order: Order) -> None:
    """To the standard output. Who reads may stop reading (`| head`): the exit code is what the check found."""
    if sys.stdout is None:  # closed by who started the program
        return
    color = reporters.colored(terminal=terminal(sys.stdout))
    try:
        write(result, sys.stdout.buffer, reporters.Options(order.quiet, order.verbose, color))
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


def _look(path: Path | None) -> None:
    """Whether a report can be written there, as far as that is known before the check."""
    if path is None or (path.parent.is_dir() and not path.is_dir()):
        return
    why = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}: make it first"
    raise UsageError(f"the report can't be written to {path}: {why}")


def _tell(result: Result) -> None:
    """Why the exit code is 3, where no report on the standard output says so."""
    for problem in result.problems[:TOLD]:
        print(f"error: {problem}", file=sys.stderr)
    if len(result.problems) > TOLD:
        print(f"error: {len(result.problems) - TOLD:,} more things could not be checked", file=sys.stderr)
    if not result.objects and not result.problems:
        print("error: nothing was checked: there is no Kubernetes object in the input", file=sys.stderr)


def _exemptions(order: Order, start: Path) -> exemptions.Exemptions:
    path = order.exemption_file or exemptions.discover(start)
    return exemptions.load(path) if path else exemptions.Exemptions()
