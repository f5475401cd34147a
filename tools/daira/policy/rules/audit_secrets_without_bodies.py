"""The audit log tells who touched Secrets, and not what is in them.

What it checks:
    Requests for secrets, configmaps, token reviews and ServiceAccount tokens are logged at Metadata, never at Request
    or RequestResponse, and those for secrets and tokens not at None for everybody. The first rule that matches a
    request decides, as in the API server; rules for some users or namespaces are followed too.

Why:
    A log with bodies is a copy of every password, mostly in a place that many read.

Bad:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    rules:
      - level: RequestResponse

Good:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    rules:
      - level: Metadata
        resources:
          - {group: "", resources: [secrets, configmaps, serviceaccounts/token]}
          - {group: authentication.k8s.io, resources: [tokenreviews]}
      - level: RequestResponse

Fix:
    Put a rule of level Metadata for secrets, configmaps, serviceaccounts/token and tokenreviews before all others.

Standard:
    CIS 3.2.2; kubescape's audit-policy-content asks a live cluster. Nobody else reads the order of the rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import audit
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("audit-logging",),
    standards=("cis:3.2.2", "nsa:C-0067", "checklist:audit-logging"),
    decides="project",
)

# group, resource, verbs, and whether it has to be logged at all
WATCHED = (
    ("", "secrets", audit.VERBS, True),
    ("", "configmaps", audit.VERBS, False),
    ("", "serviceaccounts/token", ("create",), True),
    ("authentication.k8s.io", "tokenreviews", ("create",), False),
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule that logs a body, or lets the access to a secret go unlogged."""
    policies = list(release.of(audit.KIND))
    if not policies:
        yield undecidable(None, (), "no audit policy is in the input: give the audit.k8s.io Policy of the cluster")
    for policy in policies:
        bodies: dict[tuple[int | None, str], list[str]] = {}
        for group, resource, verbs, needed in WATCHED:
            for verb in verbs:
                for verdict in audit.verdicts(policy, group, resource, verb):
                    lost = (
                        needed
                        and verdict.level == "None"
                        and (not verdict.narrow or audit.for_everybody(policy, verdict.number))
                    )
                    if verdict.level in audit.BODIES or lost:
                        found = bodies.setdefault((verdict.number, verdict.level), [])
                        if resource not in found:
                            found.append(resource)
        for (index, level), resources in bodies.items():
            names = ", ".join(resources)
            if index is None:
                yield fail(policy, ("rules",), f"no rule logs requests for {names}")
            elif level == "None":
                yield fail(policy, ("rules", index, "level"), f"nobody is told who reads {names}")
            else:
                yield fail(policy, ("rules", index, "level"), f"{level} writes the contents of {names} into the log")
