"""Volumes are of the types that a restricted pod may have.

What it checks:
    Every volume of a pod has one of configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim,
    projected and secret set to something other than null. A volume that says nothing but its name is an emptyDir,
    because the API server makes one of it before it judges.

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
    Pod Security Standards, restricted, "Volume Types"; `image` counts in every version, as upstream has it.
    Upstream's function refuses a volume without a type, but in the API server it never sees one, and upstream's own
    fixtures pass with one: so does this rule. A type that nobody knows is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings

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
        for index, volume in mappings(pod.spec.get("volumes")):
            for kind in ALLOWED:
                if volume.get(kind) is not None:
                    break
            else:
                found = [key for key, value in volume.items() if key != "name" and value is not None]
                if found:
                    kind = found[0]
                    path = ("volumes", index, kind)
                    yield fail(pod, path, f"the volume is of the type {kind}, which a restricted pod may not have")
