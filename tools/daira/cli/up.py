"""daira up, daira down."""

from __future__ import annotations

import click

from daira.local.machine import this_machine


@click.command()
@click.option("-v", "--verbose", count=True, help="More detail; -vv shows tracebacks.")
def up(verbose: int) -> None:
    """From nothing to a running DAIRA on a local three-node cluster."""
    from daira.local import up as steps

    running = steps.up(this_machine())
    click.echo(steps.summary(running))


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also remove the cache folder with images, builds and keys.")
@click.option("-v", "--verbose", count=True, help="More detail; -vv shows tracebacks.")
def down(everything: bool, verbose: int) -> None:
    """Remove the local cluster with its volumes and its network."""
    from daira.local import cluster, engine
    from daira.local.machine import remove_cache

    machine = this_machine()
    with machine.progress.step("remove the cluster") as step:
        found = engine.ensure(machine)
        if not cluster.exists(found):
            step.skip("none is there")
        cluster.down(machine, found)
    if everything:
        with machine.progress.step(f"remove {machine.cache}"):
            remove_cache(machine)
