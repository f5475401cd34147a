"""What the schema allows, renders: into objects Kubernetes takes and the policy check passes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.chart.conftest import CHART, parse, template
from tests.chart.contract import load
from tests.chart.documents import documents
from tests.chart.test_schema import NEWEST, judged

from daira.policy.catalog import catalog
from daira.render.release import Object, Release, Source

WHOLE = load("daira")
VALIDATOR = jsonschema.Draft202012Validator(WHOLE)
# What a valid document may make of an object on purpose, by rule.
BY_INTENT = {
    "spread-constraints-work": "a constraint without a selector is written in Kubernetes' words, and is the user's own",
    "resource-request-above-limit": "requests and limits are made up one by one; defaults fill in the other",
}
ERRORS = [rule for rule in catalog() if rule.severity == "error" and rule.decides == "object"]


def _outcome(values: dict[str, Any]) -> tuple[str, str]:
    """The rendered text and the message."""
    done = template("staging", json.dumps(values), "daira", "daira-test", (), CHART, 0)
    return (done.out, "") if done.code == 0 else ("", done.err)


# Every part of the chart gets its share of the examples.
PARTS = ["backend", "frontend", "postgres", "redis", "monitoring", "networkPolicy", "migrations", "ingress", "global"]


@pytest.mark.parametrize("part", PARTS)
def test_what_the_schema_allows_renders(part: str) -> None:
    rendered = 0

    @settings(
        max_examples=4,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(values=documents(WHOLE, WHOLE["properties"][part]))
    def check(values: dict[str, Any]) -> None:
        nonlocal rendered
        whole = {part: values}
        told = [error.message for error in VALIDATOR.iter_errors(whole)]
        assert not told, told
        text, message = _outcome(whole)
        if message:
            # the templates may refuse what does not go together, with advice; they may not stumble
            assert "execution error at" in message or "do not fit together" in message, message
            return
        rendered += 1
        objects = parse(text)
        assert judged(objects, NEWEST) == [[]] * len(objects), whole
        release = Release([Object(item, Source("rendered", text)) for item in objects])
        found = [
            (rule.name, one.message)
            for rule in ERRORS
            for one in rule.check(release)
            if one.status == "fail" and rule.name not in BY_INTENT
        ]
        assert not found, (whole, found)

    check()
    assert rendered, "every example was refused: nothing was shown"


def test_a_document_the_schema_refuses_is_not_made_up() -> None:
    """The strategy keeps to the schema, so a schema that allows too much is what fails above."""

    @settings(max_examples=60, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(PARTS).flatmap(
            lambda part: documents(WHOLE, WHOLE["properties"][part]).map(lambda it: {part: it})
        )
    )
    def check(values: dict[str, Any]) -> None:
        assert VALIDATOR.is_valid(values), (values, [error.message for error in VALIDATOR.iter_errors(values)])

    check()
