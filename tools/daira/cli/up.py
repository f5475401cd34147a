"""daira up, daira down."""

from __future__ import annotations

from pathlib import Path

import click

from daira.cli.options import local, own_sources
from daira.local.machine import Machine


@click.command()
@own_sources
@local
def up(machine: Machine, sources: dict[str, Path]) -> None:
    """From nothing to a running DAIRA on a local three-node cluster."""
    from daira.local import up as steps

    running = steps.up(machine, sources)
    click.echo(steps.summary(running))


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also remove the cache folder with images, builds and keys.")
@local
def down(machine: Machine, everything: bool) -> None:
    """Remove the local cluster with its volumes and its network."""
    from daira.local import cluster, engine
    from daira.local.machine import remove_cache

    with machine.progress.step("remove the cluster") as step:
        found = engine.ensure(machine)
        if not cluster.exists(found):
            step.skip("none is there")
        cluster.down(machine, found)
    if everything:
        with machine.progress.step(f"remove {machine.cache}"):
            remove_cache(machine)
