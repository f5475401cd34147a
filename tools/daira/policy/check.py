"""The policy check from the command line's words to the reports and the exit code."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from daira.policy import engine, exemptions, inputs, reporters, selection
from daira.policy.catalog import catalog
from daira.policy.rule import Severity


@dataclass(frozen=True)
class Order:
    """What `daira check` was told; see its --help. formats and files are paired by their order."""

    targets: tuple[str, ...]
    values: tuple[Path, ...]
    environments: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    kube_version: str | None
    namespace: str
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
    exempt = None if order.no_exemptions else _exemptions(order, given.start)
    known = None
    if order.baseline:
        from daira.policy import baseline  # only for those who have one

        known = baseline.load(order.baseline)
    result = engine.run(given.releases, given.project, rules, inputs.locate)
    result.problems += given.problems
    result.notes += given.notes
    if exempt is not None:
        today = datetime.datetime.now(tz=datetime.UTC).date()
        result.findings, notes = exemptions.apply(result.findings, exempt, given.releases, today)
        result.notes += notes
    if known is not None:
        from daira.policy import baseline

        baseline.leave_out(result, known)
    reporters.write_all(result, outputs, quiet=order.quiet, verbose=order.verbose)
    return result.exit_code(order.fail_on)


def _exemptions(order: Order, start: Path) -> exemptions.Exemptions:
    path = order.exemption_file or exemptions.discover(start)
    return exemptions.load(path) if path else exemptions.Exemptions()
