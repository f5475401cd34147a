"""Which names a new service or environment may have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from daira.errors import UsageError
from daira.generate.edit import span

LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
# An object's name ends at 52 characters and begins with the release's; this leaves fifteen of them for that.
LONGEST = 30
# What YAML reads as a switch or nothing, and what Go templates read as an action.
YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
TEMPLATE_WORDS = {
    "and",
    "block",
    "define",
    "else",
    "end",
    "if",
    "include",
    "index",
    "not",
    "or",
    "range",
    "tpl",
    "with",
}
# Keys of every values file, files beside the sources, and what a release is called.
OURS = {"global", "common", "enabled", "daira", "definitions", "defaults", "exports", "import-values", "default"}


def checked(name: str, what: str) -> str:
    """A name that is a DNS label and no reserved word; `what` it is for. Raises UsageError with the reason."""
    if not LABEL.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for {what}: small letters, digits and dashes, a letter first and no dash at the end"
        )
    if len(name) > LONGEST:
        raise UsageError(
            f"{name} has {len(name)} characters and {what} at most {LONGEST}: names of objects begin with the release's"
        )
    if name in YAML_WORDS | TEMPLATE_WORDS | OURS:
        raise UsageError(f"{name} is a reserved word: choose another name for {what}")
    return name


def objects(chart: Path) -> set[str]:
    """The names that objects of the chart have or may have, without the release's."""
    found: set[str] = set()
    for file in [*chart.rglob("*.yaml"), *chart.rglob("*.tpl")]:
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'"component" \(?(?:printf )?"([a-z0-9-]+)', text))
    return {name.rstrip("-") for name in found}


def free(root: Path, name: str) -> None:
    """Raises UsageError where a service of that name is there already, or it would meet something that is."""
    chart = root / "charts" / "daira"
    if (chart / "charts" / name).exists():
        raise UsageError(f"charts/daira/charts/{name} is there already: choose another name, or remove that one first")
    for source in (f"schemas/{name}.schema.yaml", f"tests/chart/{test_module(name)}"):
        if (root / source).exists():
            raise UsageError(f"{source} is there already: choose another name, or remove that one first")
    if span((chart / "values.yaml").read_text(encoding="utf-8"), name):
        raise UsageError(f"{name} is a key of charts/daira/values.yaml already: choose another name")
    edges = yaml.safe_load((chart / "files" / "edges.yaml").read_text(encoding="utf-8"))
    taken = {*edges["components"], *ends(edges), *objects(chart)}
    alike = {name, name.removesuffix("-pods"), f"{name}-pods"} & taken
    first = name.split("-")[0]
    if alike or first in {"migrate", "test"}:
        meets = ", ".join(sorted(alike)) or f"{first}-*"
        raise UsageError(f"{name} would meet the release's own {meets}: choose another name")


def ends(edges: dict[str, list[dict[str, str]]]) -> Iterable[str]:
    """Every name that edges begin or end at."""
    return {edge[side] for edge in edges["edges"] for side in ("from", "to")}


def test_module(name: str) -> str:
    """The file of a service's chart tests."""
    return f"test_{name.replace('-', '_')}.py"
