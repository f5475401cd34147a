"""The files of a repository that rules look at: CI workflows, cluster configuration, values files, templates.

Nothing here is read before it is asked for, and a broken file is a problem and no exception.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daira.render.manifests import MAX_BYTES, decoded, flat, shape
from daira.render.read import Problem, documents
from daira.render.release import Object, Source

# What is looked for below a repository's root.
WORKFLOWS = (".github/workflows/*.yml", ".github/workflows/*.yaml")
PIPELINE = ".gitlab-ci.yml"
CLUSTER = ("cluster/**/*.yaml", "cluster/**/*.yml")
VALUES = ("values/*.yaml", "values/*.yml")
# Where others keep the configuration of their cluster, among much else: only what belongs to these groups is taken.
ELSEWHERE = (
    "clusters",
    "kind",
    "kubeadm",
    "infra",
    "infrastructure",
    "k8s",
    "kubernetes",
    "deploy",
    "bootstrap",
    "hack",
)
GROUPS = ("kind.x-k8s.io/", "apiserver.config.k8s.io/", "audit.k8s.io/", "kubeadm.k8s.io/", "kubelet.config.k8s.io/")


@dataclass
class Project:
    """A repository's files as objects, and what could not be read of them."""

    objects: list[Object] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def project_root(target: str | os.PathLike[str] = ".") -> Path:
    """The top of the repository that a target is in: the nearest folder upwards with .git, else the target's folder."""
    path = Path(target)
    folder = Path(os.path.abspath(path if path.is_dir() else path.parent))  # noqa: PTH100 - links stay as they are
    for above in (folder, *folder.parents):
        if (above / ".git").exists():
            return above
    return folder


def project_objects(root: Path, charts: Iterable[Path] = (), values: Iterable[Path] = ()) -> Iterator[Object]:
    """The objects of `project`."""
    yield from project(root, charts, values).objects


def project(
    root: Path, charts: Iterable[Path] = (), values: Iterable[Path] = (), known: Iterable[Path] = ()
) -> Project:
    """The files of a repository as objects.

    root: its top folder. charts: the charts that are judged, whose templates and values are read too.
    values: further values files. known: files that are judged anyway and not read again. A workflow is "actions.github.com/Workflow", GitLab's is "gitlab.com/Pipeline"; a
    values file is "daira.dev/Values" with the values under `values`; a chart's template is "daira.dev/Template" with
    its `lines`.
    """
    made = Project()
    taken: set[Path] = set(known)
    for path in _files(root, WORKFLOWS, taken):
        _manifests(path, made)
    for path in _files(root, (PIPELINE,), taken):
        _shaped(path, {"apiVersion": "gitlab.com/v1", "kind": "Pipeline"}, None, made)
    for path in _files(root, CLUSTER, taken):
        _manifests(path, made)
    for folder in (root, *(root / name for name in ELSEWHERE)):
        patterns = ("*.yaml", "*.yml") if folder == root else ("**/*.yaml", "**/*.yml")
        for path in _files(folder, patterns, taken):
            _manifests(path, made, only=GROUPS)
    for path in [*_files(root, VALUES, taken), *(path for path in values if path not in taken)]:
        taken.add(path)
        _values(path, made)
    for chart in charts:
        for path in _files(chart, ("**/values.yaml", "ci/*-values.yaml"), taken):
            _values(path, made)
        for path in _files(chart, ("**/templates/**/*.yaml", "**/templates/**/*.yml", "**/templates/**/*.tpl"), taken):
            source = _source(path, made)
            if source:
                kind = {"apiVersion": "daira.dev/v1", "kind": "Template", "metadata": {"name": path.name}}
                made.objects.append(Object({**kind, "lines": source.text.splitlines()}, source))
    return made


def _files(folder: Path, patterns: Iterable[str], taken: set[Path]) -> list[Path]:
    """The files of a folder, sorted, each one once."""
    found: list[Path] = []
    for pattern in patterns:
        try:
            paths = sorted(path for path in folder.glob(pattern) if path not in taken and path.is_file())
        except OSError:
            continue
        found += paths
        taken.update(paths)
    return found


def _source(path: Path, made: Project) -> Source | None:
    file = str(path)
    here = f"{Path.cwd()}/"
    file = file.removeprefix(here)
    try:
        with path.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        said = f"cannot be read ({error.strerror}): correct its permissions, or leave it out"
        made.problems.append(Problem(file, 0, 0, said))
        return None
    if len(data) > MAX_BYTES:
        made.problems.append(Problem(file, 0, 0, f"is bigger than {MAX_BYTES >> 20} MB and not read"))
        return None
    text = decoded(file, data, made.problems)
    return None if text is None else Source(file, text)


def _read(source: Source, made: Project) -> list[Any]:
    found, problems = documents(source.text, source.file)
    made.problems += problems
    return found


def _manifests(path: Path, made: Project, only: tuple[str, ...] = ()) -> None:
    """The objects of a file; only: the API groups that count, all others are somebody else's."""
    source = _source(path, made)
    if source is None or (only and not any(group in source.text for group in only)):
        return
    for number, data in enumerate(_read(source, made)):
        shaped = shape(data)
        if shaped is not None:
            found = flat(shaped, source, number)
            made.objects += [item for item in found if not only or item.api_version.startswith(only)]


def _values(path: Path, made: Project) -> None:
    kind = {"apiVersion": "daira.dev/v1", "kind": "Values", "metadata": {"name": path.name}}
    _shaped(path, kind, "values", made)


def _shaped(path: Path, kind: dict[str, Any], under: str | None, made: Project) -> None:
    """A file as one object, its data under a key or beside its kind."""
    source = _source(path, made)
    if source is None:
        return
    found = _read(source, made)
    data = found[0] if found else None
    if data is None and any(problem.file == source.file for problem in made.problems):
        return  # broken, which is said
    if data is not None and not isinstance(data, dict):
        made.problems.append(Problem(source.file, 1, 1, "is no mapping of keys to values: correct the file"))
        return
    data = data or {}
    made.objects.append(Object({**kind, under: data} if under else {**data, **kind}, source))
