"""How a rule's cases run: cases/<rule>.yaml holds what is bad, good and nearly bad, and how the chart is spoilt."""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from tests.chart import conftest as charts

from daira.policy.catalog import Entry
from daira.policy.rule import Violation
from daira.render.manifests import objects_of
from daira.render.project import project_objects
from daira.render.release import NEWEST, Object, Release, Source, Version

CASES = Path(__file__).parent / "cases"


@cache
def cases(rule: str) -> dict[str, Any]:
    """A rule's cases; empty when it has none."""
    path = CASES / f"{rule}.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return loaded


def version(given: str | None) -> Version:
    """ "1.34" as (1, 34); None is the newest."""
    if given is None:
        return NEWEST
    major, minor = given.split(".")
    return int(major), int(minor)


def release_of(
    text: str, kubernetes: str | None = None, *, chart: bool = False, environment: str | None = None
) -> Release:
    """A release of the objects of a text."""
    objects = list(objects_of(Source("case.yaml", text)))
    return Release(objects, kube_version=version(kubernetes), chart=chart, environment=environment)


def case_release(case: dict[str, Any]) -> Release:
    """The release of a bad, good or near-miss case: its objects, and what it says of the version and environment."""
    return release_of(
        case["objects"],
        case.get("kubernetes"),
        chart=case.get("chart", False),
        environment=case.get("environment"),
    )


def pointer(path: tuple[str | int, ...]) -> str:
    """A path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def places(violations: Iterator[Violation]) -> list[str]:
    """ "Kind/name pointer" of each violation, "undecidable …" before what is; sorted."""
    found = []
    for violation in violations:
        where = f"{violation.object!r} {pointer(violation.path)}" if violation.object else "everything"
        found.append(where if violation.status == "fail" else f"undecidable {where}")
    return sorted(found)


def spoil(objects: list[dict[str, Any]], change: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The objects after some changes; one that hits nothing is an error.

    A change is `object` (Kind/name, globs) with `remove` (pointers) or `set` (pointer: value); or `delete` (Kind/name);
    or `add` (an object). A `*` in a pointer is every element.
    """
    made = copy.deepcopy(objects)
    for one in change:
        if "add" in one:
            made.append(one["add"])
            continue
        wanted = one.get("delete") or one["object"]
        hit = [item for item in made if fnmatch.fnmatch(f"{item['kind']}/{item['metadata']['name']}", wanted)]
        assert hit, f"no object is {wanted}"
        if "delete" in one:
            made = [item for item in made if item not in hit]
            continue
        done = 0
        for item in hit:
            for path in one.get("remove", []):
                done += _edit(item, path.split("/")[1:], None)
            for path, value in one.get("set", {}).items():
                done += _edit(item, path.split("/")[1:], [value])
        assert done, f"the change of {wanted} changed nothing"
    return made


def _edit(value: Any, steps: list[str], new: list[Any] | None) -> int:
    """Set (new: one value in a list) or remove what the steps lead to; returns in how many places."""
    step, rest = steps[0].replace("~1", "/").replace("~0", "~"), steps[1:]
    if isinstance(value, list):
        keys: list[Any] = list(range(len(value))) if step == "*" else [int(step)]
        if step == "*" and not rest and new is None:
            count = len(value)
            value.clear()
            return count
    elif isinstance(value, dict):
        keys = list(value) if step == "*" else [step]
    else:
        return 0
    if rest:
        if new is not None and isinstance(value, dict) and keys == [step]:
            value.setdefault(step, {})
        return sum(_edit(value[key], rest, new) for key in keys if isinstance(value, list) or key in value)
    done = 0
    for key in keys:
        if new is not None:
            value[key] = copy.deepcopy(new[0])
            done += 1
        elif isinstance(value, list) or key in value:
            del value[key]
            done += 1
    return done


def mutant(case: dict[str, Any]) -> Release:
    """A release of the chart, rendered with `environment` and `values` (dotted paths), after the case's changes.

    With `project: true` it is made of the repository's own files (daira.render.project) instead.
    """
    if case.get("project"):
        return _spoilt_project(case)
    rendered = charts.render(case.get("environment", "staging"), case.get("values"))
    changed = spoil(rendered.objects, case.get("change", []))
    return release_of(
        yaml.dump_all(changed, Dumper=yaml.CSafeDumper), case.get("kubernetes"), chart=case.get("chart", True)
    )


def _spoilt_project(case: dict[str, Any]) -> Release:
    objects = list(project_objects(charts.ROOT, (charts.CHART,)))
    # spoil() finds objects by kind and name: files that have no name of their own go by their file's
    for item in objects:
        item.data.setdefault("metadata", {}).setdefault("name", Path(item.source.file).name)
    data = spoil([item.data for item in objects], case.get("change", []))
    made = [Object(item, Source("project.yaml", "")) for item in data]
    return Release(made, kube_version=version(case.get("kubernetes")))


def violations(rule: Entry, release: Release) -> list[Violation]:
    """What a rule says to a release."""
    return list(rule.check(release))


__all__ = ["Object", "cases", "mutant", "places", "pointer", "release_of", "spoil", "violations"]
