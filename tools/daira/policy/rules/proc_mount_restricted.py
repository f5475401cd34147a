"""Containers keep the masks of /proc, in user namespaces too.

What it checks:
    From Kubernetes 1.35: no container sets `securityContext.procMount` to anything but Default, whatever
    `hostUsers` says. Before 1.35 proc-mount says the same.

Why:
    The runtime hides parts of /proc (keys, kernel memory, interrupts) and makes others read-only; unmasked, a
    container reads and writes what belongs to the node.

Bad:
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
            procMount: Default

Fix:
    Remove procMount.

Standard:
    Pod Security Standards, restricted since 1.35, "/proc Mount Type".
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-restricted"),
    standards=("pss:procMount_restricted", "cis:5.6.3", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container that unmasks /proc."""
    if release.kube_version < (1, 35):
        return
    for container in release.containers:
        value = container.security.get("procMount")
        if value is not None and value != "Default":
            yield fail(container, ("securityContext", "procMount"), f'procMount is "{value}"')
