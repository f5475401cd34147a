"""No pod and no container asks for root by number.

What it checks:
    Neither a pod's nor a container's `securityContext.runAsUser` is 0; absent is fine, since runAsNonRoot speaks
    for that. The pod's 0 is found even where every container has another number. From Kubernetes 1.35 pods with
    `hostUsers: false` are not asked: their root is nobody on the node.

Why:
    A process that is root in its container is root on the node once it gets out of it; with runAsNonRoot as well,
    the kubelet refuses to start the container at all.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        runAsUser: 0
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
        runAsUser: 101
      containers:
        - name: nginx
          image: nginx:1.29

Fix:
    Remove runAsUser or set it to the number of an ordinary user.

Standard:
    Pod Security Standards, restricted, "Running as Non-root user". No least number is asked (checkov's CKV_K8S_40
    and kube-score want 10000 or more), and nothing of runAsGroup.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-restricted"),
    standards=("pss:runAsUser", "nsa:C-0013", "cis:5.2.7", "checklist:non-root"),
    decides="object",
)
AT = ("securityContext", "runAsUser")


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod and container that asks for user 0."""
    for pod in release.pods:
        if release.kube_version >= (1, 35) and pod.spec.get("hostUsers") is False:
            continue
        if _is_root(pod.security.get("runAsUser")):
            yield fail(pod, AT, "the pod runs as user 0")
        for container in pod.containers:
            if _is_root(container.security.get("runAsUser")):
                yield fail(container, AT, "the container runs as user 0")


def _is_root(value: object) -> bool:
    # 0.0 is 0 to the API server, false is no number
    return value == 0 and value is not False
