"""Nothing is granted in the namespaces of the control plane.

What it checks:
    The release has no Role or RoleBinding in kube-system, kube-public or kube-node-lease. The one that extension API
    servers need, extension-apiserver-authentication-reader, is let be.

Why:
    In kube-system there are the tokens and the configuration of the control plane: rights there are rights over the
    cluster.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: kube-system}
    rules:
      - apiGroups: [""]
        resources: [configmaps]
        verbs: [get]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [configmaps]
        verbs: [get]

Fix:
    Make the role in the namespace of the release.

Standard:
    Kubernetes' page of good practices for RBAC; no peer has it. Informative.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("rbac",),
    standards=("kubernetes:concepts/security/rbac-good-practices", "checklist:rbac"),
    decides="object",
)

RESERVED = frozenset(["kube-node-lease", "kube-public", "kube-system"])


def check(release: Release) -> Iterator[Violation]:
    """Yield each role and binding in a namespace of the control plane."""
    for found in release.of("Role", "RoleBinding"):
        namespace = release.namespace_of(found)
        if namespace not in RESERVED or rbac.role_of(found)[1] in rbac.BUILT_IN_ROLES:
            continue
        yield fail(found, ("metadata", "namespace"), f"grants rights in the namespace {namespace}")
