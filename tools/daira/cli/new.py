"""`daira new`: what starts correct because it is made from a template."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def new() -> None:
    """Make something new that has every part it needs."""


@new.command()
@click.argument("name")
@click.option("--group", default="hygiene", show_default=True, help="The checklist item or group it belongs to.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def rule(name: str, group: str, dry_run: bool) -> None:
    """Make a rule of the policy check: its module, its cases, its line in the registry.

    Its tests are red until the rule is written.
    """
    from daira.generate.files import write
    from daira.generate.rule import new_rule

    files = new_rule(Path(), name, group)
    if dry_run:
        click.echo("".join(file.diff for file in files), nl=False)
        return
    write(Path(), files)
    for file in files:
        click.echo(f"{'changed' if file.before else 'made'}  {file.path}")
    click.echo(f"Next: write it, then run .venv/bin/pytest tests/policy -k {name}")
