"""JUnit XML, as Jenkins and GitLab read it: a suite for each rule that found something, a case for each finding."""

from __future__ import annotations

import re
from typing import BinaryIO
from xml.sax.saxutils import escape

from daira.report import Options
from daira.report.grouping import place
from daira.report.result import Finding, Problem, Result

# What XML 1.0 cannot hold, not even as a reference (its production Char); lone surrogates are among it.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A parser turns these into blanks in an attribute unless they are references.
QUOTES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def write(result: Result, stream: BinaryIO, options: Options) -> None:
    """Write a run as JUnit XML: findings fail, undecidable and exempted ones are skipped, problems are errors."""
    suites: dict[str, list[Finding]] = {}
    for finding in result.findings:
        suites.setdefault(finding.rule, []).append(finding)
    skipped = sum(_skipped(finding) for finding in result.findings)
    # a report in which nothing was tested would be read as an error: a run itself is one case
    whole = 1 + len(result.problems)
    numbers = _numbers(len(result.findings) + whole, len(result.findings) - skipped, len(result.problems), None)
    stream.write(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={_quoted(result.command)}{numbers}>\n'.encode()
    )
    _run(result, stream, whole)
    for rule, findings in suites.items():
        passed_over = sum(_skipped(finding) for finding in findings)
        numbers = _numbers(len(findings), len(findings) - passed_over, 0, passed_over)
        stream.write(f"  <testsuite name={_quoted(rule)}{numbers}>\n".encode())
        for finding in findings:
            stream.write(_case(finding, result.catalog[rule].fix).encode())
        stream.write(b"  </testsuite>\n")
    stream.write(b"</testsuites>\n")


def _run(result: Result, stream: BinaryIO, tests: int) -> None:
    stream.write(
        f"  <testsuite name={_quoted(result.command)}{_numbers(tests, 0, len(result.problems), 0)}>\n".encode()
    )
    title = f"{result.rules} rules, {result.objects} objects"
    stream.write(f"    <testcase classname={_quoted(result.command)} name={_quoted(title)}/>\n".encode())
    for one in result.problems:
        stream.write(_problem(one, result.command).encode())
    if result.notes:
        notes = "\n".join(str(one) for one in result.notes)
        stream.write(f"    <system-out>{_text(notes)}</system-out>\n".encode())
    stream.write(b"  </testsuite>\n")


def _numbers(tests: int, failures: int, errors: int, skipped: int | None) -> str:
    told = f' tests="{tests}" failures="{failures}" errors="{errors}"'
    return told if skipped is None else f'{told} skipped="{skipped}"'


def _skipped(finding: Finding) -> bool:
    return finding.exempted is not None or finding.status == "undecidable"


def _case(finding: Finding, fix: str) -> str:
    where = f"container {finding.container}" if finding.container else ""
    environment = f"in {finding.environment}" if finding.environment else ""
    name = " ".join(part for part in (str(finding.subject), where, finding.path, environment) if part)
    opening = f"    <testcase classname={_quoted(finding.rule)} name={_quoted(name)}>"
    at = place(finding.file, finding.line, finding.column)
    if finding.guess:
        at += " (best guess)"
    if finding.exempted is not None:
        told = f"exempted until {finding.exempted.expires}: {finding.exempted.reason}"
        return f"{opening}<skipped message={_quoted(told)}>{_text(finding.message)}</skipped></testcase>\n"
    if finding.status == "undecidable":
        told = f"undecidable: {finding.message}"
        return f"{opening}<skipped message={_quoted(told)}>{_text(at)}</skipped></testcase>\n"
    key = f"{finding.values_key}" if finding.values_key is not None else ""
    if key and finding.values_file:
        key += f" ({place(finding.values_file, finding.values_line)})"
    lines = [at, f"set by {key}" if key else "", f"fix: {fix}"]
    body = _text("\n".join(line for line in lines if line))
    kind, message = _quoted(finding.severity), _quoted(finding.message)
    return f"{opening}<failure type={kind} message={message}>{body}</failure></testcase>\n"


def _problem(one: Problem, command: str) -> str:
    opening = f"    <testcase classname={_quoted(command)} name={_quoted(one.file or 'run')}>"
    body = _text(place(one.file, one.line, one.column))
    return f'{opening}<error type="problem" message={_quoted(one.message)}>{body}</error></testcase>\n'


def _quoted(text: str) -> str:
    return f'"{escape(_possible(text), QUOTES)}"'


def _text(text: str) -> str:
    return escape(_possible(text), {"\r": "&#13;"})


def _possible(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", text)
