"""Containers are made to run as a user other than root.

What it checks:
    Every container's effective `runAsNonRoot` (its own, else the pod's) is true, and the pod's is not false, not
    even where each container says true. As the standard says, runAsUser alone is not enough: the kubelet has to be
    told to insist. Windows pods are asked like all others. From Kubernetes 1.35 a pod with `hostUsers: false` is
    not, because its root is nobody on the node.

Why:
    A process that is root in its container is root on the node once it gets out of it.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        runAsNonRoot: true
      containers:
        - name: nginx
          image: nginx:1.29

Fix:
    Set securityContext.runAsNonRoot: true on the pod, and on no container to false.

Standard:
    Pod Security Standards, restricted, "Running as Non-root". kube-linter's run-as-non-root also fails a zero
    runAsGroup; checkov's CKV_K8S_23 accepts runAsUser alone and does not look at init containers.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-restricted"),
    standards=("pss:runAsNonRoot", "nsa:C-0013", "cis:5.2.7", "checklist:non-root"),
    decides="object",
)
AT = ("securityContext", "runAsNonRoot")


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod that says no, and each container that may run as root."""
    for pod in release.pods:
        if release.kube_version >= (1, 35) and pod.spec.get("hostUsers") is False:
            continue
        shared = pod.security.get("runAsNonRoot")
        if shared is not None and shared is not True:
            yield fail(pod, AT, "the pod's runAsNonRoot is not true")
        for container in pod.containers:
            own = container.security.get("runAsNonRoot")
            if own is None:
                # what it inherits from a pod that says no is said once, at the pod
                if shared is None:
                    yield fail(container, AT, "neither the container nor its pod sets runAsNonRoot to true")
            elif own is not True:
                yield fail(container, AT, "runAsNonRoot is not true")
