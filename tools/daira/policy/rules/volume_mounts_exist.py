"""What a container mounts is a volume of its pod.

What it checks:
    Each volumeMount and volumeDevice of every container names a volume of the pod, or a volumeClaimTemplate of the
    StatefulSet.

Why:
    The API server refuses the pod otherwise.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, volumeMounts: [{name: data, mountPath: /x}]}]}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, volumeMounts: [{name: data, mountPath: /x}]}], volumes: [{name: data, emptyDir: {}}]}

Fix:
    Add the volume to the pod, or correct the name of the mount.

Standard:
    Kubernetes' validation of pods; no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, deep, mappings, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:volumes",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each mount of a volume that is not there."""
    for pod in release.pods:
        names = {text(volume.get("name")) for _, volume in mappings(pod.spec.get("volumes"))}
        if pod.object.kind == "StatefulSet":
            claims = mappings(pod.object.spec.get("volumeClaimTemplates"))
            names |= {text(deep(claim, ("metadata", "name"))) for _, claim in claims}
        for container in pod.containers:
            for field in ("volumeMounts", "volumeDevices"):
                for index, mount in mappings(container.data.get(field)):
                    name = text(mount.get("name"))
                    if not name or name not in names:
                        yield fail(container, (field, index, "name"), f"the pod has no volume {name!r}")
