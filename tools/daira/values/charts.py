"""A chart as its values see it: values files with positions, schemas, and which subcharts are switched on."""

from __future__ import annotations

import contextlib
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from daira.errors import UsageError
from daira.render import chartfiles
from daira.render.merge import MISSING, Layer, Values, load, over, value_at
from daira.render.release import Path as Key
from daira.values.schema import Schema


@dataclass
class Chart:
    """path: as the user names it. layers: the values files of the chart and its subcharts, the winning one first.

    schemas: by the key its values are below, () for the chart itself. dependencies: subchart's key -> its entry of
    Chart.yaml. unreadable: file -> why a schema could not be read.
    """

    path: Path
    layers: list[Layer]
    subcharts: set[Key]
    schemas: dict[Key, Schema] = field(default_factory=dict)
    dependencies: dict[Key, Mapping[str, Any]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def values(self, files: list[Layer]) -> Values:
        """The values with files on top (the winning one first), without those of subcharts that are switched off."""
        every = Values([*files, *self.layers], self.subcharts)
        off = [key for key, entry in self.dependencies.items() if not _enabled(entry, key, every)]
        layers = [layer for layer in every.layers if not any(_within(layer.below, key) for key in off)]
        left = {key for key in self.subcharts if not any(_within(key, one) for one in off)}
        return Values(layers, left)

    def parts(self, values: Values) -> Iterator[tuple[Key, Schema, dict[str, Any]]]:
        """Each schema that Helm asks, with the values it is asked about: the chart's, then its subcharts'."""
        for key, schema in self.schemas.items():
            if key and key not in values.subcharts:
                continue
            found = value_at(values.merged, key)
            data = found if isinstance(found, dict) else {} if found is MISSING else None
            if data is not None:
                yield key, schema, with_globals(data, values.merged) if key else data

    def schema_of(self, key: Key) -> tuple[Key, Schema] | None:
        """The schema that knows a key, the outermost one first; None where none does."""
        for below, schema in self.schemas.items():
            if key[: len(below)] == below and schema.at(key[len(below) :]):
                return below, schema
        return None

    def about(self, key: Key) -> dict[str, Any]:
        """What the schemas say about a key: their keywords, those of the outermost first; empty where none knows it."""
        found = self.schema_of(key)
        return found[1].about(key[len(found[0]) :]) if found else {}


def with_globals(data: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """A subchart's values with the release's `global`, which Helm puts there."""
    outer, inner = whole.get("global"), data.get("global")
    if not isinstance(outer, dict):
        return data
    return {**data, "global": over(outer, inner if isinstance(inner, dict) else {})}


def _within(key: Key, outer: Key) -> bool:
    return key[: len(outer)] == outer


def _enabled(entry: Mapping[str, Any], key: Key, values: Values) -> bool:
    """Whether a dependency is switched on: its tags, then its condition, of which the first path that is set counts."""
    enabled = True
    tags = values.merged.get("tags")
    named = [tags[tag] for tag in entry.get("tags") or [] if isinstance(tags, dict) and isinstance(tags.get(tag), bool)]
    if named:
        enabled = any(named)
    for condition in str(entry.get("condition") or "").split(","):
        found = value_at(values.merged, (*key[:-1], *condition.strip().split("."))) if condition.strip() else MISSING
        if isinstance(found, bool):
            return found
    return enabled


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Chart]:
    """Read a chart: a folder or an archive, whose subcharts may be archives. Raises UsageError for what is none."""
    if not path.exists():
        raise UsageError(f"there is no chart at {path}: name a chart's folder or its .tgz archive")
    if path.is_dir() and not (path / "Chart.yaml").is_file():
        raise UsageError(f"{path} is not a chart: it holds no Chart.yaml")
    if path.is_dir() and not any((path / "charts").rglob("*.tgz")):
        yield _read(path, path, str)
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            copied = chartfiles.copy(path, Path(folder))
        except (OSError, tarfile.TarError, StopIteration, EOFError) as error:
            raise UsageError(f"{path} is no chart that can be unpacked: {error}") from error
        yield _read(path, copied.root, copied.show)


def _read(path: Path, root: Path, show: Any) -> Chart:
    values = load(root, (), show)
    chart = Chart(path, values.layers, values.subcharts)
    _schemas(chart, root, (), show)
    return chart


def _schemas(chart: Chart, root: Path, below: Key, show: Any) -> None:
    """Add a chart's schema, then its subcharts'."""
    file = root / "values.schema.json"
    if file.is_file():
        try:
            loaded = orjson.loads(file.read_bytes())
            if isinstance(loaded, dict | bool):
                chart.schemas[below] = Schema(loaded if isinstance(loaded, dict) else {}, show(file))
            else:
                chart.unreadable[show(file)] = "it is no JSON Schema: a mapping is expected"
        except (OSError, ValueError) as error:
            chart.unreadable[show(file)] = f"it is no JSON: {error}"
    for key in sorted(one for one in chart.subcharts if len(one) == len(below) + 1 and _within(one, below)):
        folder = chartfiles.subchart(root, str(key[-1]))
        entries = chartfiles.dependencies(root)
        names = {str(key[-1]), chartfiles.metadata(folder).get("name")}
        entry = next((one for one in entries if (one.get("alias") or one.get("name")) == key[-1]), None)
        entry = entry or next((one for one in entries if one.get("name") in names and not one.get("alias")), None)
        chart.dependencies[key] = entry or {}
        _schemas(chart, folder, key, show)
