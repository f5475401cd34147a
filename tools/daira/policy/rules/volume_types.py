"""Volumes are of the types that a restricted pod may have.

What it checks:
    Every volume of a pod has one of configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim,
    projected and secret set to something. A volume without any source is refused too, although the API server makes
    an emptyDir of it.

Why:
    The other types reach into the node (hostPath) or name a server, a path and often a credential of somebody's
    storage in the pod itself, past the PersistentVolumes that an administrator hands out.

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
        - name: data
          nfs:
            server: files.example.com
            path: /export

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
        - name: data
          persistentVolumeClaim:
            claimName: data

Fix:
    Reach the storage by a persistentVolumeClaim.

Standard:
    Pod Security Standards, restricted, "Volume Types"; `image` counts in every version, as upstream's current text
    has it. Its text asks that one of the allowed fields is not null, which `name` alone does not do.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, items, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-restricted"),
    standards=("pss:restrictedVolumes", "cis:5.2.11", "checklist:non-root"),
    decides="object",
)
ALLOWED = (
    "configMap",
    "emptyDir",
    "secret",
    "persistentVolumeClaim",
    "projected",
    "downwardAPI",
    "csi",
    "ephemeral",
    "image",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each volume that is of none of the allowed types."""
    for pod in release.pods:
        for index, element in enumerate(items(pod.spec.get("volumes"))):
            volume = mapping(element)
            for kind in ALLOWED:
                if volume.get(kind) is not None:
                    break
            else:
                found = [
                    key for key, value in volume.items() if isinstance(key, str) and key != "name" and value is not None
                ]
                path = ("volumes", index, *found[:1])
                named = " and ".join(found) or "no type"
                yield fail(pod, path, f"the volume is of {named}, which a restricted pod may not have")
