"""`daira new`: what starts correct because it is made from a template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from daira.generate.files import Written

dry = click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")


@click.group()
def new() -> None:
    """Make something new that has every part it needs."""


def _finish(files: list[Written], dry_run: bool, then: str) -> None:
    """Show the diff, or write the files and say what comes next."""
    from daira.generate.files import write

    if dry_run:
        click.echo("".join(file.diff for file in files), nl=False)
        return
    write(Path(), files)
    for file in files:
        click.echo(f"{'changed' if file.before else 'made'}  {file.path}")
    click.echo(then)


@new.command()
@click.argument("name")
@click.option("--group", default="hygiene", show_default=True, help="The checklist item or group it belongs to.")
@dry
def rule(name: str, group: str, dry_run: bool) -> None:
    """Make a rule of the policy check: its module, its cases, its line in the registry.

    Its tests are red until the rule is written.
    """
    from daira.generate.rule import new_rule

    files = new_rule(Path(), name, group)
    _finish(files, dry_run, f"Next: write it, then run .venv/bin/pytest tests/policy -k {name}")


@new.command()
@click.argument("name")
@click.option("--image", default="", metavar="NAME[:TAG][@DIGEST]", help="The image; without a tag the appVersion.")
@click.option("--tag", default="", help="The image's tag, where --image has none.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="The HTTP port it listens on.")
@click.option("--health", default="", metavar="PATH", help="What the probes ask for.  [default: /health]")
@click.option("--uid", type=click.IntRange(1, 2**31 - 1), help="The user it runs as, never root.  [default: 10001]")
@click.option(
    "--from", "callers", multiple=True, metavar="COMPONENT", help="Who may call it; repeatable.  [default: backend]"
)
@click.option(
    "--to",
    "calls",
    multiple=True,
    metavar="COMPONENT",
    help="Whom it may call; repeatable. postgres and redis bring their URL from DAIRA's Secret.  [default: nobody]",
)
@click.option("--like", default="", metavar="SERVICE", help="The shape of backend or frontend, edges included.")
@dry
def service(dry_run: bool, port: int | None, uid: int | None, callers: tuple[str, ...], **given: Any) -> None:
    """Make a service: its subchart, its schema, its tests, and its place in the umbrella and every environment.

    NAME is what its objects are called after the release's name. It is tried on a copy first: what does not pass
    `daira lint`, `check` and `validate` is not written.
    """
    from daira.generate.service import Order, new_service
    from daira.generate.trial import tried

    allowed = callers or (() if given["like"] else ("backend",))
    files = tried(Path(), new_service(Path(), Order(port=port or 0, uid=uid or 0, callers=allowed, **given)))
    name = given["name"]
    _finish(
        files,
        dry_run,
        f"Next: set it up in charts/daira/charts/{name}/values.yaml; others reach it as <release>-{name}",
    )


@new.command()
@click.argument("name")
@click.option(
    "--from", "model", default="staging", show_default=True, metavar="ENVIRONMENT", help="What it is made from."
)
@dry
def environment(name: str, model: str, dry_run: bool) -> None:
    """Make an environment: its values file from another's, with its own name in it, and what is generated of it.

    global.environment stays that of its model, and with it how strict the chart is.
    """
    from daira.generate.environment import new_environment
    from daira.generate.trial import tried

    files = tried(Path(), new_environment(Path(), name, model))
    _finish(files, dry_run, f"Next: look over the host, sizes and secrets in values/{name}.yaml")
