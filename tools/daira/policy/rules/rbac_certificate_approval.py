"""Roles approve no certificates for the API server.

What it checks:
    No ClusterRole holds both update or patch on certificatesigningrequests/approval and approve on signers, unless
    resourceNames keeps it to signers that issue no client certificates of the cluster.

Why:
    An approved request for a client certificate is an identity of its author's choice, a member of system:masters among
    them.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [certificates.k8s.io]
        resources: [certificatesigningrequests/approval]
        verbs: [update]
      - apiGroups: [certificates.k8s.io]
        resources: [signers]
        verbs: [approve]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [certificates.k8s.io]
        resources: [certificatesigningrequests/approval]
        verbs: [update]
      - apiGroups: [certificates.k8s.io]
        resources: [signers]
        resourceNames: [example.com/shop]
        verbs: [approve]

Fix:
    Name your own signer in resourceNames of the rule on signers.

Standard:
    CIS 5.1.11; checkov's CKV_K8S_156, which also asks for both halves and does not look at the signers' names. Halves
    in two ClusterRoles are not put together.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.11", "checklist:rbac"),
    decides="object",
)

GROUPS = ("certificates.k8s.io",)
# Signers whose certificates the API server takes for an identity, and the wildcard of their domain.
CLIENT = frozenset(
    ["kubernetes.io/*", "kubernetes.io/kube-apiserver-client", "kubernetes.io/kube-apiserver-client-kubelet"]
)


def check(release: Release) -> Iterator[Violation]:
    """Yield the rule on signers of each ClusterRole that holds both halves."""
    approving: set[int] = set()
    signing: list[rbac.Grant] = []
    for grant in rbac.grants(release):
        if grant.role.kind != "ClusterRole":
            continue
        if rbac.granted(grant, GROUPS, ("certificatesigningrequests/approval",), ("update", "patch")):
            approving.add(id(grant.role))
        if rbac.granted(grant, GROUPS, ("signers",), ("approve",)) and (
            not rbac.named(grant.rule) or not CLIENT.isdisjoint(rbac.words(grant.rule.get("resourceNames")))
        ):
            signing.append(grant)
    for grant in signing:
        if id(grant.role) in approving:
            yield grant.fail("can approve client certificates of the cluster: any identity, an administrator's too")
