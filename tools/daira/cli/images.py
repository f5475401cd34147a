"""daira images build, daira images load."""

from __future__ import annotations

from pathlib import Path

import click

from daira.cli.options import local, own_sources
from daira.local.machine import Machine


@click.group()
def images() -> None:
    """The images of the chart: built or pulled, and loaded into the local cluster."""


@images.command()
@own_sources
@local
def build(machine: Machine, sources: dict[str, Path]) -> None:
    """Have every image in the engine's store, and say where each is from and how large our own are."""
    from daira.local import images as provider
    from daira.local import up as steps

    tools, engine = steps.prepare(machine)
    provided, node_image, built_here = steps.provide_images(machine, tools, engine, sources)
    click.echo(f"node\t{node_image}")
    for image in provided:
        click.echo(f"{image.reference}\t{image.origin}\t{image.detail}\t{image.source}")
    for app in provider.BASE_ARGS:
        (made,) = [image.source for image in provided if image.origin == "built" and app in image.reference]
        click.echo(f"{app}\t{provider.size(machine, engine, app, made, registry=not built_here)}")


@images.command()
@own_sources
@local
def load(machine: Machine, sources: dict[str, Path]) -> None:
    """Load every image into the nodes of the running cluster."""
    from daira.errors import DairaError
    from daira.local import cluster
    from daira.local import up as steps

    tools, engine = steps.prepare(machine)
    if not cluster.exists(engine):
        raise DairaError("no local cluster is there to load images into: run `daira cluster up` first")
    provided, _, _ = steps.provide_images(machine, tools, engine, sources)
    steps.load_images(machine, engine, provided)
