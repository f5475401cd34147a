"""A file of a ConfigMap or Secret that is mounted by subPath is followed by a restart.

What it checks:
    Where a container mounts a ConfigMap, Secret or projected volume with subPath or subPathExpr, the pod template
    carries a checksum annotation (or one of a reloader), so that a change restarts the pod. Jobs and pods that end are
    not asked.

Why:
    Kubernetes never updates a subPath mount: the old configuration, or the revoked secret, stays for ever.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers: [{name: a, volumeMounts: [{name: c, mountPath: /etc/a.conf, subPath: a.conf}]}]
          volumes: [{name: c, configMap: {name: web}}]

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        metadata: {annotations: {checksum/config: 4f1657f0}}
        spec:
          containers: [{name: a, volumeMounts: [{name: c, mountPath: /etc/a.conf, subPath: a.conf}]}]
          volumes: [{name: c, configMap: {name: web}}]

Fix:
    Add a checksum annotation of the configuration to the pod template, or mount the whole volume.

Standard:
    Kubernetes' documentation of ConfigMaps (mounted ConfigMaps are updated automatically, subPath is not); no peer.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import long_running
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Pod, Release, mappings, text

RULE = Rule(
    severity="info",
    groups=("reliability",),
    standards=("kubernetes:configmap",),
    decides="object",
)
RELOADERS = ("reloader.stakater.com/", "configmap.reloader.stakater.com/", "secret.reloader.stakater.com/")


def check(release: Release) -> Iterator[Violation]:
    """Yield each subPath mount that nothing updates."""
    for pod in release.pods:
        if not long_running(pod) or _restarted(pod):
            continue
        fixed = {
            text(volume.get("name"))
            for _, volume in mappings(pod.spec.get("volumes"))
            if any(volume.get(kind) for kind in ("configMap", "secret", "projected"))
        }
        for container in pod.containers:
            for index, mount in mappings(container.data.get("volumeMounts")):
                field = "subPathExpr" if mount.get("subPathExpr") else "subPath"
                if mount.get(field) and text(mount.get("name")) in fixed:
                    message = f"{mount.get('mountPath')} is mounted by {field} and never updated"
                    yield fail(container, ("volumeMounts", index, field), message)


def _restarted(pod: Pod) -> bool:
    names = [*pod.annotations, *pod.object.annotations]
    return any(isinstance(name, str) and ("checksum" in name or name.startswith(RELOADERS)) for name in names)
