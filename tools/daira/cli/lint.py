"""`daira lint`: values files against the chart's schemas, and what else is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daira.cli.reporting import reporting


@click.command()
@click.argument("chart", required=False, type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--values",
    "values",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Values file; repeatable, merged in order.",
)
@click.option("--env", "environments", multiple=True, metavar="NAME", help="An environment of values/; repeatable.")
@click.option("--fix", is_flag=True, help="First mend what is safe, comments and order kept, and say what was done.")
@click.option(
    "--dry-run", is_flag=True, help="With --fix: show the change as a diff, write nothing; 1 if there is one."
)
@click.option("--helm/--no-helm", default=True, show_default=True, help="Whether `helm lint` runs too.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="warning",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@reporting
def lint(chart: Path | None, **given: Any) -> None:
    """Check values files against a chart's schemas.

    CHART is a chart's folder or archive. Without one it is charts/daira in every environment of values/. Exit codes:
    0 clean, 1 findings, 2 wrong usage, 3 could not read, nothing checked.
    """
    from daira.values.lint import Order, lint_all  # what is not needed for --help is imported when it runs

    raise SystemExit(lint_all(Order(chart=chart, **given)))
