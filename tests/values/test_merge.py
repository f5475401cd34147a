"""What lint judges is what Helm's templates see; and no text or values make it raise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.chart.conftest import tools
from tests.values.small import chart

from daira import shell
from daira.render.merge import Layer
from daira.values.charts import opened, with_globals
from daira.values.judge import Judge
from daira.values.overrides import same

NAMES = st.sampled_from(["level", "map", "list", "a", "b", "image", "replicas", "enabled"])
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "1.10"])
TREES = st.recursive(SCALARS | st.lists(SCALARS, max_size=2), lambda inner: st.dictionaries(NAMES, inner, max_size=3))
MAPS = st.dictionaries(NAMES, TREES, max_size=3)
SWITCHED = st.builds(
    lambda inner, on: {**inner, "enabled": on} if on is not None else inner,
    st.dictionaries(NAMES.filter(lambda name: name != "enabled"), TREES, max_size=3),
    st.sampled_from([True, False, None]),
)
LAYERS = st.fixed_dictionaries({}, optional={"sub": SWITCHED, "backend": MAPS, "global": MAPS, "new": TREES})


def _bare(value: Any) -> Any:
    """Without null, which a template takes for absent."""
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items() if inner is not None}
    return value


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layers=st.lists(LAYERS, min_size=1, max_size=3))
def test_the_merged_values_are_helms(tmp_path_factory: pytest.TempPathFactory, layers: list[dict[str, Any]]) -> None:
    here = tmp_path_factory.mktemp("chart")
    root = chart(here, schema=None)
    words: list[object] = [tools()["helm"], "template", "x", root, "--show-only", "templates/v.yaml"]
    files = []
    for number, layer in enumerate(layers):
        file = here / f"{number}.yaml"
        file.write_text(yaml.safe_dump(layer), encoding="utf-8")
        words += ["-f", file]
        files.append(Layer(str(file), file.read_text(encoding="utf-8")))
    done = shell.run(words, timeout=60)
    seen = _bare(json.loads(yaml.safe_load(done.out)["data"]["v"]))
    with opened(root) as found:
        merged = found.values(files[::-1]).merged
        on = ("sub",) in found.values(files[::-1]).subcharts
    if on:
        merged["sub"] = {"global": {}, **with_globals(merged["sub"], merged)}
    assert same(_bare(merged), seen), (merged, seen)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=80) | st.text(alphabet="subackend:- []{}&*!|>\n 01.<\"'\t", max_size=80))
def test_no_text_makes_it_raise(judge: Judge, text: str) -> None:
    for one in judge.environment([Layer("a", text)], "a"):
        assert one.line > 0
        assert one.column > 0
        assert one.message


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(layers=st.lists(LAYERS | TREES, min_size=1, max_size=2))
def test_no_values_make_it_raise(judge: Judge, layers: list[Any]) -> None:
    files = [Layer(str(number), yaml.safe_dump(layer)) for number, layer in enumerate(layers)]
    for one in judge.environment(files, None):
        assert one.message


def test_what_helm_sees_of_aliases_and_tags(here: Path) -> None:
    root = chart(here, schema=None)
    (root / "Chart.yaml").write_text(
        "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n"
        "- {name: sub, version: 1.0.0, alias: one, tags: [some]}\n"
        "- {name: sub, version: 1.0.0, alias: two, tags: [some], condition: two.active}\n"
        "- {name: sub, version: 1.0.0, alias: three, condition: 'nowhere.on,three.enabled'}\n",
        encoding="utf-8",
    )
    file = here / "a.yaml"
    file.write_text("tags: {some: false}\ntwo: {active: true}\nthree: {enabled: false, x: 1}\n", encoding="utf-8")
    done = shell.run([tools()["helm"], "template", "x", root, "-f", file, "-s", "templates/v.yaml"], timeout=60)
    seen = json.loads(yaml.safe_load(done.out)["data"]["v"])
    with opened(root) as found:
        values = found.values([Layer(str(file), file.read_text(encoding="utf-8"))])
    assert values.subcharts == {("two",)}
    assert {name: values.merged.get(name) for name in ("one", "three")} == {
        name: seen.get(name) for name in ("one", "three")
    }
    assert same({**values.merged["two"], "global": values.merged["global"]}, seen["two"])


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """One chart for all examples."""
    with opened(chart(tmp_path_factory.mktemp("shared"))) as found:
        yield Judge(found)
