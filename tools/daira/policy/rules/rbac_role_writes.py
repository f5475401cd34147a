"""Roles change no roles and no bindings.

What it checks:
    No rule grants create, update or patch on roles, clusterroles, rolebindings or clusterrolebindings.

Why:
    The API server refuses to give away more than one has, so this spreads rights rather than raises them; with bind or
    escalate it raises them without limit.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [rbac.authorization.k8s.io]
        resources: [rolebindings]
        verbs: [create]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [rbac.authorization.k8s.io]
        resources: [rolebindings]
        verbs: [get, list, watch]

Fix:
    Make roles and bindings with the chart.

Standard:
    trivy's KSV-0050 (roles and rolebindings, delete too), KSV-0051, 0052 and 0055 for pairs of rules. Names do not help
    where create is granted, and a named binding can be given any subject.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("rbac",),
    standards=("nsa:C-0035", "checklist:rbac"),
    decides="object",
)

GROUPS = ("rbac.authorization.k8s.io",)
RESOURCES = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
VERBS = ("create", "update", "patch")


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule of a role that grants it."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, GROUPS, RESOURCES, VERBS)
        if given:
            yield grant.fail(f"grants {given}: its holder spreads rights")
