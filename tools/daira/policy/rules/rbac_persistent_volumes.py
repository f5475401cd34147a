"""Roles make no PersistentVolumes.

What it checks:
    No rule grants create on persistentvolumes. A Role can not give it, and is told off only where it names them itself.

Why:
    A PersistentVolume may be a hostPath: who makes one reads and writes the files of a node, past Pod Security.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [""]
        resources: [persistentvolumes]
        verbs: [create]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [persistentvolumeclaims]
        verbs: [create]

Fix:
    Ask for PersistentVolumeClaims, and leave volumes to the storage class.

Standard:
    CIS 5.1.9, which names create. Storage provisioners need this: exempt them with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("rbac",),
    standards=("cis:5.1.9", "checklist:rbac"),
    decides="object",
)

GROUPS = ("",)
RESOURCES = ("persistentvolumes",)
VERBS = ("create",)


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule of a role that grants it."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, GROUPS, RESOURCES, VERBS)
        if given and rbac.reaches_cluster(grant, RESOURCES):
            yield grant.fail(f"grants {given}: with a hostPath volume, the files of every node")
