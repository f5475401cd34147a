"""daira images build, daira images load."""

from __future__ import annotations

from pathlib import Path

import click

from daira.cli.options import local
from daira.local.machine import Machine


@click.group()
def images() -> None:
    """The images of the chart: built or pulled, and loaded into the local cluster."""


@images.command()
@click.option("--backend", type=click.Path(path_type=Path, exists=True, file_okay=False), help="DAIRA's own backend.")
@click.option("--frontend", type=click.Path(path_type=Path, exists=True, file_okay=False), help="DAIRA's own frontend.")
@local
def build(machine: Machine, backend: Path | None, frontend: Path | None) -> None:
    """Have every image in the engine's store. With --backend or --frontend, build only those, from their folder."""
    from daira.local import images as provider
    from daira.local import up as steps

    tools, engine = steps.prepare(machine)
    own = {"backend": backend, "frontend": frontend}
    if any(own.values()):
        registry = provider.registry_answers(engine)
        for app, source in own.items():
            if source is not None:
                with machine.progress.step(f"build the {app}") as step:
                    built = provider.build_own(machine, engine, app, registry=registry, source=source.resolve())
                    step.note = built
                click.echo(f"{app}\t{built}")
        return
    provided, node_image, built_here = steps.provide_images(machine, tools, engine)
    click.echo(f"node\t{node_image}")
    for image in provided:
        click.echo(f"{image.reference}\t{image.origin}\t{image.detail}")
    for app in own:
        (made,) = [image.source for image in provided if image.origin == "built" and app in image.reference]
        click.echo(f"{app}\t{provider.size(machine, engine, app, made, registry=not built_here)}")


@images.command()
@local
def load(machine: Machine) -> None:
    """Load every image into the nodes of the running cluster."""
    from daira.errors import DairaError
    from daira.local import cluster
    from daira.local import images as provider
    from daira.local import up as steps

    tools, engine = steps.prepare(machine)
    if not cluster.exists(engine):
        raise DairaError("no local cluster is there to load images into: run `daira cluster up` first")
    provided, _, _ = steps.provide_images(machine, tools, engine)
    with machine.progress.step("load images into the nodes") as step:
        step.note = f"{provider.load(machine, engine, provided)} images"
