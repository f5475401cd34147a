"""Manifests spoilt on purpose: realistic objects, and any JSON value at any place in them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from tests.chart import conftest as charts
from tests.policy import harness

from daira.policy.catalog import catalog
from daira.render.manifests import flat, shape
from daira.render.project import project_objects
from daira.render.release import NEWEST, Object, Path, Release, Source, Version

SOURCE = Source("fuzz.yaml", "")
DELETED, DOUBLED = object(), object()
# One value of every type, the odd ones of each, and what looks like something it is not.
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    7,
    10**30,
    1.5,
    -1e308,
    float("inf"),
    float("nan"),
    "",
    " ",
    "x",
    "-1",
    "1e3",
    "٣",
    "é\u2028\x00",
    "\ud800",
    "{{ x }}",
    "a:b/c@d=e,*",
    [],
    [None],
    [1, "x", True],
    [[]],
    [{}],
    [{"name": []}],
    {},
    {"": None},
    {"x": {"y": []}},
    {"name": {}},
    {2: 2, None: [], True: {}},
    {"a": [1], "b": {"c": "d"}},
    DELETED,
    DOUBLED,
)

Documents = list[dict[str, Any]]


def parsed(text: str) -> Documents:
    """The documents of a text that are mappings."""
    return [data for data in yaml.load_all(text, Loader=yaml.CSafeLoader) if isinstance(data, dict)]


@cache
def corpus() -> dict[str, list[Documents]]:
    """Rule -> the documents of each of its bad, good and nearly bad cases."""
    return {
        rule.name: [
            parsed(case["objects"])
            for part in ("bad", "good", "near_miss")
            for case in harness.cases(rule.name).get(part, [])
        ]
        for rule in catalog()
    }


@cache
def shipped() -> dict[str, Documents]:
    """Environment -> what the chart renders in it."""
    return {name: charts.render(name).objects for name in charts.SHIPPED}


@cache
def repository() -> Documents:
    """The files of this repository, as the rules see them that decide from the project."""
    return [item.data for item in project_objects(charts.ROOT, (charts.CHART,))]


def objects(documents: Documents) -> list[Object]:
    """Documents as objects; Lists are taken apart, what has no kind is left out."""
    return [
        item
        for number, data in enumerate(documents)
        if (shaped := shape(data)) is not None
        for item in flat(shaped, SOURCE, number)
    ]


def release(documents: Documents, kubernetes: Version = NEWEST, *, chart: bool = False) -> Release:
    """Documents as a release."""
    return Release(objects(documents), kube_version=kubernetes, chart=chart, environment="production")


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place below a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*at, key)
            yield from paths(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*at, index)
            yield from paths(inner, (*at, index))


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy of `value` (only along the path) with another value there; unchanged where it leads nowhere."""
    step: Any = path[0]
    rest = path[1:]
    if isinstance(value, dict):
        if step not in value:
            return value
        made: Any = dict(value)
    elif isinstance(value, list):
        if not isinstance(step, int) or step >= len(value):
            return value
        made = list(value)
    else:
        return value
    if rest:
        made[step] = put(made[step], rest, new)
    elif new is DELETED:
        del made[step]
    elif new is DOUBLED:
        if isinstance(made, list):
            made.append(copy.deepcopy(made[step]))
        else:
            made[f"{step}2"] = made[step]
    else:
        made[step] = copy.deepcopy(new)
    return made
