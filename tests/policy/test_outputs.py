"""Which report goes where: --format and --output are paired by their position."""

from __future__ import annotations

from pathlib import Path

import pytest

from daira.errors import UsageError
from daira.report import outputs


def test_outputs_are_paired_by_position() -> None:
    assert outputs([], []) == [("text", None)]
    assert outputs(["json"], []) == [("json", None)]
    assert outputs([], ["a"]) == [("text", Path("a"))]
    assert outputs(["json", "sarif", "text"], ["a", "b", "-"]) == [
        ("json", Path("a")),
        ("sarif", Path("b")),
        ("text", None),
    ]


@pytest.mark.parametrize(
    ("formats", "files", "why"),
    [
        (["xml"], [], "there is no format 'xml'; the formats are text, json, sarif, junit, github"),
        (["json", "sarif"], [], "one --output each"),
        (["json", "sarif"], ["a"], "one --output each"),
        (["json"], ["a", "b"], "one --output each"),
        ([], ["a", "b"], "one --output each"),
        (["json", "sarif"], ["-", "-"], "mixed in the standard output"),
        (["json", "sarif"], ["a", "./a"], "mixed in the file a"),
    ],
)
def test_outputs_that_do_not_pair_are_refused(formats: list[str], files: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        outputs(formats, files)
