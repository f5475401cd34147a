"""values.schema.json of the umbrella and every subchart, bundled from schemas/*.schema.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from daira.errors import UsageError

SOURCES = Path("schemas")
CHART = Path("charts/daira")
ENDING = ".schema.yaml"


def made(root: Path) -> dict[Path, str]:
    """The bundles, path below `root` -> JSON, one for each chart's source. Raises UsageError for a bad source."""
    files: dict[Path, str] = {}
    for source in sorted((root / SOURCES).glob(f"*{ENDING}")):
        name = source.name.removesuffix(ENDING)
        folder = CHART if name == "daira" else CHART / "charts" / name
        if name != "definitions":
            files[folder / "values.schema.json"] = json.dumps(bundle(source), indent=2, ensure_ascii=False) + "\n"
    return files


def bundle(source: Path) -> dict[str, Any]:
    """The schema with everything it refers to, in other files too, under its own `$defs`. Raises UsageError."""
    defs: dict[str, Any] = {}
    origins: dict[str, tuple[str, str]] = {}

    def local(ref: str, file: str) -> str:
        """A reference as the bundle has it; what it leads to is taken in first."""
        other, _, pointer = ref.partition("#")
        other = other or file
        name = pointer.removeprefix("/$defs/") if pointer else other.removesuffix(ENDING)
        if origins.setdefault(name, (other, pointer)) != (other, pointer):
            raise UsageError(f"{source.name}: {name} is defined in {other} and {origins[name][0]}: rename one")
        if name not in defs:
            defs[name] = {}  # taken before it is walked, so that a definition may refer to itself
            whole = _load(source.parent / other)
            try:
                found = whole["$defs"][name] if pointer else whole
            except KeyError as error:
                raise UsageError(f"{file}: {ref} leads nowhere: define {name} in {other}") from error
            defs[name] = walk(found, other, top=not pointer)
        return f"#/$defs/{name}"

    def walk(node: Any, file: str, *, top: bool = False) -> Any:
        if isinstance(node, list):
            return [walk(one, file) for one in node]
        if not isinstance(node, dict):
            return node
        kept = {key: one for key, one in node.items() if not (top and key in {"$schema", "$id", "$defs"})}
        return {
            key: local(one, file) if key == "$ref" and isinstance(one, str) else _plain(key, one, walk, file)
            for key, one in kept.items()
        }

    body = walk(_load(source), source.name, top=True)
    made_of = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    made_of["$comment"] = f"Made by `daira generate schemas` from {SOURCES}/{source.name}: do not edit."
    return {**made_of, **body, **({"$defs": dict(sorted(defs.items()))} if defs else {})}


def _plain(key: str, node: Any, walk: Any, file: str) -> Any:
    """Data (a default, an example) as it is, a schema walked."""
    return node if key in {"default", "examples", "const", "enum"} and not isinstance(node, dict) else walk(node, file)


def _load(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{path.name} can't be read as YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise UsageError(f"{path.name} is no schema: write a mapping")
    return loaded
