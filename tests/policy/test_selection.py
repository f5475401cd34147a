"""Names of rules and groups: exact, glob, unknown."""

from __future__ import annotations

import pytest

from daira.errors import UsageError
from daira.policy.catalog import catalog
from daira.policy.rule import CHECKLIST, GROUPS
from daira.policy.selection import meant, select

ALL = [rule.name for rule in catalog()]


def _names(chosen: tuple[str, ...] = (), ignored: tuple[str, ...] = ()) -> list[str]:
    return [rule.name for rule in select(catalog(), chosen, ignored)]


def test_without_options_all_rules() -> None:
    assert _names() == ALL


@pytest.mark.parametrize("group", [*CHECKLIST, "pss-baseline", "pss-restricted", "reliability"])
def test_a_group_is_its_rules(group: str) -> None:
    assert _names((group,)) == [rule.name for rule in catalog() if group in rule.meta.groups]


def test_rules_groups_and_globs_add_up_and_ignore_wins() -> None:
    assert _names(("run-as-non-root", "privileg*")) == sorted(_names(("run-as-non-root,privileg*",)), key=ALL.index)
    assert "run-as-non-root" not in _names(("pss-*",), ("run-as-non-root",))
    assert "run-as-user" in _names(("pss-*",), ("run-as-non-root",))
    assert _names((), ("pss-*",)) == [
        rule.name for rule in catalog() if not {"pss-baseline", "pss-restricted"} & set(rule.meta.groups)
    ]


@pytest.mark.parametrize("name", ["run-as-nonroot", "run_as_non_root", "RUN-AS-NON-ROOT"])
def test_an_unknown_name_says_what_was_meant(name: str) -> None:
    with pytest.raises(UsageError, match=r"--select: there is no rule and no group .*did you mean .*run-as-non-root"):
        select(catalog(), (name,), ())
    with pytest.raises(UsageError, match="--ignore: there is no rule"):
        select(catalog(), (), (name,))


@pytest.mark.parametrize("name", ["", "zzzzzzzz", "zz*", "privileged,"])
def test_what_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="daira rules"):
        select(catalog(), (name,), ())


def test_no_rule_left_is_refused() -> None:
    """A run without a rule would look like one that found nothing."""
    with pytest.raises(UsageError, match="leave no rule"):
        select(catalog(), ("privileged",), ("privileged",))
    with pytest.raises(UsageError, match="leave no rule"):
        select(catalog(), (), ("*",))


def test_one_name_for_a_rule_and_a_group() -> None:
    """--select means the group; an exemption means as little as it can."""
    both = [name for name in ALL if name in GROUPS]
    assert both
    for name in both:
        assert meant(name, exact=True) == {name}
        assert meant(name) == {rule.name for rule in catalog() if name in rule.meta.groups}
