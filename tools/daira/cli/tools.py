"""daira tools."""

from __future__ import annotations

import click

from daira.cli.options import local
from daira.local.machine import Machine


@click.command()
@local
def tools(machine: Machine) -> None:
    """Have helm, kind, kubectl and kubeconform at their pinned versions, and say where they are."""
    from daira.local import up as steps

    found = steps.provide_tools(machine)
    for tool in found.tools.values():
        click.echo(f"{tool.name}\t{tool.version}\t{tool.origin}\t{tool.path}")
