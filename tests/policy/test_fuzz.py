"""No rule raises, changes its input or depends on how the work is shared, whatever stands at any place of a manifest.

More examples: FUZZ=50 python -m pytest tests/policy/test_fuzz.py
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.policy import harness, spoiling

from daira.policy import engine
from daira.policy.catalog import Entry, by_name, catalog
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import NEWEST, OLDEST, Object, Release, deep
from daira.report.result import Problem

MORE = int(os.environ.get("FUZZ", "1"))
# The same examples in every run, so that a change is judged by itself.
FUZZ = settings(
    max_examples=300 * MORE,
    deadline=None,
    derandomize=MORE == 1,
    database=None,
    suppress_health_check=list(HealthCheck),
)
RULES = catalog()
SHARED = [rule for rule in RULES if rule.decides != "project"]
VERSIONS = st.integers(OLDEST[1], NEWEST[1]).map(lambda minor: (1, minor))
# What breaks texts that hold a language of their own: nginx, YAML, quantities, cron, image references, URLs.
BREAKS = [
    *"{};\"'\n:[]*&!|>?-%@\\$#\t=,²",
    "\x00",
    "\ud800",
    "9" * 400,
    "1e999999999",
    "{{",
    "http://[",
    "&a [*a]",
    "<<: 1",
]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**18, 10**40)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(BREAKS)
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["metadata", "spec", "template", "containers", "name", "labels", "rules", "data", "ports", "selector", "items"]
)
WILD = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


def _pool() -> list[spoiling.Documents]:
    """Realistic objects: of every case, of every object the chart makes, and the files of this repository."""
    of_cases = [documents for rule in RULES for documents in spoiling.corpus()[rule.name]]
    of_chart = [[data] for documents in spoiling.shipped().values() for data in documents]
    return [documents for documents in (*of_cases, *of_chart, *([data] for data in spoiling.repository())) if documents]


POOL = _pool()
KINDS = sorted(
    {
        (data["apiVersion"], data["kind"])
        for documents in POOL
        for data in documents
        if isinstance(data.get("apiVersion"), str) and isinstance(data.get("kind"), str)
    }
)


@st.composite
def spoilt(draw: st.DrawFn) -> Release:
    """Some realistic objects together, with anything at a few of their places."""
    documents = [data for part in draw(st.lists(st.sampled_from(POOL), min_size=1, max_size=6)) for data in part]
    for _ in range(draw(st.integers(0, 8))):
        number = draw(st.integers(0, len(documents) - 1))
        places = list(spoiling.paths(documents[number]))
        if not places:
            continue
        place = draw(st.sampled_from(places))
        old = deep(documents[number], place)
        how = draw(st.sampled_from(["odd", "odd", "any", "text", "moved"]))
        new: Any = draw(st.sampled_from(spoiling.VALUES))
        if how == "any":
            new = draw(JSON)
        elif how == "text" and isinstance(old, str):
            cut = draw(st.integers(0, len(old)))
            new = old[:cut] + draw(st.sampled_from(["", *BREAKS])) + (old[cut:] if draw(st.booleans()) else "")
        elif how == "moved":
            other = documents[draw(st.integers(0, len(documents) - 1))]
            elsewhere = list(spoiling.paths(other))
            new = deep(other, draw(st.sampled_from(elsewhere))) if elsewhere else None
        documents[number] = spoiling.put(documents[number], place, new)
    return _release(draw, documents)


@st.composite
def wild(draw: st.DrawFn) -> Release:
    """Anything at all, with the kind of something."""
    documents = []
    for api_version, kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)):
        anything = draw(st.dictionaries(KEYS, WILD, max_size=5))
        documents.append({"apiVersion": api_version, "kind": kind, **anything})
    return _release(draw, documents)


def _release(draw: st.DrawFn, documents: spoiling.Documents) -> Release:
    return Release(
        spoiling.objects(documents),
        kube_version=draw(VERSIONS),
        chart=draw(st.booleans()),
        environment=draw(st.sampled_from([None, "production", "development"])),
    )


def _parts(release: Release, count: int) -> Iterator[Release]:
    """A release in `count` shares, as the engine makes them for its workers."""
    size = max(1, -(-len(release.objects) // count))
    for start in range(0, max(1, len(release.objects)), size):
        yield release.share(release.objects[start : start + size], leads=start == 0)


def _said(rule: Entry, *releases: Release) -> Counter[tuple[Any, ...]]:
    return Counter(
        (id(found.object), found.path, found.message, found.status)
        for release in releases
        for found in rule.check(release)
    )


def _holds(release: Release, rules: list[Entry] | tuple[Entry, ...] = RULES) -> None:
    """What must hold for all rules."""
    before = [copy.deepcopy(item.data) for item in release.objects]
    for rule in rules:
        try:
            whole = _said(rule, release)
        except Exception as error:
            error.add_note(f"rule {rule.name}, for {release.kube_version}, chart {release.chart}")
            raise
        assert _said(rule, release) == whole, f"{rule.name} answers otherwise the second time"
        if rule.decides != "project":
            for count in (2, 3):
                assert _said(rule, *_parts(release, count)) == whole, f"{rule.name} judges {count} shares otherwise"
    # as text: not-a-number is not even equal to itself
    assert repr([item.data for item in release.objects]) == repr(before), "a rule changed its input"


@FUZZ
@given(spoilt())
def test_realistic_objects_with_anything_anywhere(release: Release) -> None:
    """There is an answer, twice the same; the input is as it was; shares say what the whole says."""
    _holds(release)


@FUZZ
@given(wild())
def test_anything_with_a_kind(release: Release) -> None:
    """The same for what nobody would write."""
    _holds(release)


# Of every place and value of every case, one in so many: another one in each case.
EVERY = max(1, 12 // MORE)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.name) for rule in RULES])
def test_each_type_at_each_place_of_its_own_cases(rule: Entry) -> None:
    """A rule's own cases lead to the fields it reads."""
    count = 0
    for documents in spoiling.corpus()[rule.name]:
        for number, data in enumerate(documents):
            for place in spoiling.paths(data):
                for value in spoiling.VALUES:
                    count += 1
                    if count % EVERY:
                        continue
                    made = [*documents[:number], spoiling.put(data, place, value), *documents[number + 1 :]]
                    release = spoiling.release(made, (1, 25 + count // EVERY % 13), chart=count // EVERY % 2 == 0)
                    try:
                        list(rule.check(release))
                    except Exception as error:
                        error.add_note(f"with {value!r} at {place} of {data}")
                        raise


@pytest.mark.parametrize("environment", ["development", "staging", "production"])
def test_shares_of_the_chart(environment: str) -> None:
    """A worker sees what it needs: its share's findings are the whole's."""
    for chart in (True, False):
        _holds(spoiling.release(spoiling.shipped()[environment], chart=chart))


def test_shares_of_all_cases_together() -> None:
    """Many objects with the same names, all kinds among them."""
    documents = [data for rule in RULES for part in spoiling.corpus()[rule.name] for data in part]
    assert len(documents) > 1000
    whole = spoiling.release(documents)
    for rule in SHARED:
        assert _said(rule, *_parts(whole, 3)) == _said(rule, whole), rule.name


def _entry(check: Any) -> Entry:
    model = by_name()["run-as-non-root"]
    return Entry("made-up", Rule("error", ("hygiene",), (), "object"), check, model.doc)


def test_a_rule_that_depends_on_its_share_is_seen() -> None:
    """The red control of the shares."""

    def check(release: Release) -> Iterator[Violation]:
        for item in release.subjects:
            if len(release.subjects) > 1:
                yield fail(item, (), "not alone")

    release = harness.release_of("{kind: Pod, apiVersion: v1}\n---\n{kind: Pod, apiVersion: v1}")
    with pytest.raises(AssertionError, match="judges 2 shares otherwise"):
        _holds(release, [_entry(check)])


def test_a_rule_that_changes_its_input_is_seen() -> None:
    """The red control of the purity."""

    def check(release: Release) -> Iterator[Violation]:
        for item in release.subjects:
            item.data["seen"] = True
            yield fail(item, (), "seen")

    with pytest.raises(AssertionError, match="changed its input"):
        _holds(harness.release_of("{kind: Pod, apiVersion: v1}"), [_entry(check)])


def _nowhere(violation: Violation) -> engine.Located:
    return "f.yaml", 1, 1, False, None, None, 0


def test_a_rule_that_raises_is_a_problem_and_the_others_still_report() -> None:
    """In the middle of its findings, in one process and in several: exit code 3, and what was found is told."""

    def check(release: Release) -> Iterator[Violation]:
        for number, item in enumerate(release.subjects):
            if number:
                raise KeyError(number)
            yield fail(item, (), "first")

    text = "\n---\n".join(
        f"{{kind: Pod, apiVersion: v1, metadata: {{name: p{number}}}, spec: {{containers: [{{name: a}}]}}}}"
        for number in range(600)
    )
    release = harness.release_of(text)
    for one in (release, Release(release.objects[:3])):
        result = engine.run([one], Release([]), [_entry(check), by_name()["run-as-non-root"]], _nowhere)
        said = "internal failure in rule made-up: KeyError: 1; please report it"
        assert result.problems == [Problem(said)]
        assert sum(finding.rule == "run-as-non-root" for finding in result.findings) == len(one.objects)
        assert result.exit_code("error") == 3


def test_a_place_that_cannot_be_found_keeps_its_finding() -> None:
    """The engine's own failure is told, and nothing is lost."""

    def lost(violation: Violation) -> engine.Located:
        raise RecursionError("too deep")

    release = harness.release_of("{kind: Pod, apiVersion: v1, metadata: {name: p}, spec: {containers: [{name: a}]}}")
    result = engine.run([release], Release([]), [by_name()["run-as-non-root"]], lost)
    assert [(finding.subject.name, finding.file, finding.guess) for finding in result.findings] == [
        ("p", "case.yaml", True)
    ]
    said = "internal failure in finding lines: RecursionError: too deep; please report it"
    assert result.problems == [Problem(said, "case.yaml")]
    assert result.exit_code("error") == 3


def test_the_cases_hold_objects() -> None:
    """The fuzz test would prove nothing without any."""
    assert all(spoiling.corpus().values())
    assert isinstance(spoiling.release(POOL[0]).objects[0], Object)
