"""A baseline: the report of an earlier run hides what it has, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.policy.results import OTHER, WEB, finding, result, run, whole, written

from daira.errors import UsageError
from daira.policy import baseline
from daira.report.result import Exempted, Finding, Result


def _left(tmp_path: Path, before: list[Finding], now: list[Finding]) -> Result:
    path = tmp_path / "baseline.json"
    path.write_bytes(written("json", run(1, 1, before)))
    made = run(1, 1, now)
    baseline.leave_out(made, baseline.load(path))
    return made


def test_what_is_known_is_left_out_and_counted(tmp_path: Path) -> None:
    moved = finding(line=99, column=1, file="renamed.yaml", guess=True)
    new = finding(rule=OTHER)
    left = _left(tmp_path, [finding(), whole()], [moved, new, whole()])
    assert left.findings == [new]
    assert left.known == 2
    assert left.exit_code("error") == 1


def test_a_run_against_its_own_report_has_nothing_new(tmp_path: Path) -> None:
    left = _left(tmp_path, result().findings, result().findings)
    assert [one.exempted is None for one in left.findings] == [False]
    assert left.known == 4
    assert left.exit_code("info") == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"environment": "production"},
        {"container": "side"},
        {"path": "/spec"},
        {"message": "runAsUser is 0"},
        {"subject": WEB._replace(name="other")},
        {"subject": WEB._replace(namespace="other")},
        {"status": "undecidable"},
    ],
)
def test_what_differs_is_new(tmp_path: Path, changed: dict[str, Any]) -> None:
    new = finding(**changed)
    assert _left(tmp_path, [finding()], [new]).findings == [new]


def test_each_is_known_as_often_as_it_was_there(tmp_path: Path) -> None:
    left = _left(tmp_path, [finding(line=1), finding(line=2)], [finding(line=line) for line in (1, 2, 3)])
    assert len(left.findings) == 1
    assert left.known == 2


def test_what_was_exempted_is_told_when_the_exemption_expires(tmp_path: Path) -> None:
    exempted = finding(exempted=Exempted("why", "2027-01-01"))
    assert _left(tmp_path, [exempted], [finding()]).findings == [finding()]
    assert _left(tmp_path, [finding()], [exempted]).findings == [exempted]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", r"base.json:1:\d+: not JSON"),
        ("[]", "not a report"),
        ('{"version": 1}', "not a report"),
        ('{"version": 2, "findings": []}', "version 2"),
        ('{"version": 1, "findings": [{}]}', "not those of a report"),
        ('{"version": 1, "findings": [1]}', "not those of a report"),
        (
            '{"version": 1, "findings": [{"object": [], "exempted": null, "environment": null}]}',
            "not those of a report",
        ),
    ],
)
def test_a_file_that_is_no_report_is_wrong_usage(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "base.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=why):
        baseline.load(path)


def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.json"):
        with pytest.raises(UsageError, match="cannot be read"):
            baseline.load(path)


def test_unhashable_values_are_wrong_usage(tmp_path: Path) -> None:
    report = json.loads(written("json", run(1, 1, [finding()])))
    report["findings"][0]["path"] = ["list"]
    path = tmp_path / "base.json"
    path.write_text(json.dumps(report))
    with pytest.raises(UsageError, match="not those of a report"):
        baseline.load(path)
