"""daira cluster up, down, status, logs."""

from __future__ import annotations

from pathlib import Path

import click

from daira.cli.options import local
from daira.cli.up import down as _down
from daira.local.machine import Machine


@click.group()
def cluster() -> None:
    """The local three-node kind cluster, without DAIRA on it."""


@cluster.command()
@local
def up(machine: Machine) -> None:
    """Make the cluster; nothing happens where it runs already."""
    from daira.local import up as steps

    tools, engine = steps.prepare(machine)
    node_image, built = steps.provide_node(machine, engine)
    steps.make_cluster(machine, tools, engine, node_image, built=built)


cluster.add_command(_down, "down")


@cluster.command()
@local
def status(machine: Machine) -> None:
    """Say whether the cluster answers, with its nodes and DAIRA's pods. Exit code 3 when it does not."""
    from daira.errors import DairaError
    from daira.local import addons, engine, toolchain
    from daira.local import cluster as nodes

    found, tools = engine.ensure(machine), toolchain.ensure(machine)
    if not nodes.exists(found):
        raise DairaError("no local cluster is there: run `daira up`")
    if not nodes.healthy(machine, tools, found):
        raise DairaError(
            "the local cluster's nodes are listed, but it does not answer: run `daira up`, it is made again"
        )
    kubectl = nodes.Kubectl(machine, tools)
    click.echo(kubectl.run("get", "nodes", "-o", "wide").out, nl=False)
    click.echo(kubectl.run("get", "pods", "-n", addons.NAMESPACE).out, nl=False)


@cluster.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".tools/cluster-logs")
@local
def logs(machine: Machine, folder: Path) -> None:
    """Write the logs of nodes and pods into FOLDER."""
    from daira.local import cluster as nodes
    from daira.local import engine, toolchain

    with machine.progress.step("export logs") as step:
        nodes.export_logs(machine, toolchain.ensure(machine), engine.ensure(machine), folder)
        step.note = str(folder)
