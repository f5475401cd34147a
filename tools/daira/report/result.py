"""What a run says, as data: findings, what could not be read, what went wrong inside.

The policy check, the lint of values and the validation against Kubernetes' schemas all say it so, and the reporters of
this package write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

Severity = Literal["error", "warning", "info"]
Status = Literal["fail", "undecidable"]

# The JSON contract's version (docs/reference/report.md).
VERSION = 1
GRAVITY: dict[str, int] = {"info": 0, "warning": 1, "error": 2}


class Described(Protocol):
    """What reports say about a rule besides its findings."""

    @property
    def name(self) -> str:
        """How findings name it."""

    @property
    def severity(self) -> Severity:
        """How grave a violation is."""

    @property
    def title(self) -> str:
        """What holds when the rule is content; no full stop."""

    @property
    def fix(self) -> str:
        """One sentence that says what to write instead."""

    @property
    def checklist(self) -> str | None:
        """The checklist item it belongs to, or None."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Its groups and standards."""

    @property
    def help(self) -> Mapping[str, str]:
        """Its documentation by heading: What it checks, Why, Bad, Good (YAML), Fix, Standard; any may be missing."""


class Subject(NamedTuple):
    """The object a finding is about; all empty when it is about the input as a whole."""

    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind}/{where}" if self.kind else "the whole input"


class Exempted(NamedTuple):
    """Why a finding does not count. expires: a date, YYYY-MM-DD."""

    reason: str
    expires: str


class Finding(NamedTuple):
    """One violation of one rule at one place.

    severity: the rule's; what is undecidable is an info.
    path: a JSON Pointer into the object, also to where something is missing. line, column: from 1, in `file`; 0 where
    there is none. guess: the position is a best guess (a field of a chart whose template line could not be proved).
    values_key: the values key that feeds the place, with the file and line that sets it, or None.
    """

    rule: str
    severity: Severity
    status: Status
    message: str
    environment: str | None
    subject: Subject
    path: str
    container: str | None
    file: str
    line: int
    column: int
    guess: bool = False
    values_key: str | None = None
    values_file: str | None = None
    values_line: int = 0
    exempted: Exempted | None = None

    @property
    def same(self) -> tuple[object, ...]:
        """What makes it the same finding in another environment, or after lines moved."""
        return (self.rule, self.status, self.subject, self.path, self.container, self.message)


class Problem(NamedTuple):
    """Something that could not be read or checked: a broken file, a chart that does not render, a rule that raised.

    file: "" where it is about none. line, column: from 1; 0 where there is none.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.message}"


@dataclass
class Result:
    """A whole run. objects: judged, in all environments together. rules: that were applied, of `catalog`.

    problems: what could not be read, rendered or checked (exit code 3). notes: what a user should know besides, such as
    an exemption that expired or is not used. known: findings left out because the baseline has them.
    """

    catalog: Mapping[str, Described]
    objects: int = 0
    rules: int = 0
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    known: int = 0
    command: str = "daira check"
    subject: str = "object"

    @property
    def counted(self) -> list[Finding]:
        """The findings that are not exempted."""
        return [finding for finding in self.findings if finding.exempted is None]

    def exit_code(self, fail_on: Severity) -> int:
        """3 when something could not be read or checked, or nothing was; 1 with a finding at least so grave; else 0."""
        if self.problems or not self.objects:
            return 3
        least = GRAVITY[fail_on]
        return int(any(GRAVITY[finding.severity] >= least for finding in self.findings if not finding.exempted))
