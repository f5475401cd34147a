"""No volume is of a type that Kubernetes can no longer mount.

What it checks:
    Volumes of pods and PersistentVolumes have no source whose plugin was taken out and has no CSI migration:
    glusterfs, flocker, quobyte, storageos, scaleIO, photonPersistentDisk, cephfs, rbd, gitRepo. The same of a
    StorageClass's provisioner.

Why:
    The apiserver still accepts the field, and the pod then waits for its volume for ever.

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
        - name: site
          gitRepo:
            repository: https://git.example.com/site.git

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
        - name: site
          emptyDir: {}

Fix:
    Use a CSI driver's volume, and instead of gitRepo an init container that clones into an emptyDir.

Standard:
    Kubernetes' documentation of volumes and the changelogs of the versions that took the plugins out. Kyverno and
    Polaris forbid gitRepo as insecure (CVE-2024-10220) only.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings, text

RULE = Rule(
    severity="error",
    groups=("deprecated-api",),
    standards=("kubernetes:concepts/storage/volumes",),
    decides="object",
)
# The minor version of Kubernetes that mounts it no more. gitRepo is off by default since then.
REMOVED = {
    "scaleIO": 22,
    "flocker": 25,
    "photonPersistentDisk": 25,
    "quobyte": 25,
    "storageos": 25,
    "glusterfs": 26,
    "cephfs": 31,
    "rbd": 31,
    "gitRepo": 33,
}


def check(release: Release) -> Iterator[Violation]:
    """Yield each volume that can't be mounted."""
    minor = release.kube_version[1]
    for pod in release.pods:
        for index, volume in mappings(pod.spec.get("volumes")):
            for source in volume:
                if isinstance(source, str) and REMOVED.get(source, 99) <= minor and volume[source] is not None:
                    yield fail(pod, ("volumes", index, source), _said(source))
    for item in release.of("PersistentVolume"):
        for source in item.spec:
            if isinstance(source, str) and REMOVED.get(source, 99) <= minor and item.spec[source] is not None:
                yield fail(item, ("spec", source), _said(source))
    for item in release.of("StorageClass"):
        source = text(item.data.get("provisioner")).removeprefix("kubernetes.io/")
        if source != item.data.get("provisioner") and (known := _known(source)) and REMOVED[known] <= minor:
            yield fail(item, ("provisioner",), _said(known))


def _known(provisioner: str) -> str | None:
    return next((name for name in REMOVED if name.lower() == provisioner.replace("-", "").lower()), None)


def _said(source: str) -> str:
    return f"volumes of type {source} are not mounted since Kubernetes 1.{REMOVED[source]}"
