"""Containers keep the masks of /proc.

What it checks:
    No container sets `securityContext.procMount` to anything but Default. From Kubernetes 1.35 a pod with
    `hostUsers: false` may: in a user namespace of its own what is unmasked is not the node's.

Why:
    The runtime hides parts of /proc (keys, kernel memory, interrupts) and makes others read-only; unmasked, a
    container reads and writes what belongs to the node.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          securityContext:
            procMount: Unmasked

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      hostUsers: false
      containers:
        - name: nginx
          image: nginx:1.29
          securityContext:
            procMount: Unmasked

Fix:
    Remove procMount, or run the pod in a user namespace with hostUsers: false.

Standard:
    Pod Security Standards, baseline, "/proc Mount Type". It belongs to pss-restricted too, where up to 1.34 it is
    the only word on the matter; from 1.35 proc-mount-restricted says it there more strictly, and upstream lets that
    replace this one. An empty string is refused, as by the API server. kube-linter's unsafe-proc-mount does not
    know user namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=("pss:procMount", "nsa:C-0055", "cis:5.6.3", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container that unmasks /proc, from 1.35 only outside of a user namespace."""
    for container in release.containers:
        value = container.security.get("procMount")
        if value is None or value == "Default":
            continue
        if release.kube_version < (1, 35) or container.pod.spec.get("hostUsers") is not False:
            yield fail(container, ("securityContext", "procMount"), f'procMount is "{value}"')
