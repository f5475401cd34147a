"""The files of a repository that rules look at: CI workflows, cluster configuration, values files, templates.

Nothing here is read before it is asked for, and a broken file is a problem and no exception.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from daira.render.manifests import MAX_BYTES, decoded, flat, shape
from daira.render.read import Problem, documents
from daira.render.release import Object, Source

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


class Project:
    """A repository's files as objects, and what could not be read of them."""

    def __init__(self) -> None:
        self.objects: list[Object] = []
        self.problems: list[Problem] = []


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
    root: Path,
    charts: Iterable[Path] = (),
    values: Iterable[Path] = (),
    known: Iterable[str | os.PathLike[str]] = (),
) -> Project:
    """The files of a repository as objects.

    root: its top folder. charts: the charts that are judged, whose templates and values are read too.
    values: further values files. known: files that are judged anyway, and not read again.
    A workflow is "actions.github.com/Workflow", GitLab's is "gitlab.com/Pipeline"; a values file is "daira.dev/Values"
    with the values under `values`; a chart's template is "daira.dev/Template" with its `lines`.
    """
    made = Project()
    taken = _Taken(known)
    for path in taken.new(root / ".github" / "workflows", YAML):
        _manifests(path, made)
    for path in taken.new(root, (".gitlab-ci.yml",)):
        _shaped(path, {"apiVersion": "gitlab.com/v1", "kind": "Pipeline"}, None, made)
    for path in taken.new(root / "cluster", YAML, deep=True):
        _manifests(path, made)
    for path in taken.new(root, YAML):
        _manifests(path, made, only=GROUPS)
    for name in ELSEWHERE:
        for path in taken.new(root / name, YAML, deep=True):
            _manifests(path, made, only=GROUPS)
    for path in [*taken.new(root / "values", YAML), *(path for path in values if taken.take(path))]:
        _values(path, made)
    for chart in charts:
        below = taken.new(chart, (*YAML, ".tpl"), deep=True)
        for path in below:
            if path.name == "values.yaml" or (path.parent.name == "ci" and path.name.endswith("-values.yaml")):
                _values(path, made)
        for path in below:
            source = _source(path, made) if "templates" in path.relative_to(chart).parts[:-1] else None
            if source:
                kind = {"apiVersion": "daira.dev/v1", "kind": "Template", "metadata": {"name": path.name}}
                made.objects.append(Object({**kind, "lines": source.text.splitlines()}, source))
    return made


YAML = (".yaml", ".yml")


class _Taken:
    """Which files were taken already. Thousands of them cost next to nothing: folders are compared, then names."""

    def __init__(self, known: Iterable[str | os.PathLike[str]]) -> None:
        self.names: dict[str, set[str]] = {}
        folders: dict[str, set[str]] = {}
        for path in known:
            folder, name = os.path.split(path)
            folders.setdefault(folder, set()).add(name)
        for folder, names in folders.items():
            self.names.setdefault(os.path.realpath(folder), set()).update(names)

    def take(self, path: Path) -> bool:
        """Whether a file is new, which it is no more."""
        names = self.names.setdefault(os.path.realpath(path.parent), set())
        new = path.name not in names
        names.add(path.name)
        return new

    def new(self, folder: Path, endings: tuple[str, ...], *, deep: bool = False) -> list[Path]:
        """The new files of a folder (deep: and all below it, but for hidden ones), sorted."""
        found: list[Path] = []
        for top, folders, files in os.walk(folder):
            folders[:] = sorted(name for name in folders if name[0] != "." and name != "node_modules") if deep else []
            names = self.names.setdefault(os.path.realpath(top), set())
            fresh = sorted(name for name in files if name.endswith(endings) and name not in names)
            names.update(fresh)
            found += [path for name in fresh if (path := Path(top, name)).is_file()]
        return found


def _source(path: Path, made: Project) -> Source | None:
    file = str(path).removeprefix(f"{Path.cwd()}/")
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
