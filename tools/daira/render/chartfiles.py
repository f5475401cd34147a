"""The files of a chart and its subcharts: by the names Helm prints, and as a copy that can be changed."""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def template_path(chart: Path, name: str) -> Path:
    """The file of a template that Helm calls `name` ("daira/charts/backend/templates/x.yaml").

    A subchart's folder need not have its name, and an alias has none: then it is looked for. In an archive the path
    goes on inside of it.
    """
    rest = name.partition("/")[2]
    straight = chart / rest
    if straight.exists() or not chart.is_dir():
        return straight
    folder = chart
    words = rest.split("/")
    while len(words) > 2 and words[0] == "charts":
        folder = subchart(folder, words[1])
        words = words[2:]
    return folder.joinpath(*words)


def subchart(parent: Path, name: str) -> Path:
    """Where the subchart is that Helm calls `name`."""
    if not (parent / "charts" / name).is_dir():
        wanted = {dependency.get("name") for dependency in dependencies(parent) if dependency.get("alias") == name}
        for folder in sorted(parent.glob("charts/*")):
            if folder.is_dir() and (metadata(folder).get("name") in wanted | {name}):
                return folder
        for archive in sorted(parent.glob("charts/*.tgz")):
            real = next(iter(wanted), name)
            if archive.name.startswith(f"{real}-"):
                return archive / str(real)
    return parent / "charts" / name


@cache
def metadata(folder: Path) -> dict[str, Any]:
    """A chart's Chart.yaml, empty where there is none."""
    return _mapping(folder / "Chart.yaml")


def dependencies(folder: Path) -> list[dict[str, Any]]:
    """What a chart names as its dependencies."""
    listed = metadata(folder).get("dependencies") or _mapping(folder / "requirements.yaml").get("dependencies")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _mapping(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


@dataclass
class Copy:
    """A chart's files in a folder of their own, with all archives unpacked.

    root: the copy's Chart.yaml is in it. shown: folder of the copy -> how its place is called to the user.
    """

    root: Path
    shown: dict[Path, str] = field(default_factory=dict)

    def show(self, path: Path) -> str:
        """The file the user has, for one of the copy; what was in an archive is named below the archive."""
        for folder in path.parents:
            if folder in self.shown:
                return str(Path(self.shown[folder]) / path.relative_to(folder))
        return str(path)

    def templates(self) -> dict[str, str]:
        """Path -> text of every template, the subcharts' too; a file that is no text is left out."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            relative = path.relative_to(self.root)
            if "templates" not in relative.parts or not path.is_file():
                continue
            above = relative.parts[: relative.parts.index("templates")]
            if len(above) % 2 or any(word != "charts" for word in above[::2]):
                continue
            try:
                with path.open(encoding="utf-8", newline="") as file:
                    found[relative.as_posix()] = file.read()
            except (OSError, UnicodeDecodeError):
                continue
        return found


def copy(chart: Path, folder: Path) -> Copy:
    """Copy a chart (a folder or an archive) below `folder`. Raises OSError or tarfile.TarError."""
    if chart.is_dir():
        root = folder / "chart"
        shutil.copytree(chart, root, ignore=shutil.ignore_patterns(".git"), ignore_dangling_symlinks=True)
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)  # a chart may be read-only, as in a module cache
        made = Copy(root, {root: str(chart)})
    else:
        root = _unpack(chart, folder / "chart")
        made = Copy(root, {root: str(chart / root.name)})
    todo = [root]
    while todo:
        parent = todo.pop()
        for archive in sorted((parent / "charts").glob("*.tgz")):
            inside = _unpack(archive, parent / "charts" / f"{archive.name}.d")
            target = parent / "charts" / inside.name
            if target.exists():
                target = parent / "charts" / archive.name.removesuffix(".tgz")
            inside.rename(target)
            shutil.rmtree(parent / "charts" / f"{archive.name}.d")
            archive.unlink()
            made.shown[target] = str(Path(made.show(archive)) / inside.name)
        todo += [one for one in (parent / "charts").glob("*") if (one / "Chart.yaml").is_file()]
    return made


def _unpack(archive: Path, folder: Path) -> Path:
    """Unpack a chart's archive; returns the chart's folder in it."""
    folder.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return next(one for one in sorted(folder.iterdir()) if one.is_dir())
