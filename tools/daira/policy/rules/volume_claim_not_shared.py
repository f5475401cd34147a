"""A volume that one node may mount is not used by several pods.

What it checks:
    A Deployment or ReplicaSet with a persistentVolumeClaim whose access modes are all ReadWriteOnce or
    ReadWriteOncePod has one replica, and a Deployment the strategy Recreate; a DaemonSet has no such claim. A claim
    that is not in the input is undecidable.

Why:
    The second pod waits on another node for a volume it never gets, and a rolling update hangs for ever.

Bad:
    {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 1, template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}}}

Good:
    {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 1
      strategy: {type: Recreate}
      template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}}

Fix:
    Use a StatefulSet with volumeClaimTemplates, or one replica with the strategy Recreate.

Standard:
    Kubernetes' documentation of access modes; the Multi-Attach threads of many charts. No peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import amount, replicas
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Release, deep, items, mappings, pod_of, text

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:persistent-volumes",),
    decides="release",
)
ONE_NODE = ("ReadWriteOnce", "ReadWriteOncePod")


def check(release: Release) -> Iterator[Violation]:
    """Yield each claim of one node that several pods would mount."""
    for owner in release.of("Deployment", "ReplicaSet", "DaemonSet"):
        pod = pod_of(owner)
        if not pod:
            continue
        for index, volume in mappings(pod.spec.get("volumes")):
            name = text(deep(volume, ("persistentVolumeClaim", "claimName")))
            reason = _reason(release, owner) if name else ""
            if not reason:
                continue
            where = ("volumes", index, "persistentVolumeClaim")
            claim = release.find("PersistentVolumeClaim", name, release.namespace_of(owner))
            if claim is None:
                message = f"{reason}: the access modes of claim {name}, which is not in the input, are needed"
                yield undecidable(pod, where, message)
                continue
            modes = items(claim.spec.get("accessModes"))
            if modes and all(mode in ONE_NODE for mode in modes):
                yield fail(pod, where, f"{reason}, and one node at a time may mount claim {name}")


def _reason(release: Release, owner: Object) -> str:
    if owner.kind == "DaemonSet":
        return "every node runs a pod"
    count = replicas(release, owner)
    if count and count[1] >= 2:
        return f"there are up to {count[1]} replicas"
    if owner.kind == "Deployment" and deep(owner.spec, ("strategy", "type")) != "Recreate":
        surge = deep(owner.spec, ("strategy", "rollingUpdate", "maxSurge"))
        if surge is None or amount(surge, 100, up=True) != 0:
            return "an update starts the new pod before the old one ends"
    return ""
