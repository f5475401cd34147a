"""Roles issue no tokens of ServiceAccounts.

What it checks:
    No rule grants create on serviceaccounts/token, unless it names the ServiceAccounts.

Why:
    A token of another ServiceAccount is all of its rights, for as long as its holder asks for.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [serviceaccounts/token]
        verbs: [create]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [serviceaccounts/token]
        resourceNames: [shop-worker]
        verbs: [create]

Fix:
    Name the ServiceAccounts in resourceNames.

Standard:
    CIS 5.1.13. trivy and checkov have no such rule; kubescape's C-0185 family looks at verbs alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.13", "checklist:rbac"),
    decides="object",
)

GROUPS = ("",)
RESOURCES = ("serviceaccounts/token",)
VERBS = ("create",)


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule of a role that grants it."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, GROUPS, RESOURCES, VERBS)
        if given and not rbac.named(grant.rule):
            yield grant.fail(f"grants {given}: the rights of every ServiceAccount there")
