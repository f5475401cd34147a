"""Every rule: its own Bad and Good, its cases (bad, good, near miss), and the chart with the protection taken out."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy import harness

from daira.policy.catalog import HEADINGS, Entry, catalog, sections
from daira.policy.rule import CHECKLIST, GROUPS

RULES = [pytest.param(rule, id=rule.name) for rule in catalog()]


def _each(part: str) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule.name}: {case.get('why', number)}")
        for rule in catalog()
        for number, case in enumerate(harness.cases(rule.name).get(part, []))
    ]


@pytest.mark.parametrize("rule", RULES)
def test_is_documented(rule: Entry) -> None:
    """A title, every heading once and in order, groups and standards that exist."""
    found = sections(rule.doc)
    assert list(found) == ["", *HEADINGS]
    assert all(text.strip() for text in found.values()), "a heading without a text"
    assert rule.doc.partition("\n")[0].endswith("."), "the title is a sentence"
    assert set(rule.meta.groups) <= set(GROUPS)
    assert rule.meta.groups
    assert all(":" in standard for standard in rule.meta.standards)
    if rule.meta.checklist:
        assert f"checklist:{rule.meta.checklist}" in rule.meta.standards
        assert rule.meta.checklist in CHECKLIST


@pytest.mark.parametrize("rule", RULES)
def test_bad_and_good_of_the_documentation(rule: Entry) -> None:
    """The snippets a reader sees do what they say."""
    found = sections(rule.doc)
    # a rule may ask only what no chart has rendered
    bad = [harness.violations(rule, harness.release_of(found["Bad"], chart=chart)) for chart in (True, False)]
    assert any(bad), "Bad is accepted"
    good = harness.violations(rule, harness.release_of(found["Good"], chart=True))
    assert not good, f"Good is refused: {harness.places(iter(good))}"


@pytest.mark.parametrize("rule", RULES)
def test_has_every_sort_of_case(rule: Entry) -> None:
    """At least one bad, one good, one near miss and one mutation."""
    found = harness.cases(rule.name)
    assert {part for part in ("bad", "good", "near_miss", "mutation") if found.get(part)} == {
        "bad",
        "good",
        "near_miss",
        "mutation",
    }


@pytest.mark.parametrize(("rule", "case"), _each("bad"))
def test_bad(rule: Entry, case: dict[str, Any]) -> None:
    """Exactly these places are found."""
    release = harness.case_release(case)
    assert harness.places(rule.check(release)) == sorted(case["at"])


@pytest.mark.parametrize(("rule", "case"), [*_each("good"), *_each("near_miss")])
def test_good(rule: Entry, case: dict[str, Any]) -> None:
    """Nothing is found."""
    release = harness.case_release(case)
    assert harness.places(rule.check(release)) == []


@pytest.mark.parametrize(("rule", "case"), _each("mutation"))
def test_mutation(rule: Entry, case: dict[str, Any]) -> None:
    """The chart as it is passes, the spoilt one does not: at each object of `at`, or anywhere."""
    whole = harness.mutant({**case, "change": []})
    untouched = [found for found in rule.check(whole) if found.status == "fail"]
    assert harness.places(iter(untouched)) == []
    found = {repr(violation.object) for violation in rule.check(harness.mutant(case))}
    assert found
    assert set(case.get("at", [])) <= found
