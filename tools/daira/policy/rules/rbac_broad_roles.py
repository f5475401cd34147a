"""Nobody is bound to the broad roles of the cluster.

What it checks:
    No binding gives the ClusterRoles admin or edit, or a role of the control plane (system:node,
    system:kube-controller-manager, system:kube-scheduler, system:kubelet-api-admin).

Why:
    admin and edit read every Secret of the namespace, start any pod, and grow with every extension; the control plane's
    roles are worth the cluster.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: give, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
    subjects:
      - {kind: ServiceAccount, name: worker, namespace: shop}

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: give, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects:
      - {kind: ServiceAccount, name: worker, namespace: shop}

Fix:
    Bind a role that lists what the account really does, or view.

Standard:
    CIS 5.1.1 speaks of cluster-admin; trivy's KSV-0111 fails admin and edit as well. Informative: for people they may
    be right.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("rbac",),
    standards=("cis:5.1.1", "checklist:rbac"),
    decides="object",
)

BROAD = frozenset(
    [
        "admin",
        "edit",
        "system:kube-controller-manager",
        "system:kube-scheduler",
        "system:kubelet-api-admin",
        "system:node",
    ]
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each binding to a broad role."""
    for binding in rbac.bindings(release):
        kind, name = rbac.role_of(binding)
        if kind == "ClusterRole" and name in BROAD:
            yield fail(binding, ("roleRef", "name"), f"gives the broad ClusterRole {name}")
