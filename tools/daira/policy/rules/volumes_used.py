"""Every volume of a pod is mounted.

What it checks:
    Each entry of a pod's volumes is mounted, or used as a device, by one of its containers of any kind.

Why:
    A volume nobody mounts is left over, or the mount was forgotten; a missing ConfigMap still keeps the pod
    waiting.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a}], volumes: [{name: tmp, emptyDir: {}}]}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, volumeMounts: [{name: tmp, mountPath: /tmp}]}], volumes: [{name: tmp, emptyDir: {}}]}

Fix:
    Mount the volume, or remove it.

Standard:
    DAIRA's own; no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings, text

RULE = Rule(
    severity="info",
    groups=("hygiene",),
    standards=("kubernetes:volumes",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each volume that nothing mounts."""
    for pod in release.pods:
        used = {
            text(mount.get("name"))
            for container in pod.containers
            for field in ("volumeMounts", "volumeDevices")
            for _, mount in mappings(container.data.get(field))
        }
        for index, volume in mappings(pod.spec.get("volumes")):
            name = text(volume.get("name"))
            if name and name not in used:
                yield fail(pod, ("volumes", index), f"no container mounts volume {name}")
