"""values.schema.json of the umbrella and every subchart, bundled from schemas/*.schema.yaml.

A reference leads to the same file (`#/$defs/image`), to another one (`definitions.schema.yaml#/$defs/image`), to
another chart's schema (`backend.schema.yaml`), or to a type of Kubernetes (`kubernetes:io.k8s.api.core.v1.EnvVar`),
whose schema PyPI's kubernetes-validate brings. In the bundle all of them are `#/$defs/…`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from daira.errors import UsageError

SOURCES = Path("schemas")
CHART = Path("charts/daira")
ENDING = ".schema.yaml"
PLACES = (f"{CHART}/values.schema.json", f"{CHART}/charts/*/values.schema.json")
SHARED = "definitions"
KUBERNETES = "kubernetes:"
# Where the types of Kubernetes are taken from: the newest version the chart is tested with.
KUBERNETES_VERSION = "1.37.0"

# JSON Schema's keywords whose value is a schema, a list of schemas, a mapping of schemas; all others are data.
ONE = frozenset(["items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else"])
LIST = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
MAPPING = frozenset(["properties", "patternProperties", "dependentSchemas", "$defs"])


def made(root: Path) -> dict[Path, str]:
    """The bundles, path below `root` -> JSON. Raises UsageError for a bad source, or a chart without one."""
    charts = [CHART, *sorted(path.parent.relative_to(root) for path in (root / CHART).glob("charts/*/Chart.yaml"))]
    sources = {chart: root / SOURCES / f"{chart.name}{ENDING}" for chart in charts}
    for source in sources.values():
        if not source.is_file():
            raise UsageError(f"{SOURCES / source.name} is not there: every chart needs a schema of its values")
    return {
        chart / "values.schema.json": json.dumps(bundle(source), indent=1, ensure_ascii=False) + "\n"
        for chart, source in sources.items()
    }


def bundle(source: Path) -> dict[str, Any]:
    """The schema with everything it refers to, in other files too, under its own `$defs`. Raises UsageError."""
    defs: dict[str, Any] = {}

    def local(ref: str, file: str) -> str:
        """A reference as the bundle has it; what it leads to is taken in first."""
        if ref.startswith(KUBERNETES):
            name = ref.removeprefix(KUBERNETES)
            found, other = _kubernetes(name), file
        else:
            other, _, pointer = ref.partition("#")
            other = other or file
            chart = other.removesuffix(ENDING)
            own = pointer.removeprefix("/$defs/")
            # a chart's private definition carries the chart's name, so that two charts may use the same word
            name = own if chart == SHARED else f"{chart}.{own}" if own else chart
            whole = _load(source.parent / other)
            found = whole.get("$defs", {}).get(own) if pointer else whole
        if not isinstance(found, dict):
            raise UsageError(f"{SOURCES}/{file}: {ref} leads nowhere: define it, or correct the reference")
        if name not in defs:
            defs[name] = {}  # taken before it is walked, so that a definition may refer to itself
            defs[name] = walk(found, other)
        return f"#/$defs/{name}"

    def walk(node: Any, file: str) -> Any:
        if not isinstance(node, dict):
            return node
        made: dict[str, Any] = {}
        for key, value in node.items():
            if key in ("$schema", "$id", "$defs"):
                continue
            if key == "$ref":
                made[key] = local(value, file)
            elif key in ONE:
                made[key] = walk(value, file)
            elif key in LIST:
                made[key] = [walk(one, file) for one in value]
            elif key in MAPPING:
                made[key] = {name: walk(one, file) for name, one in value.items()}
            else:
                made[key] = value
        return made

    body = walk(_load(source), source.name)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"Made by `daira generate schemas` from {SOURCES}/{source.name}: do not edit.",
    }
    return {**head, **body, **({"$defs": dict(sorted(defs.items()))} if defs else {})}


@cache
def _types() -> dict[str, Any]:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{KUBERNETES_VERSION}-local-strict"
    loaded: dict[str, Any] = json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))
    return loaded["$defs"] if "$defs" in loaded else loaded["definitions"]  # type: ignore[no-any-return]


def _kubernetes(name: str) -> Any:
    """A type of Kubernetes, its references in this module's words, without the package's own additions."""

    def reword(node: Any) -> Any:
        if isinstance(node, list):
            return [reword(one) for one in node]
        if not isinstance(node, dict):
            return node
        kept = {key: reword(value) for key, value in node.items() if not key.startswith("x-kubernetes")}
        if isinstance(kept.get("$ref"), str):
            kept["$ref"] = KUBERNETES + kept["$ref"].rsplit("/", 1)[-1]
        return kept

    return reword(_types().get(name))


@cache
def _parsed(text: str) -> Any:
    """A text of YAML, read once however many references lead to it; never changed."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _load(path: Path) -> dict[str, Any]:
    try:
        loaded = _parsed(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{SOURCES / path.name} can't be read as YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise UsageError(f"{SOURCES / path.name} is no schema: write a mapping")
    return loaded
