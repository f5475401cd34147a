"""daira render."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command()
@click.argument("chart", required=False, type=click.Path(path_type=Path), default=Path("charts/daira"))
@click.option("-f", "--values", multiple=True, type=click.Path(path_type=Path), help="A values file; later ones win.")
@click.option("--origins", is_flag=True, help="At the end of each line: template, line and values key.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", help="Default: text.")
@click.option("--output", type=click.Path(path_type=Path), help="Write to a file instead.")
@click.option("--kube-version", help="The Kubernetes version to render for, such as 1.34.")
@click.option("--name", default="release-name", help="The release's name. Default: release-name.")
@click.option("-n", "--namespace", default="default", help="The namespace. Default: default.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors: does it render?")
@click.option("-v", "--verbose", count=True, help="More detail; -vv shows tracebacks.")
@click.option("--no-color", is_flag=True, help="No colour, as with NO_COLOR in the environment.")
def render(
    chart: Path,
    values: tuple[Path, ...],
    origins: bool,
    style: str,
    output: Path | None,
    kube_version: str | None,
    name: str,
    namespace: str,
    quiet: bool,
    verbose: int,
    no_color: bool,
) -> None:
    """The manifests of a chart, each with the template it comes from.

    CHART: a chart's folder or archive; charts/daira where none is named. An origin that is a best guess ends with a
    question mark.
    """
    from daira.errors import UsageError
    from daira.render import helm, show

    if no_color:
        os.environ["NO_COLOR"] = "1"
    job = helm.Job(chart, values, release_name=name, namespace=namespace, kube_version=show.version(kube_version))
    release = helm.render(job, helm.find_helm())
    if not release.objects:
        raise helm.RenderFailed(f"{chart} renders no object with these values: switch a component on")
    text = show.as_json(release) if style == "json" else show.as_text(release, origins=origins)
    if output is not None:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{output} can't be written: {error.strerror}") from error
    elif not quiet:
        click.echo(text, nl=False)
