"""The files of a repository that rules look at: CI workflows, cluster configuration, values files, templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from daira.render.manifests import objects_of
from daira.render.release import Object, Source

# What is looked for below a repository's root.
WORKFLOWS = (".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml")
CLUSTER = ("cluster/**/*.yaml", "cluster/**/*.yml")
VALUES = ("values/*.yaml", "values/*.yml")


def project_objects(root: Path, charts: tuple[Path, ...] = ()) -> Iterator[Object]:
    """The files of a repository as objects.

    root: its top folder. charts: the charts that are judged, whose templates and values are read too.
    A workflow is "actions.github.com/Workflow"; a values file is "daira.dev/Values" with the values under `values`;
    a chart's template is "daira.dev/Template" with its `lines`.
    """
    for pattern in (*WORKFLOWS, *CLUSTER):
        for path in sorted(root.glob(pattern)):
            yield from objects_of(_source(path))
    for pattern in VALUES:
        for path in sorted(root.glob(pattern)):
            yield _values(path)
    for chart in charts:
        for path in sorted(chart.rglob("values.yaml")):
            yield _values(path)
        for path in sorted([*chart.rglob("templates/**/*.yaml"), *chart.rglob("templates/**/*.tpl")]):
            source = _source(path)
            kind = {"apiVersion": "daira.dev/v1", "kind": "Template", "metadata": {"name": path.name}}
            yield Object({**kind, "lines": source.text.splitlines()}, source)


def _source(path: Path) -> Source:
    return Source(str(path), path.read_text(encoding="utf-8"))


def _values(path: Path) -> Object:
    source = _source(path)
    kind = {"apiVersion": "daira.dev/v1", "kind": "Values", "metadata": {"name": path.name}}
    return Object({**kind, "values": yaml.safe_load(source.text) or {}}, source)
