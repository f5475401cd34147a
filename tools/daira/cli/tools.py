"""daira tools."""

from __future__ import annotations

import click

from daira.local.machine import this_machine


@click.command()
@click.option("-v", "--verbose", count=True, help="More detail; -vv shows tracebacks.")
def tools(verbose: int) -> None:
    """Have helm, kind, kubectl and kubeconform at their pinned versions, and say where they are."""
    from daira.local import toolchain

    machine = this_machine()
    with machine.progress.step("tools"):
        found = toolchain.ensure(machine)
    for tool in found.tools.values():
        click.echo(f"{tool.name}\t{tool.version}\t{tool.origin}\t{tool.path}")
