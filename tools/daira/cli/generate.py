"""`daira generate`: what is made from a source."""

from __future__ import annotations

from pathlib import Path

import click

from daira.errors import UsageError


@click.command()
@click.argument("what", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where a file is stale, with what would change.")
def generate(what: tuple[str, ...], check: bool) -> None:
    """Make the files that are made from a source: schemas, documentation, manifests, compose file.

    WHAT is one of their names; without one it is everything. A file is written only where it changes.
    """
    from daira.generate.everything import WHAT, stale
    from daira.generate.files import write

    root = Path()
    if not (root / "charts" / "daira" / "Chart.yaml").is_file():
        raise UsageError("charts/daira is not here: run this at the top of DAIRA's repository")
    files = stale(root, what)
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
        click.echo(f"{'changed' if file.before else 'made'}  {file.path}")
    if not files:
        click.echo("nothing to do: every file is up to date")
