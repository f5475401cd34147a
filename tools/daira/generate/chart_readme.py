"""charts/daira/README.md: what the chart is and how to use it, from Chart.yaml, the schema and the environments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from daira.errors import DairaError
from daira.generate.bundled import Node, Schema, load
from daira.generate.files import headline
from daira.generate.markdown import code, first_sentence, prose, written
from daira.render import merge

CHART = Path("charts/daira")
TEMPLATE = Path(__file__).parent / "templates" / "chart-readme.md.txt"
# What most installations look at, in the order they do.
FIRST = (
    "global.environment",
    "global.imageRegistry",
    "global.imagePullSecrets",
    "global.existingSecret",
    "global.storageClass",
    "secrets.mode",
    "backend.image.tag",
    "backend.replicas",
    "backend.autoscaling.enabled",
    "backend.config",
    "backend.resources",
    "frontend.image.tag",
    "frontend.trustedProxies",
    "postgres.external.host",
    "postgres.persistence.size",
    "redis.external.host",
    "monitoring.enabled",
    "monitoring.alertmanager.config",
    "ingress.enabled",
    "ingress.host",
    "ingress.tls.enabled",
    "ingress.certManager.clusterIssuer",
    "gateway.enabled",
    "networkPolicy.enabled",
    "networkPolicy.ingressController",
)


def made(root: Path) -> dict[Path, str]:
    """The one file. Raises DairaError where Chart.yaml or the bundled schema can't be used."""
    file = root / CHART / "Chart.yaml"
    try:
        chart = yaml.safe_load(file.read_text(encoding="utf-8"))
        parts = {
            "name": str(chart["name"]),
            "description": str(chart["description"]),
            "version": str(chart["version"]),
            "app_version": str(chart["appVersion"]),
            "kubernetes": re.sub(r"[^0-9.]*(\d+\.\d+).*", r"\1", str(chart["kubeVersion"])),
        }
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise DairaError(f"{CHART}/Chart.yaml can't be used: {' '.join(str(error).split())}") from error
    schema = load(root, CHART)
    values = merge.load(root / CHART, ()).merged
    parts |= {
        "environments": _table("environment|file|what it is", _environments(root)),
        "components": _table("component|image|version|switch", _components(values, parts["app_version"])),
        "secrets": _table("key|what it is", _secrets(schema)),
        "values": _table("key|default|what it is", _first(schema)),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return {
        CHART / "README.md": f"<!-- {headline('chart-readme', f'{CHART} and values')} -->\n"
        + re.sub(r"@([a-z_]+)@", lambda found: parts[found[1]], text)
    }


def _table(head: str, rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table of cells that are escaped already."""
    titles = head.split("|")
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"|{'|'.join('---' if cell == '---' else f' {cell} ' for cell in line)}|" for line in lines)


def _environments(root: Path) -> Iterator[tuple[str, ...]]:
    """The environments, with the sentence that their file begins with."""
    for file in sorted((root / "values").glob("*.yaml")):
        line = file.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
        # "# Staging: what it is. And more:" without what leads over to the next line
        found = re.match(r"#\s*\w+: (?P<about>.*\.)(?=\s|$)", line)
        yield file.stem, code(f"values/{file.name}"), prose(found["about"].removesuffix(".")) if found else ""


def _components(values: dict[str, Any], version: str) -> Iterator[tuple[str, ...]]:
    """Every image that the chart runs, with what switches it on."""
    for path, image, switch in _images(values, (), ""):
        tag = str(image.get("tag") or version)
        state = merge.value_at(values, tuple(switch.split("."))) if switch else merge.MISSING
        on = "" if state is merge.MISSING else f"{code(switch)} ({'on' if state is True else 'off'})"
        yield ".".join(path), code(str(image["repository"])), code(tag), on


def _images(values: dict[str, Any], path: tuple[str, ...], switch: str) -> Iterator[tuple[tuple[str, ...], Node, str]]:
    """The path above each `image`, the image, and the nearest key above it that switches it."""
    if "enabled" in values and path:
        switch = ".".join((*path, "enabled"))
    for key, value in values.items():
        if isinstance(value, dict):
            if key == "image" and "repository" in value:
                yield path, value, switch
            else:
                yield from _images(value, (*path, key), switch)


def _secrets(schema: Schema) -> Iterator[tuple[str, ...]]:
    """The keys of the Secret."""
    for key, node in schema.properties(_at(schema, "secrets.values")):
        yield code(key), prose(first_sentence(schema.flat(node)[0].get("description")))


def _first(schema: Schema) -> Iterator[tuple[str, ...]]:
    """The rows of FIRST."""
    for key in FIRST:
        default: Any = schema.default(schema.root)
        for step in key.split("."):
            default = default.get(step) if isinstance(default, dict) else None
        shown = written(default) if default is not None else ""
        about = prose(first_sentence(_at(schema, key).get("description")))
        yield code(key), code(shown) if 0 < len(shown) <= 40 else "", about


def _at(schema: Schema, key: str) -> Node:
    """A key's schema. Raises DairaError where it is not declared."""
    node = schema.root
    for step in key.split("."):
        found = dict(schema.properties(node)).get(step)
        if found is None:
            raise DairaError(f"{CHART}/values.schema.json has no {key}, which the chart's README names: change FIRST")
        node, _ = schema.flat(found)
    return node
