"""`daira generate`: what is made from a source."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from daira.errors import UsageError


@click.command()
@click.argument("what", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where a file is stale, with what would change.")
def generate(what: tuple[str, ...], check: bool) -> None:
    """Make the files that are made from a source: schemas, documentation, manifests, compose file.

    WHAT is one of their names; without one it is everything. A file is written only where it changes, and removed where
    its source is gone.
    """
    from daira.generate.everything import WHAT, stale
    from daira.generate.files import write
    from daira.progress import Progress

    root = Path()
    if not (root / "charts" / "daira" / "Chart.yaml").is_file():
        raise UsageError("charts/daira is not here: run this at the top of DAIRA's repository")
    # on a terminal, where someone waits
    files = stale(root, what, Progress(quiet=not sys.stderr.isatty()))
    if check:
        for file in files:
            click.echo(file.diff, nl=False)
        if files:
            names = ", ".join(str(file.path) for file in files)
            click.echo(f"error: stale: {names}; `daira generate` makes them anew", err=True)
            raise SystemExit(1)
        click.echo(f"up to date: {', '.join(what or WHAT)}")
        return
    write(root, files)
    for file in files:
        click.echo(f"{file.verb:<7}  {file.path}")
    if not files:
        click.echo("nothing to do: every file is up to date")
