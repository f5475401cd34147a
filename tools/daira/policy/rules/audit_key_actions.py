"""The audit log tells of shells, proxies and changed workloads.

What it checks:
    Changes of pods and deployments, and any use of pods/exec, pods/attach, pods/portforward, pods/proxy and
    services/proxy, are logged at Metadata or more, by the first rule that matches. Rules of level None for named users,
    groups or namespaces are known noise and let be, unless they name everybody.

Why:
    These are the steps of a break-in that leave no other trace.

Bad:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    rules:
      - level: Metadata
        verbs: [get]

Good:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    rules:
      - level: Metadata

Fix:
    Add a rule of level Metadata for them before the rules of level None.

Standard:
    CIS 3.2.2, which names these; kubescape's audit-policy-content asks a live cluster.
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

CHANGES = ("create", "update", "patch", "delete", "deletecollection")
ACTIONS = (
    ("", "pods", CHANGES),
    ("apps", "deployments", CHANGES),
    ("", "pods/exec", ("get", "create")),
    ("", "pods/attach", ("get", "create")),
    ("", "pods/portforward", ("get", "create")),
    ("", "pods/proxy", ("get", "create")),
    ("", "services/proxy", ("get", "create")),
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule, or the lack of one, by which such an action goes unlogged."""
    policies = list(release.of(audit.KIND))
    if not policies:
        yield undecidable(None, (), "no audit policy is in the input: give the audit.k8s.io Policy of the cluster")
    for policy in policies:
        lost: dict[int | None, list[str]] = {}
        for group, resource, verbs in ACTIONS:
            for verb in verbs:
                for verdict in audit.verdicts(policy, group, resource, verb):
                    if verdict.level == "None" and (not verdict.narrow or audit.for_everybody(policy, verdict.number)):
                        found = lost.setdefault(verdict.number, [])
                        if resource not in found:
                            found.append(resource)
        for index, resources in lost.items():
            names = ", ".join(resources)
            if index is None:
                yield fail(policy, ("rules",), f"no rule logs the use of {names}")
            else:
                yield fail(policy, ("rules", index, "level"), f"lets the use of {names} go unlogged")
