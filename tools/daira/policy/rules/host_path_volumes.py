"""Pods mount no folder of the node.

What it checks:
    No volume of a pod is a `hostPath`, not even an empty one, whether a container mounts it or not, read-only or
    not.

Why:
    A folder of the node is a way out of the container: its container runtime's socket, its kubelet's credentials
    and other pods' data lie there, and a pod that moves to another node finds another folder.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
      volumes:
        - name: logs
          hostPath:
            path: /var/log

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
      volumes:
        - name: logs
          emptyDir: {}

Fix:
    Use an emptyDir, a persistentVolumeClaim, a configMap or a projected volume instead of the hostPath.

Standard:
    Pod Security Standards, baseline, "HostPath Volumes". At the restricted level upstream replaces it by what
    volume-types checks, so it is not in the group pss-restricted. kube-linter's sensitive-host-mounts fails some
    folders only, kubescape's C-0045 only what is mounted writable.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping, mappings

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline"),
    standards=("pss:hostPathVolumes", "cis:5.2.11", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each hostPath volume."""
    for pod in release.pods:
        for index, volume in mappings(pod.spec.get("volumes")):
            source = volume.get("hostPath")
            if source is not None:
                folder = mapping(source).get("path")
                message = "a folder of the node is a volume" + (f": {folder}" if folder else "")
                yield fail(pod, ("volumes", index, "hostPath"), message)
