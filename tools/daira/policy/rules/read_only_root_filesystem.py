"""The root filesystem of every container is read-only.

What it checks:
    `securityContext.readOnlyRootFilesystem` is true on every container: init, sidecar and ephemeral ones too. There is
    no such setting for a whole pod. Windows pods are not asked, because Windows has no such thing.

Why:
    Who gets into a container can't change its programs, nor leave tools in it; and what the application writes is
    written to volumes that somebody has thought of.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2

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
          emptyDir: {sizeLimit: 64Mi}

Fix:
    Set securityContext.readOnlyRootFilesystem: true on the container, and mount an emptyDir where it has to write.

Standard:
    NSA/CISA "Immutable container file systems"; not part of the Pod Security Standards. kube-linter's
    no-read-only-root-fs, checkov's CKV_K8S_22, trivy's KSV-0014; kube-linter leaves ephemeral containers out.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("non-root",),
    standards=("nsa:C-0017", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container whose root filesystem can be written."""
    for container in release.containers:
        if container.security.get("readOnlyRootFilesystem") is not True and not container.pod.windows:
            path = ("securityContext", "readOnlyRootFilesystem")
            yield fail(container, path, "readOnlyRootFilesystem is not set to true")
