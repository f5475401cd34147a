"""Each format: what it looks like, that it is valid whatever the texts are."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.policy.results import OTHER, RULE, TEMPLATE, finding, result, run, whole, written

from daira import report as reports
from daira.policy.catalog import catalog
from daira.report import Options, colored
from daira.report.result import Exempted, Finding, Problem, Result, Subject

SCHEMAS = Path(__file__).parent / "schemas"
CONTRACT = [
    "rule",
    "checklist",
    "severity",
    "status",
    "message",
    "fix",
    "environment",
    "object",
    "path",
    "container",
    "file",
    "line",
    "column",
    "values_key",
    "exempted",
]


@cache
def _report_schema() -> jsonschema.Draft202012Validator:
    path = Path(reports.__file__).parent / "report.schema.json"
    return jsonschema.Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


@cache
def _sarif_schema() -> jsonschema.Draft4Validator:
    text = (SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")
    return jsonschema.Draft4Validator(json.loads(text), format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


@cache
def _junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))


def _json(of: Result) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(written("json", of))
    _report_schema().validate(made)
    return made


def _sarif(of: Result) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(written("sarif", of))
    _sarif_schema().validate(made)
    return made


def _junit(of: Result) -> ET.Element:
    text = written("junit", of)
    _junit_schema().validate(io.BytesIO(text))
    return ET.fromstring(text)  # noqa: S314 - our own output


def test_json_is_the_contract() -> None:
    """Version 1 of the design: these keys, in this order; ours come after them."""
    report = _json(result())
    assert list(report) == ["version", "summary", "findings", "problems", "notes"]
    assert report["version"] == 1
    assert report["summary"] == {
        "objects": 12,
        "rules": 80,
        "findings": 4,
        "exempted": 1,
        "undecidable": 1,
        "baseline": 7,
    }
    first, _, _, undecidable, exempted = report["findings"]
    assert list(first) == [*CONTRACT, "values_file", "values_line", "guess"]
    assert list(first["object"]) == ["apiVersion", "kind", "namespace", "name"]
    assert (first["checklist"], first["severity"], first["status"]) == ("non-root", "error", "fail")
    assert (first["values_key"], first["values_file"], first["values_line"]) == (
        "web.security",
        "values/staging.yaml",
        3,
    )
    assert undecidable["severity"] == "info"
    assert undecidable["object"] == {"apiVersion": "", "kind": "", "namespace": "", "name": ""}
    assert exempted["exempted"] == {"reason": "a debug pod", "expires": "2027-03-01"}
    assert report["problems"] == [{"message": "not YAML", "file": "broken.yaml", "line": 3, "column": 4}]


def test_json_of_many_findings_is_one_document() -> None:
    """More than are turned into dictionaries at a time."""
    many = [finding(line=number) for number in range(5001)]
    assert [told["line"] for told in _json(run(1, 1, many))["findings"]] == list(range(5001))


def test_clean_runs_are_valid() -> None:
    clean = run(objects=3, rules=80)
    assert _json(clean)["findings"] == []
    log = _sarif(clean)["runs"][0]
    assert log["results"] == []
    assert log["invocations"] == [{"executionSuccessful": True}]
    assert [case.get("name") for case in _junit(clean).iter("testcase")] == ["80 rules, 3 objects"]
    assert written("github", clean) == b""
    assert written("text", clean) == b"3 objects, 80 rules: no violations\n"


def test_text() -> None:
    """The same finding of two environments is one; the fix is told once a rule; nothing is hidden."""
    assert written("text", result(), Options(verbose=1)).decode() == (
        f"""\
Deployment/shop/web
  error  run-as-non-root  Containers are made to run as a user other than root
    {TEMPLATE}:21:9 (best guess): container app: runAsNonRoot is not set to true
      set by web.security (values/staging.yaml:3); in staging, production
    {TEMPLATE}:40:9: container side: runAsNonRoot is not set to true
      in production

How to fix
  run-as-non-root (2): Set securityContext.runAsNonRoot: true on the pod, and on no container to false.

Undecidable here
  needs the CI workflows
    run-as-non-root

Exempted
  privileged: Deployment/shop/web, container app: runAsNonRoot is not set to true
      a debug pod; until 2027-03-01; in staging at {TEMPLATE}:21:9

Could not be checked
  broken.yaml:3:4: not YAML

Notes
  daira.exemptions.yaml:2:5: the exemption of privileged exempts nothing

12 objects, 80 rules: 3 violations (3 errors, 2 different ones in 2 environments), 1 undecidable, 1 exempted, \
7 in the baseline, 1 thing could not be checked, 1 note
"""
    )
    assert "a debug pod" not in written("text", result()).decode()
    quiet = written("text", result(), Options(quiet=True)).decode()
    assert quiet == written("text", result()).decode().splitlines()[-1] + "\n"


def test_text_says_that_nothing_was_checked() -> None:
    assert "nothing was checked" in written("text", run()).decode()


def test_text_names_some_of_many_undecidable_objects() -> None:
    many = [
        whole(rule=rule, subject=Subject("v1", "Pod", "", f"p{number}"), environment="x")
        for number in range(9)
        for rule in (RULE, OTHER)
    ]
    told = written("text", run(9, 1, [*many, whole(rule="waf")])).decode()
    assert told.startswith(
        "Undecidable here\n  needs the CI workflows\n"
        "    run-as-non-root, privileged: Pod/p0, Pod/p1, Pod/p2 and 6 more in x\n    waf\n"
    )


def test_a_container_that_the_message_names_is_not_named_twice() -> None:
    named = finding(message="container app has no probe")
    assert ":21:9: container app has no probe\n" in written("text", run(1, 1, [named])).decode()
    assert "Deployment/shop/web: container app has no probe%0A" in written("github", run(1, 1, [named])).decode()


def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colored(terminal=True)
    assert not colored(terminal=False)
    assert not colored(terminal=True, no_color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colored(terminal=True)
    assert b"\033[" in written("text", result(), Options(color=True))
    assert b"\033[" not in written("text", result())
    hostile = run(1, 1, [finding(message="\033[2Jgone\r\nand\tmore", container="\033]0;x\a")])
    assert b"\033" not in written("text", hostile, Options(verbose=2))


def test_sarif() -> None:
    log = _sarif(result())["runs"][0]
    rules = log["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.name for rule in catalog()]
    first, _, _, undecidable, exempted = log["results"]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == RULE
    assert (first["kind"], first["level"]) == ("fail", "error")
    assert (undecidable["kind"], undecidable["level"]) == ("open", "none")
    location = first["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": TEMPLATE}, "region": {"startLine": 21, "startColumn": 9}}
    assert undecidable["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "."}}}]
    related = first["relatedLocations"][0]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "values/staging.yaml"
    assert related["physicalLocation"]["region"] == {"startLine": 3}
    assert exempted["suppressions"][0]["justification"] == "a debug pod (until 2027-03-01)"
    # the standard: all results of a log have suppressions, or none
    assert first["suppressions"] == []
    assert "suppressions" not in _sarif(run(1, 1, [finding()]))["runs"][0]["results"][0]
    assert log["invocations"][0]["executionSuccessful"] is False
    assert [one["level"] for one in log["invocations"][0]["toolExecutionNotifications"]] == ["error", "warning"]


def _fingerprints(*findings: Finding) -> list[str]:
    results = _sarif(run(1, 1, list(findings)))["runs"][0]["results"]
    return [one["partialFingerprints"]["daira/v1"] for one in results]


def test_sarif_fingerprints_stay_when_lines_move() -> None:
    before = _fingerprints(finding(), finding(path="/spec"), finding())
    assert before == _fingerprints(finding(line=90, column=3), finding(path="/spec", line=1), finding(guess=True))
    assert len(set(before)) == 3
    changed = [
        finding(rule=OTHER),
        finding(container="x"),
        finding(environment="x"),
        finding(file="x"),
        finding(message="x"),
    ]
    assert len({*before, *_fingerprints(*changed)}) == 8


@pytest.mark.parametrize(
    ("file", "uri"),
    [("a b/ü%.yaml", "a%20b/%C3%BC%25.yaml"), ("/abs/x.yaml", "file:///abs/x.yaml"), ("-", "-"), ("", ".")],
)
def test_sarif_files_are_uris(file: str, uri: str) -> None:
    (told,) = _sarif(run(1, 1, [finding(file=file)]))["runs"][0]["results"]
    assert told["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_junit() -> None:
    root = _junit(result())
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "7",
        "failures": "3",
        "errors": "1",
    }
    assert [suite.get("name") for suite in root] == ["daira check", RULE, OTHER]
    assert [one.get("message") for one in root.iter("skipped")] == [
        "undecidable: needs the CI workflows",
        "exempted until 2027-03-01: a debug pod",
    ]
    assert [one.get("message") for one in root.iter("error")] == ["not YAML"]
    assert f"{TEMPLATE}:21:9 (best guess)" in "".join(next(root.iter("failure")).itertext())


def test_github() -> None:
    lines = written("github", result()).decode().splitlines()
    fix = "Set securityContext.runAsNonRoot: true on the pod, and on no container to false."
    app, side = (f"Deployment/shop/web, container {name}: runAsNonRoot is not set to true" for name in ("app", "side"))
    key = "set by web.security (values/staging.yaml:3)"
    assert lines == [
        f"::error file={TEMPLATE},line=21,col=9,title=run-as-non-root::{app} (in staging, production; {key}; "
        f"the line is a best guess)%0A{fix}",
        f"::error file={TEMPLATE},line=40,col=9,title=run-as-non-root::{side} (in production)%0A{fix}",
        "::notice title=run-as-non-root::needs the CI workflows (undecidable)",
        "::error file=broken.yaml,line=3,col=4,title=daira check%3A could not be checked::not YAML",
        "::warning file=daira.exemptions.yaml,line=2,col=5,title=daira check%3A note::the exemption of privileged "
        "exempts nothing",
    ]


def test_github_lets_nothing_start_another_command() -> None:
    hostile = finding(file="a,b:c%\n::error::x", message="x\n::set-output name=a::b\r\u2028::error::y%0A")
    told = written("github", run(1, 1, [hostile])).decode()
    assert len(told.splitlines()) == 1
    assert told.startswith("::error file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax,line=21,")
    assert "%250A" in told


# Every code point there is, lone surrogates and control characters among them.
ANY = st.text(st.characters(exclude_categories=()), max_size=12)
LINE = st.integers(0, 10**6)
FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from([RULE, OTHER]),
    status=st.sampled_from(["fail", "undecidable"]),
    message=ANY,
    environment=st.none() | ANY,
    subject=st.builds(Subject, ANY, ANY, ANY, ANY),
    path=ANY.map(lambda text: "/" + text.replace("~", "~0").replace("/", "~1")),
    container=st.none() | ANY,
    file=ANY,
    line=LINE,
    column=LINE,
    guess=st.booleans(),
    values_key=st.none() | ANY,
    values_file=st.none() | ANY,
    values_line=LINE,
    exempted=st.none() | st.builds(Exempted, ANY, st.dates(date(1000, 1, 1)).map(date.isoformat)),
)
PROBLEMS = st.lists(st.builds(Problem, ANY, ANY, LINE, LINE), max_size=2)
RESULTS = st.builds(run, LINE, LINE, st.lists(FINDINGS, max_size=4), PROBLEMS, PROBLEMS, LINE)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(of=RESULTS)
def test_every_format_is_valid_whatever_the_texts(of: Result) -> None:
    assert len(_json(of)["findings"]) == len(of.findings)
    assert len(_sarif(of)["runs"][0]["results"]) == len(of.findings)
    assert len(list(_junit(of).iter("testcase"))) == len(of.findings) + len(of.problems) + 1
    for line in written("github", of).decode().splitlines():
        assert line.startswith(("::error ", "::warning ", "::notice "))
    for options in (Options(), Options(verbose=2, color=True), Options(quiet=True)):
        assert written("text", of, options).decode().endswith("\n")
