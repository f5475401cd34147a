"""Nothing is given to everybody.

What it checks:
    No binding names system:anonymous, or the groups system:unauthenticated, system:authenticated,
    system:serviceaccounts or system:masters. The three discovery roles of the cluster (system:discovery,
    system:basic-user, system:public-info-viewer) may be given to all.

Why:
    Such a binding gives to who nobody has met: unauthenticated is the network, authenticated may be every account of
    the cloud, and system:masters no role limits and no binding takes back.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: give}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: worker}
    subjects:
      - {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:unauthenticated"}

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: give}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: worker}
    subjects:
      - {kind: ServiceAccount, name: worker, namespace: shop}

Fix:
    Bind the ServiceAccounts and people who need it, by name.

Standard:
    CIS 5.1.7 (system:masters); trivy's KSV-0122, KSV-0123 and KSV-01011, which fail the cluster's own discovery
    bindings too; GKE's and gatekeeper's disallowanonymous let them be.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.7", "nsa:C-0262", "checklist:rbac"),
    decides="object",
)

EVERYBODY = frozenset(
    [
        "system:anonymous",
        "system:authenticated",
        "system:masters",
        "system:serviceaccounts",
        "system:unauthenticated",
    ]
)
HARMLESS = frozenset(["system:basic-user", "system:discovery", "system:public-info-viewer"])


def check(release: Release) -> Iterator[Violation]:
    """Yield each subject that is everybody."""
    for binding in rbac.bindings(release):
        kind, name = rbac.role_of(binding)
        if kind == "ClusterRole" and name in HARMLESS:
            continue
        for one in rbac.subjects(release, binding):
            # The kind is not asked: "Group system:anonymous" grants nothing, and is meant to
            if one.kind != "ServiceAccount" and one.name in EVERYBODY:
                yield one.fail(f"gives {name or 'its role'} to {one.name}")
