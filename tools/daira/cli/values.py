"""`daira values explain`: what a key means and who sets it."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def values() -> None:
    """What values mean, and where they come from."""


@values.command()
@click.argument("key")
@click.argument("chart", required=False, type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--values",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Values file; repeatable, merged in order.",
)
@click.option("--env", "environments", multiple=True, metavar="NAME", help="Only this environment; repeatable.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(key: str, chart: Path | None, files: tuple[Path, ...], environments: tuple[str, ...], form: str) -> None:
    """Explain KEY: its meaning, what it may be, its default, and which file sets it to what in each environment.

    KEY is dotted, as in backend.image.tag. CHART is charts/daira unless told.
    """
    from daira.values import explain as found

    told = found.explained(key, chart, environments, files)
    if form == "text":
        click.echo(found.text(told))
        return
    from daira.report.json import dumps

    click.echo(dumps(told).decode())
