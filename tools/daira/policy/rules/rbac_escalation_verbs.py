"""Roles may not give away more than they have.

What it checks:
    No rule grants escalate on roles, or bind on roles unless resourceNames names harmless ones: bind on a
    cluster-admin, admin or edit that is named is told off too.

Why:
    The API server refuses a role that grants more than its author has. These two verbs switch that off: their holder is
    an administrator one step later.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [rbac.authorization.k8s.io]
        resources: [clusterroles]
        verbs: [escalate]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [rbac.authorization.k8s.io]
        resources: [clusterroles]
        resourceNames: [shop-viewer]
        verbs: [bind]

Fix:
    Take escalate away, and name in resourceNames the roles that may be bound.

Standard:
    CIS 5.1.8; checkov's CKV_K8S_157 looks for bind on rolebindings, where the API server never asks for it, and here
    that is told off as well; CKV_K8S_158; trivy's KSV-0051 and 0052 for pairs of rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.8", "checklist:rbac"),
    decides="object",
)

ROLES = ("roles", "clusterroles")
BINDINGS = ("rolebindings", "clusterrolebindings")
POWERFUL = frozenset(["cluster-admin", "admin", "edit"])


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule that grants escalate, or bind on more than named harmless roles."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, (rbac.GROUP,), ROLES, ("escalate",))
        if given:
            yield grant.fail(f"grants {given}: a role can be given any right")
            continue
        given = rbac.granted(grant, (rbac.GROUP,), (*ROLES, *BINDINGS), ("bind",))
        names = rbac.words(grant.rule.get("resourceNames"))
        if given and (not rbac.named(grant.rule) or not POWERFUL.isdisjoint(names)):
            yield grant.fail(f"grants {given}: its holder can hand out any role")
