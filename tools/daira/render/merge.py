"""Values as Helm merges them, and which file sets each of them on which line.

Helm's rules: files given later win; maps are merged, everything else is replaced; null takes a default away; a chart's
own values.yaml is below all of them, a parent's values.yaml above its subchart's; `global` reaches every subchart.
Not followed: `import-values` of a dependency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from daira.render.chartfiles import dependencies, metadata
from daira.render.goyaml import Decoded, Refused, decode
from daira.render.positions import child, compose
from daira.render.release import Path as Key

MISSING = object()


@dataclass
class Layer:
    """One values file. file: how it is called to the user; below: the key its content belongs under."""

    file: str
    text: str
    below: Key = ()

    @cached_property
    def decoded(self) -> Decoded | Refused:
        """The text as Helm reads it, or why Helm would not."""
        try:
            return decode(self.text)
        except Refused as refused:
            return refused

    @cached_property
    def data(self) -> dict[str, Any]:
        """Its values at the umbrella's level; empty where the file can't be read."""
        loaded = None if isinstance(self.decoded, Refused) else self.decoded.data
        data: dict[str, Any] = loaded if isinstance(loaded, dict) else {}
        for step in reversed(self.below):
            data = {str(step): data}
        return data

    @cached_property
    def _root(self) -> Any:
        return compose(self.text) if not isinstance(self.decoded, Refused) else None

    def find(self, key: Key) -> tuple[Any, Any] | None:
        """PyYAML's nodes of a key and of its value, where this file has exactly this key."""
        found = None
        node = self._root
        for step in key[len(self.below) :]:
            found = child(node, step) if node else None
            if found is None:
                return None
            node = found[1]
        return found

    def line(self, key: Key) -> tuple[int, int] | None:
        """Line and column (from 1) of a key or list item, of its nearest parent where it is not there itself."""
        for length in range(len(key), len(self.below), -1):
            found = self.find(key[:length])
            if found:
                mark = found[0].start_mark
                return mark.line + 1, mark.column + 1
        return None


@dataclass
class Values:
    """Everything the templates see, at the umbrella's level. layers: the winning one first."""

    layers: list[Layer]
    subcharts: set[Key] = field(default_factory=set)

    @cached_property
    def merged(self) -> dict[str, Any]:
        """The merged values; what null took away is not in it."""
        made: dict[str, Any] = {}
        for layer in self.layers:
            made = over(made, layer.data)
        return without_null(made)

    def get(self, key: Key) -> Any:
        """The value of a key, MISSING where there is none; `global` of a subchart is the umbrella's."""
        return value_at(self.merged, self.home(key))

    def home(self, key: Key) -> Key:
        """A subchart's global key as the umbrella's, where the umbrella has it."""
        for index, step in enumerate(key):
            if step == "global" and index and key[:index] in self.subcharts:
                outer = key[index:]
                if value_at(self.merged, outer) is not MISSING or value_at(self.merged, key) is MISSING:
                    return outer
        return key

    def where(self, key: Key) -> tuple[str, int, int] | None:
        """File, line and column of what sets a key in the layer that wins, of its nearest parent where none does."""
        return next(((layer.file, *line) for layer, line in self._winners(self.home(key)) if line), None)

    def setters(self, key: Key) -> list[tuple[Layer, Any]]:
        """The layers that set exactly this key, each with what it sets: the winning one first, what counts only."""
        key = self.home(key)
        return [(layer, value) for layer, value in _reached(self.layers, key) if len(key) > len(layer.below)]

    def _winners(self, key: Key) -> Iterator[tuple[Layer, tuple[int, int] | None]]:
        """The layer that sets a key, then the one that sets its nearest parent, and so on."""
        for length in range(len(key), 0, -1):
            for layer, _ in _reached(self.layers, key[:length]):
                if length > len(layer.below):
                    yield layer, layer.line(key[:length])
                    break


def _reached(layers: Iterable[Layer], key: Key) -> list[tuple[Layer, Any]]:
    """The layers that have a key and whose say counts: a list or a scalar above hides what is below it."""
    left: list[tuple[Layer, Any]] = [(layer, layer.data) for layer in layers]
    for step in key:
        found: list[tuple[Layer, Any]] = []
        mapped = False
        for layer, value in left:
            if isinstance(value, dict):
                mapped = True
                if step in value:
                    found.append((layer, value[step]))
            elif not mapped:  # below a mapping what is none is passed over
                if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
                    found.append((layer, value[step]))
                break
        left = found
    return left


def value_at(data: Any, key: Key) -> Any:
    """The value at a key, or MISSING."""
    for step in key:
        in_list = isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data)
        if in_list or (isinstance(data, dict) and step in data):
            data = data[step]
        else:
            return MISSING
    return data


def over(winner: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    """`winner` on top of `below`; null stays in it, to take defaults further below away."""
    made = dict(winner)
    for key, value in below.items():
        if key not in made:
            made[key] = value
        elif isinstance(made[key], dict) and isinstance(value, dict):
            made[key] = over(made[key], value)
    return made


def without_null(data: dict[str, Any]) -> dict[str, Any]:
    """Without the keys whose value is null."""
    return {
        key: without_null(value) if isinstance(value, dict) else value
        for key, value in data.items()
        if value is not None
    }


def dotted(key: Key) -> str:
    """A key as one writes it: a.b[0].c."""
    made = ""
    for step in key:
        if isinstance(step, int):
            made += f"[{step}]"
        else:
            escaped = step.replace(".", "\\.")
            made += f".{escaped}" if made else escaped
    return made


def load(root: Path, files: tuple[Path, ...], show: Any = str) -> Values:
    """The values of a chart that lies unpacked at `root`, with values files. show: how a file is called to the user."""
    layers = [Layer(str(path), path.read_text(encoding="utf-8", errors="replace")) for path in reversed(files)]
    values = Values(layers)
    _chart(values, root, (), show)
    return values


def _chart(values: Values, root: Path, below: Key, show: Any) -> None:
    """Add a chart's own values, then its subcharts'."""
    file = root / "values.yaml"
    if file.is_file():
        values.layers.append(Layer(show(file), file.read_text(encoding="utf-8", errors="replace"), below))
    listed = dependencies(root)
    for folder in sorted((root / "charts").glob("*")):
        name = metadata(folder).get("name") if folder.is_dir() else None
        if not isinstance(name, str):
            continue
        aliases = [one.get("alias") or name for one in listed if one.get("name") == name] or [name]
        for alias in dict.fromkeys(aliases):
            if isinstance(alias, str):
                values.subcharts.add((*below, alias))
                _chart(values, folder, (*below, alias), show)
