"""What a container writes to the node's disk is limited.

What it checks:
    Each container but ephemeral ones has an `ephemeral-storage` limit (its own, or a LimitRange's default), or needs
    none: its root filesystem is read-only, and each emptyDir that it mounts is in memory or has a `sizeLimit`.

Why:
    A container that fills the node's disk makes the kubelet evict the pods of that node, this one and its neighbours.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          securityContext:
            readOnlyRootFilesystem: true
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: tmp
          emptyDir: {}

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          securityContext:
            readOnlyRootFilesystem: true
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi

Fix:
    Give each emptyDir a sizeLimit and make the root filesystem read-only, or set resources.limits.ephemeral-storage.

Standard:
    kube-score's container-ephemeral-storage-request-and-limit wants request and limit in every case; where the only
    writable places have a size of their own, this rule asks for no second one.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.resources import bound, is_set, limit_ranges
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Release, mapping, mappings

RULE = Rule(
    severity="warning",
    groups=("resource-limits",),
    standards=("kubernetes:local-ephemeral-storage", "checklist:resource-limits"),
    decides="release",
)
RESOURCE = "ephemeral-storage"


def check(release: Release) -> Iterator[Violation]:
    """Yield each container that may fill a node's disk."""
    given = limit_ranges(release)
    for pod in release.pods:
        unlimited = {
            volume.get("name")
            for _, volume in mappings(pod.spec.get("volumes"))
            if isinstance(volume.get("name"), str) and _unlimited(volume)
        }
        for container in pod.containers:
            if container.kind == "ephemeral" or is_set(bound(container, "limits"), RESOURCE):
                continue
            if given and RESOURCE in given.get(release.namespace_of(pod), {}).get("limits", ()):
                continue
            if container.security.get("readOnlyRootFilesystem") is not True:
                reason = "its root filesystem is writable"
            elif unlimited and (mounted := _mounted(container, unlimited)):
                reason = f"the emptyDir {mounted} has no sizeLimit"
            else:
                continue
            message = f"nothing limits what it writes to the node's disk: no {RESOURCE} limit, and {reason}"
            yield fail(container, ("resources", "limits", RESOURCE), message)


def _unlimited(volume: dict[str, object]) -> bool:
    if "emptyDir" not in volume:
        return False
    given = mapping(volume.get("emptyDir"))
    return given.get("medium") != "Memory" and given.get("sizeLimit") in (None, 0, "0")


def _mounted(container: Container, volumes: set[object]) -> str | None:
    for _, mount in mappings(container.data.get("volumeMounts")):
        name = mount.get("name")
        if isinstance(name, str) and name in volumes and mount.get("readOnly") is not True:
            return name
    return None
