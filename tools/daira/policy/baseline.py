"""A baseline: the JSON report of an earlier run, whose findings are known and not told again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from daira.errors import UsageError
from daira.report.result import VERSION, Finding, Result, Subject

Known = Counter[tuple[object, ...]]


def load(path: Path) -> Known:
    """How often each finding that counts is in a JSON report. Raises UsageError for a file that is none.

    What was exempted is not in it: when the exemption expires, the finding is told again.
    """
    import orjson

    advice = "a baseline is what `daira check --format json --output FILE` writes"
    try:
        report = orjson.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"baseline {path}: cannot be read: {error.strerror or error}") from None
    except orjson.JSONDecodeError as error:
        raise UsageError(f"baseline {path}:{error.lineno}:{error.colno}: not JSON: {error.msg}; {advice}") from None
    if not isinstance(report, dict) or not isinstance(report.get("findings"), list):
        raise UsageError(f"baseline {path}: not a report of daira; {advice}")
    if report.get("version") != VERSION:
        raise UsageError(
            f"baseline {path}: version {report.get('version')!r} of the report, and only {VERSION} is understood; "
            "write it anew"
        )
    try:
        return Counter(_key(finding) for finding in report["findings"] if finding["exempted"] is None)
    except (KeyError, TypeError, AttributeError):
        raise UsageError(f"baseline {path}: its findings are not those of a report of daira; {advice}") from None


def _key(told: dict[str, Any]) -> tuple[object, ...]:
    about = told["object"]
    return (
        told["environment"],
        told["rule"],
        told["status"],
        Subject(about["apiVersion"], about["kind"], about["namespace"], about["name"]),
        told["path"],
        told["container"],
        told["message"],
    )


def leave_out(result: Result, known: Known) -> None:
    """Take the findings out of a result that the baseline has, each as often as it has it, and count them as known.

    Lines may have moved; rule, object, path, container, message and environment are what makes a finding the same. What
    is exempted stays: it does not count, and the report goes on to say why.
    """
    left = Counter(known)
    new: list[Finding] = []
    for finding in result.findings:
        key = (finding.environment, *finding.same)
        if finding.exempted is None and left[key] > 0:
            left[key] -= 1
            result.known += 1
        else:
            new.append(finding)
    result.findings = new
