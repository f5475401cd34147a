"""docs/policy.md shows what is so: its rules, and the score of the mutations, which is all of them."""

from __future__ import annotations

from tests.policy import score


def test_the_page_is_what_would_be_written_now() -> None:
    """Stale: run .venv/bin/python -m tests.policy.score."""
    assert score.PAGE.read_text(encoding="utf-8") == score.page()


def test_every_mutation_is_caught() -> None:
    """A protection that is taken out of the chart is missed by its rule."""
    missed = {rule: found for rule, found in score.score().items() if found[0] < found[1] or not found[1]}
    assert missed == {}
