"""Containers run in a group other than root's.

What it checks:
    Every container's effective `runAsGroup` (its own, else the pod's) is set and not 0. Windows pods are not asked;
    from Kubernetes 1.35 a pod with `hostUsers: false` is not either, because its root is nobody on the node.

Why:
    runAsUser alone leaves the group to the image: where its user database does not know the number, the group is
    root's, which owns many files of images and volumes.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        runAsUser: 10001
      containers:
        - name: web
          image: web:1.4.2

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        runAsUser: 10001
        runAsGroup: 10001
      containers:
        - name: web
          image: web:1.4.2

Fix:
    Set securityContext.runAsGroup to a number above 0 on the pod.

Standard:
    kube-linter's run-as-non-root fails a runAsGroup of 0, kube-score's container-security-context-user-group-id and
    trivy's KSV-0021 want 10000 or more. This rule wants any group but root's: many images work only with their own
    small number.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.quantity import said
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, integer

RULE = Rule(
    severity="warning",
    groups=("non-root",),
    standards=("kubernetes:security-context", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container whose group may be root's."""
    for pod in release.pods:
        if pod.windows or (release.kube_version >= (1, 35) and pod.spec.get("hostUsers") is False):
            continue
        by_pod = pod.security.get("runAsGroup")
        for container in pod.containers:
            own = container.security.get("runAsGroup")
            group = by_pod if own is None else own
            if group is None:
                message = "runAsGroup is not set: the image decides, and may take root's group"
            elif not integer(group):
                message = "runAsGroup is 0: root's group" if integer(group) == 0 else f"runAsGroup is {said(group)}"
            else:
                continue
            yield fail(container, ("securityContext", "runAsGroup"), message)
