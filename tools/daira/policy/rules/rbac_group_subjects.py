"""Bindings name accounts, and groups only where that is meant.

What it checks:
    No binding of the release names a Group, other than those of the cluster (system:) that rbac-anonymous-subjects
    judges.

Why:
    Who is in a group is decided elsewhere: the manifest does not tell who gets the right, and the next member gets it
    unseen.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: give, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: worker}
    subjects:
      - {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "developers"}

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: give, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: worker}
    subjects:
      - {kind: ServiceAccount, name: worker}

Fix:
    Bind ServiceAccounts in a chart, and groups where the identity provider is described.

Standard:
    No peer has this rule; informative. system:serviceaccounts:<namespace> is every account of a namespace, and counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("rbac",),
    standards=("checklist:rbac",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each subject that is a group."""
    for binding in rbac.bindings(release):
        for one in rbac.subjects(release, binding):
            if one.kind != "Group":
                continue
            if one.name.startswith("system:serviceaccounts:"):
                yield one.fail(f"gives it to every ServiceAccount of a namespace ({one.name})")
            elif not one.name.startswith("system:"):
                yield one.fail(f"gives it to the group {one.name}, whose members are decided elsewhere")
