"""Small results by hand, for the tests of exemptions, baseline and reporters."""

from __future__ import annotations

import io
from typing import Any

from daira.policy.catalog import by_name
from daira.report import Options, reporter
from daira.report.result import Exempted, Finding, Problem, Result, Subject

RULE = "run-as-non-root"
OTHER = "privileged"
WEB = Subject("apps/v1", "Deployment", "shop", "web")
TEMPLATE = "chart/templates/web.yaml"


def finding(**changed: Any) -> Finding:
    """A finding about a container of a Deployment, with some fields changed."""
    made = Finding(
        rule=RULE,
        severity="error",
        status="fail",
        message="runAsNonRoot is not set to true",
        environment=None,
        subject=WEB,
        path="/spec/template/spec/containers/0/securityContext/runAsNonRoot",
        container="app",
        file=TEMPLATE,
        line=21,
        column=9,
    )
    return made._replace(**changed)


def whole(**changed: Any) -> Finding:
    """An undecidable finding about the input as a whole."""
    empty = {"subject": Subject(), "path": "", "container": None, "file": "", "line": 0, "column": 0}
    return finding(severity="info", status="undecidable", message="needs the CI workflows", **{**empty, **changed})


def run(*fields: Any, **more: Any) -> Result:
    """A Result of the policy check's rules."""
    return Result(by_name(), *fields, **more)


def result() -> Result:
    """One of everything: two environments, a values key, a guess, undecidable, exempted, known, a problem, a note."""
    key = {"values_key": "web.security", "values_file": "values/staging.yaml", "values_line": 3}
    return Result(
        by_name(),
        objects=12,
        rules=80,
        findings=[
            finding(environment="staging", guess=True, **key),
            finding(environment="production", guess=True),
            finding(environment="production", container="side", line=40),
            whole(),
            finding(environment="staging", rule=OTHER, exempted=Exempted("a debug pod", "2027-03-01")),
        ],
        problems=[Problem("not YAML", "broken.yaml", 3, 4)],
        notes=[Problem("the exemption of privileged exempts nothing", "daira.exemptions.yaml", 2, 5)],
        known=7,
    )


def written(form: str, of: Result, options: Options | None = None) -> bytes:
    """What a reporter writes."""
    stream = io.BytesIO()
    reporter(form)(of, stream, options or Options())
    return stream.getvalue()
