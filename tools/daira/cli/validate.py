"""`daira validate`: objects against the schemas of Kubernetes and of custom resources."""

from __future__ import annotations

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
    "--kube-version",
    "kube_versions",
    multiple=True,
    metavar="VERSION",
    help="The Kubernetes version to validate for; repeatable. The newest known unless told; without a TARGET also the "
    "oldest that the chart supports.",
)
@click.option(
    "--schema-location",
    "schema_locations",
    multiple=True,
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    help="CRDs of kinds that neither Kubernetes nor daira knows; repeatable. CRDs of the input are used anyway.",
)
@click.option("--namespace", help="Where objects go that name no namespace; for a chart its own name unless told.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="warning",
    show_default=True,
    help="The least severity that makes the exit code 1; a kind without a schema is undecidable, which is an info.",
)
@reporting
def validate(targets: tuple[str, ...], **given: Any) -> None:
    """Validate charts, manifests or stdin strictly against Kubernetes' schemas, without any network.

    TARGET is a chart, a manifest file, a folder, or - for standard input. Without one it is charts/daira in every
    environment of values/. Exit codes: 0 valid, 1 findings, 2 wrong usage, 3 could not read or render, or there was no
    schema for any object.
    """
    from daira.validate.validate import Order, validate_all  # what is not needed for --help is imported when it runs

    raise SystemExit(validate_all(Order(targets=targets, **given)))
