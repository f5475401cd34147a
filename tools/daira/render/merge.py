"""Values as Helm merges them, and which file sets each of them on which line.

Helm's rules: files given later win; maps are merged, everything else is replaced; null takes a default away; a chart's
own values.yaml is below all of them, a parent's values.yaml above its subchart's; `global` reaches every subchart.
Not followed: `import-values` of a dependency.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from daira.render.chartfiles import dependencies, metadata
from daira.render.release import Path as Key

MISSING = object()


@dataclass
class Layer:
    """One values file. file: how it is called to the user; below: the key its content belongs under."""

    file: str
    text: str
    below: Key = ()

    @cached_property
    def data(self) -> dict[str, Any]:
        """Its values at the umbrella's level; empty where the file can't be read."""
        try:
            loaded = yaml.load(self.text, Loader=yaml.CSafeLoader)
            data: dict[str, Any] = _text_keys(loaded) if isinstance(loaded, dict) else {}
        except (yaml.YAMLError, ValueError, RecursionError):
            return {}
        for step in reversed(self.below):
            data = {str(step): data}
        return data

    def line(self, key: Key) -> tuple[int, int] | None:
        """Line and column (from 1) of a key or list item, of its nearest parent where it is not there itself."""
        node = yaml.compose(self.text, Loader=yaml.CSafeLoader)
        mark = None
        for step in key[len(self.below) :]:
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                if found is None:
                    break
                mark, node = found[0].start_mark, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                mark = node.start_mark
            else:
                break
        return (mark.line + 1, mark.column + 1) if mark else None


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
        key = self.home(key)
        for length in range(len(key), 0, -1):
            for layer in self.layers:
                if value_at(layer.data, key[:length]) is not MISSING and length > len(layer.below):
                    found = layer.line(key[:length])
                    if found:
                        return (layer.file, *found)
        return None


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


def _text_keys(data: Any) -> Any:
    """The same with strings for keys, as in JSON: `8080: x` is "8080", and a list's index is never taken for a key."""
    if isinstance(data, dict):
        return {
            (str(key).lower() if isinstance(key, bool) else str(key)): _text_keys(value) for key, value in data.items()
        }
    return [_text_keys(value) for value in data] if isinstance(data, list) else data


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
