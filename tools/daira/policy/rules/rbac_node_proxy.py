"""Roles do not reach the kubelets through nodes/proxy.

What it checks:
    No rule grants any verb on nodes/proxy. A wildcard counts in a ClusterRole; a Role gives no rights on nodes, and is
    told off only where it names nodes/proxy itself.

Why:
    nodes/proxy is the kubelet's whole API: commands in every container of the node, past audit and admission; get is
    enough.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [""]
        resources: [nodes/proxy]
        verbs: [get]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [""]
        resources: [nodes/metrics, nodes/stats]
        verbs: [get]

Fix:
    Ask for nodes/metrics, nodes/stats or nodes/log, which is what monitoring needs.

Standard:
    CIS 5.1.10. trivy's KSV-0047 fails get and create. resourceNames do not help: one node is bad enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.10", "checklist:rbac"),
    decides="object",
)

GROUPS = ("",)
RESOURCES = ("nodes/proxy",)
VERBS = ("get", "create", "update", "patch", "delete")


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule of a role that grants it."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, GROUPS, RESOURCES, VERBS)
        if given and rbac.reaches_cluster(grant, RESOURCES):
            yield grant.fail(f"grants {given}: commands in every container of the nodes")
