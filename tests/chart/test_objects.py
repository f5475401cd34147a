"""Which objects there are: the exact set for every environment and switch, and the same bytes each time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.chart.conftest import ENVIRONMENTS, SHIPPED, Object, Release, render

TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("objects.yaml").read_text(encoding="utf-8"))
SWITCHES: dict[str, Any] = TABLE["switches"]
CASES = [(environment, name) for name, row in SWITCHES.items() for environment in row.get("only", SHIPPED)]

Pair = tuple[str, str]


def found(release: Release) -> list[Pair]:
    """(kind, name without the release) of every object, in order; a migration Job's checksum is a star."""
    pairs = []
    for item in release.objects:
        name = item["metadata"]["name"].removeprefix(f"{release.name}-")
        pairs.append((item["kind"], re.sub(r"^migrate-[0-9a-f]{8}$", "migrate-*", name)))
    return sorted(pairs)


def changed(pairs: set[Pair], row: dict[str, Any]) -> set[Pair]:
    """`pairs` after a row of the table: what it removes, then what it adds."""
    removes = dict(row.get("removes") or {})
    components = removes.pop("component", [])
    gone = {(kind, name) for kind, names in removes.items() for name in names}
    kept = {pair for pair in pairs if pair not in gone and pair[1] not in components}
    return kept | {(kind, name) for kind, names in (row.get("adds") or {}).items() for name in names}


def expected(environment: str, switch: str | None = None) -> set[Pair]:
    """What the table says."""
    base = {(kind, name) for kind, names in TABLE["base"].items() for name in names}
    pairs = changed(base, TABLE["environments"][environment])
    return changed(pairs, SWITCHES[switch]) if switch else pairs


def stripped(release: Release) -> list[Object]:
    """All objects, the data of Secrets aside."""
    return [{**item, "data": None} if item["kind"] == "Secret" else item for item in release.objects]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_exactly_these_objects(environment: str) -> None:
    assert found(render(environment)) == sorted(expected(environment))


@pytest.mark.parametrize(("environment", "switch"), CASES)
def test_a_switch_changes_exactly_these_objects(environment: str, switch: str) -> None:
    assert found(render(environment, SWITCHES[switch]["values"])) == sorted(expected(environment, switch))


@pytest.mark.parametrize("switch", SWITCHES)
def test_the_table_has_no_dead_entry(switch: str) -> None:
    """What a switch removes is there before in some environment, and what it adds is missing in some."""
    row = SWITCHES[switch]
    environments = row.get("only", SHIPPED)
    removes = dict(row.get("removes") or {})
    before = set().union(*(expected(environment) for environment in environments))
    assert set(removes.pop("component", [])) <= {name for _, name in before}
    assert {(kind, name) for kind, names in removes.items() for name in names} <= before
    always = set.intersection(*(expected(environment) for environment in environments))
    assert not {(kind, name) for kind, names in (row.get("adds") or {}).items() for name in names} & always


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_two_renders_differ_in_no_byte_outside_secrets(environment: str) -> None:
    first, second = render(environment), render(environment, attempt=1)
    assert stripped(first) == stripped(second)
    if not first.of("Secret"):
        assert first.text == second.text


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_two_renders_are_the_same_bytes_when_every_secret_is_given(environment: str) -> None:
    keys = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET", "GRAFANA_ADMIN_PASSWORD")
    values = {"global.existingSecret": "", **{f"secrets.values.{key}": f"given-{key}" for key in keys}}
    assert render(environment, values).text == render(environment, values, attempt=1).text


def test_made_up_secrets_do_differ() -> None:
    """The control of the two tests above: there is something the comparison would see."""
    assert render("staging").text != render("staging", attempt=1).text


def test_every_object_is_in_the_releases_namespace() -> None:
    release = render("staging", namespace="elsewhere")
    assert {item["metadata"].get("namespace") for item in release.objects} == {"elsewhere"}


def test_every_object_says_what_it_belongs_to() -> None:
    for item in render("staging").objects:
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "daira", item["metadata"]["name"]
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/part-of"] == "daira"
        assert labels["helm.sh/chart"].endswith("-0.1.0")
