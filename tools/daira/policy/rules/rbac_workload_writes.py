"""Roles start and change no workloads.

What it checks:
    No rule grants create, update or patch on pods or on the kinds that make pods (Deployments, StatefulSets,
    DaemonSets, ReplicaSets, ReplicationControllers, Jobs, CronJobs), unless it names them.

Why:
    Who makes a pod runs as any ServiceAccount of the namespace, mounts any of its Secrets, and picks the image.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [apps]
        resources: [deployments]
        verbs: [create, patch]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [apps]
        resources: [deployments]
        verbs: [get, list, watch]

Fix:
    Grant it on resourceNames, or keep it with a written exemption where making workloads is the job.

Standard:
    CIS 5.1.4, which asks for create on pods. trivy's KSV-0048 adds delete, which breaks things but runs nothing, and
    does not look at the API group. An operator or a CI runner needs this: exempt it with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("rbac",),
    standards=("cis:5.1.4", "checklist:rbac"),
    decides="object",
)

GROUPS = ("", "apps", "batch", "extensions")
RESOURCES = (
    "pods",
    "deployments",
    "statefulsets",
    "daemonsets",
    "replicasets",
    "replicationcontrollers",
    "jobs",
    "cronjobs",
)
VERBS = ("create", "update", "patch")


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule of a role that grants it."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, GROUPS, RESOURCES, VERBS)
        if given and not rbac.named(grant.rule):
            yield grant.fail(f"grants {given}: its holder runs any image as any ServiceAccount there")
