"""Nobody is bound to cluster-admin.

What it checks:
    No RoleBinding or ClusterRoleBinding gives the ClusterRole cluster-admin.

Why:
    cluster-admin is everything, everywhere; in a RoleBinding it is everything of the namespace, roles and Secrets
    included.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: give}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
    subjects:
      - {kind: ServiceAccount, name: worker, namespace: shop}

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: give, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: worker}
    subjects:
      - {kind: ServiceAccount, name: worker}

Fix:
    Bind a role that lists what the account really does.

Standard:
    CIS 5.1.1, NSA/CISA C-0035. kube-linter's cluster-admin-role-binding sees ClusterRoleBindings only; trivy's KSV-0111
    adds admin and edit, here rbac-broad-roles, and takes a Role of that name for the ClusterRole.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.1", "nsa:C-0035", "checklist:rbac"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each binding to cluster-admin."""
    for binding in rbac.bindings(release):
        kind, name = rbac.role_of(binding)
        if kind == "ClusterRole" and name == "cluster-admin":
            scope = "the whole cluster" if binding.kind == "ClusterRoleBinding" else "the whole namespace"
            yield fail(binding, ("roleRef", "name"), f"gives cluster-admin over {scope}")
