"""The policy check from the command line's words to the reports and the exit code."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from daira import report
from daira.policy import baseline, engine, exemptions, inputs, selection
from daira.policy.catalog import catalog
from daira.report.publish import publish
from daira.report.result import Severity


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
    outputs = report.outputs(order.formats, order.files)
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
    publish(result, outputs, quiet=order.quiet, verbose=order.verbose)
    return result.exit_code(order.fail_on)


def _exemptions(order: Order, start: Path) -> exemptions.Exemptions:
    path = order.exemption_file or exemptions.discover(start)
    return exemptions.load(path) if path else exemptions.Exemptions()
