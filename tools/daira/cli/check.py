"""`daira check`: the policy check."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import click

from daira.cli.reporting import reporting


@click.command()
@click.argument("targets", nargs=-1)
@click.option(
    "-f",
    "--values",
    "values",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Values file of the charts; repeatable, merged in order.",
)
@click.option("--env", "environments", multiple=True, metavar="NAME", help="An environment of values/; repeatable.")
@click.option(
    "--select", multiple=True, metavar="RULE|GROUP", help="Only these rules; repeatable, commas and globs are fine."
)
@click.option("--ignore", multiple=True, metavar="RULE|GROUP", help="Not these rules; repeatable.")
@click.option(
    "--kube-version",
    "kube_version",
    metavar="VERSION",
    help="The Kubernetes version to judge for; the newest known unless told.",
)
@click.option("--namespace", help="Where objects go that name no namespace; for a chart its own name unless told.")
@click.option(
    "--exemptions",
    "exemption_file",
    type=click.Path(path_type=Path),
    help="Instead of the daira.exemptions.yaml found upwards from the target.",
)
@click.option("--no-exemptions", is_flag=True, help="Report everything, as if nothing were exempted.")
@click.option(
    "--baseline", type=click.Path(path_type=Path), help="A JSON report of an earlier run: only what is new is reported."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="warning",
    show_default=True,
    help="The least severity that makes the exit code 1; what is undecidable is an info.",
)
@reporting
def check(targets: tuple[str, ...], **given: Any) -> None:
    """Check charts, manifests or stdin against the rules.

    TARGET is a chart, a manifest file, a folder, or - for standard input. Without one it is charts/daira in every
    environment of values/. Exit codes: 0 clean, 1 findings, 2 wrong usage, 3 could not read or render, nothing checked.
    """
    collects = gc.isenabled()
    gc.disable()  # hardly anything becomes garbage before the run ends, and looking for some takes a tenth of its time
    try:
        from daira.policy.check import Order, check_all  # what is not needed for --help is imported when it runs

        raise SystemExit(check_all(Order(targets=targets, **given)))
    finally:
        if collects:
            gc.enable()
