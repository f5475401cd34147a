"""The mutation score of every rule: how many of the chart's spoilt versions it catches. Writes docs/policy.md.

Usage: .venv/bin/python -m tests.policy.score
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.policy import harness

from daira.policy.catalog import catalog
from daira.policy.documentation import policy_md

PAGE = Path(__file__).resolve().parents[2] / "docs" / "policy.md"


@cache
def score() -> dict[str, tuple[int, int]]:
    """Rule -> mutations caught, of how many."""
    made = {}
    for rule in catalog():
        caught, tried = 0, 0
        for case in harness.cases(rule.name).get("mutation", []):
            tried += 1
            caught += any(found.status == "fail" for found in rule.check(harness.mutant(case)))
        made[rule.name] = (caught, tried)
    return made


def page() -> str:
    """docs/policy.md as it has to be."""
    return policy_md(score())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
