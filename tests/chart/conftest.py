"""One way to render the chart: render() for what it makes, refuse() for what it says no to. Every render is cached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import settings

from daira import shell
from daira.local import toolchain
from daira.local.machine import this_machine

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "daira"
# The shipped environments, and the chart as it is without any values file.
SHIPPED = tuple(sorted(file.stem for file in (ROOT / "values").glob("*.yaml")))
ENVIRONMENTS = (*SHIPPED, "defaults")

# The same examples in every run; few, because each one is a render.
settings.register_profile("chart", max_examples=12, deadline=None, derandomize=True)
settings.load_profile("chart")

Object = dict[str, Any]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Release:
    """What one render made: the exact text, and its objects. Shared between tests: copy before changing."""

    name: str
    namespace: str
    text: str
    objects: list[Object]

    def of(self, kind: str) -> list[Object]:
        """All objects of a kind."""
        return [item for item in self.objects if item["kind"] == kind]

    def get(self, kind: str, component: str) -> Object:
        """The object <release>-<component>."""
        found = [item for item in self.of(kind) if item["metadata"]["name"] == f"{self.name}-{component}"]
        assert len(found) == 1, f"{kind} {component}: {sorted(item['metadata']['name'] for item in self.of(kind))}"
        return found[0]

    def has(self, kind: str, component: str) -> bool:
        """Whether there is an object <release>-<component>."""
        return any(item["metadata"]["name"] == f"{self.name}-{component}" for item in self.of(kind))


@cache
def tools() -> toolchain.Toolchain:
    """The pinned programs."""
    return toolchain.ensure(this_machine())


def nest(values: Values) -> dict[str, Any]:
    """{"a.b": 1, "a.c": 2} as {"a": {"b": 1, "c": 2}}."""
    made: dict[str, Any] = {}
    for path, value in values.items():
        *folders, last = path.split(".")
        at = made
        for folder in folders:
            at = at.setdefault(folder, {})
        at[last] = value
    return made


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` on top of `base`, as Helm merges values files."""
    made = dict(base)
    for key, value in over.items():
        below = made.get(key)
        made[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return made


def effective_values(environment: str, values: Values) -> dict[str, Any]:
    """All values as the templates see them: subcharts' defaults, the umbrella's, the environment's, then `values`."""
    made: dict[str, Any] = {}
    for path in sorted(CHART.glob("charts/*/values.yaml")):
        made[path.parent.name] = yaml.safe_load(path.read_text(encoding="utf-8"))
    layers = [CHART / "values.yaml"]
    if environment in SHIPPED:
        layers.append(ROOT / "values" / f"{environment}.yaml")
    for layer in layers:
        made = merge(made, yaml.safe_load(layer.read_text(encoding="utf-8")))
    return merge(made, nest(values))


@cache
def template(
    environment: str, stdin: str, release: str, namespace: str, arguments: tuple[str, ...], chart: Path, attempt: int
) -> shell.Done:
    """`helm template`, once for each set of arguments. stdin: values as JSON. attempt: another number renders anew."""
    files = ["-f", ROOT / "values" / f"{environment}.yaml"] if environment in SHIPPED else []
    words = [tools()["helm"], "template", release, chart, "-n", namespace, *files, "-f", "-", *arguments]
    return shell.run(words, timeout=60, stdin=stdin, check=False)


@cache
def parse(text: str) -> list[Object]:
    """The objects of a rendered text."""
    return [item for item in yaml.load_all(text, Loader=yaml.CSafeLoader) if item]


def render(
    environment: str = "staging",
    values: Values | None = None,
    *,
    release: str = "daira",
    namespace: str = "daira-test",
    arguments: tuple[str, ...] = (),
    chart: Path = CHART,
    attempt: int = 0,
) -> Release:
    """The chart with an environment's values and `values` (dotted paths) on top. Fails the test when Helm refuses."""
    done = template(environment, json.dumps(nest(values or {})), release, namespace, arguments, chart, attempt)
    assert done.code == 0, done.err
    return Release(release, namespace, done.out, parse(done.out))


def refuse(
    environment: str = "staging",
    values: Values | None = None,
    *,
    arguments: tuple[str, ...] = (),
    release: str = "daira",
) -> str:
    """What Helm says when it refuses these values, on one line. Fails the test when it renders them."""
    done = template(environment, json.dumps(nest(values or {})), release, "daira-test", arguments, CHART, 0)
    assert done.code != 0, "these values were rendered"
    return " ".join(done.err.split())
