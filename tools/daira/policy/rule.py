"""What a rule is: metadata, and a pure function of a Release that says what is wrong where.

A rule is a module of daira.policy.rules with a docstring under fixed headings (What it checks, Why, Bad, Good, Fix,
Standard), a constant RULE, and a function `check(release) -> Iterator[Violation]`. It returns paths; the engine finds
lines. It judges `release.pods`, `release.containers` and `release.of(kind)`, and looks things up in `release.all_of`,
`release.find` and `release.selected`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from daira.render.release import Container, Object, Path, Pod
from daira.report.result import Severity, Status

# object: from one object alone; release: from the objects of one render together; project: from files of the
# repository (CI workflows, cluster configuration, values), judged once a run and not once an environment.
Decides = Literal["object", "release", "project"]

# The ten items of the security checklist, in its order; each is a group.
CHECKLIST = (
    "image-scanning",
    "non-root",
    "resource-limits",
    "network-policies",
    "secrets-encrypted",
    "rbac",
    "tls",
    "rate-limiting",
    "waf",
    "audit-logging",
)
GROUPS = (*CHECKLIST, "pss-baseline", "pss-restricted", "reliability", "deprecated-api", "hygiene")


class Rule(NamedTuple):
    """A rule's metadata; its name is the module's with dashes, its title and its fix stand in the docstring.

    groups: any of GROUPS; the first of them that is a checklist item is the rule's checklist item.
    standards: ids with a prefix: "pss:" check id of pod-security-admission, "nsa:" C-number of kubescape's NSA/CISA
    framework, "cis:" number of the CIS Kubernetes benchmark, "checklist:" item, "kubernetes:" a page of its docs.
    """

    severity: Severity
    groups: tuple[str, ...]
    standards: tuple[str, ...]
    decides: Decides

    @property
    def checklist(self) -> str | None:
        """The checklist item this rule belongs to, or None."""
        return next((group for group in self.groups if group in CHECKLIST), None)


class Violation(NamedTuple):
    """What a rule found. object: None for the input as a whole. path: into the object, also where a key is missing."""

    object: Object | None
    path: Path
    message: str
    status: Status = "fail"


def fail(where: Object | Pod | Container, path: Path, message: str) -> Violation:
    """A violation at `path` below an object, a pod's spec or a container."""
    return Violation(where.object, where.path + path, message)


def undecidable(where: Object | Pod | Container | None, path: Path, message: str) -> Violation:
    """What the input can't answer; the message says what is needed to decide it. where: None for the whole input."""
    if where is None:
        return Violation(None, path, message, "undecidable")
    return Violation(where.object, where.path + path, message, "undecidable")
