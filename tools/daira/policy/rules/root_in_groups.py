"""No pod gets root's group by its volumes or its supplementary groups.

What it checks:
    `fsGroup` is not 0 and `supplementalGroups` does not hold 0. Not set is fine. Windows pods, and pods with
    `hostUsers: false` from Kubernetes 1.35, are not asked.

Why:
    Both make the process a member of group 0, which may read and often write what belongs to root, in the image and on
    every volume that is shared with others.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        fsGroup: 0
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
        fsGroup: 10001
        supplementalGroups: [20001]
      containers:
        - name: web
          image: web:1.4.2

Fix:
    Give fsGroup and supplementalGroups numbers above 0, or leave them out.

Standard:
    The retired PodSecurityPolicy's MustRunAs ranges from 1 to 65535, kept by gatekeeper's users and trivy's KSV-0116;
    the Pod Security Standards no longer ask it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, integer, items

RULE = Rule(
    severity="warning",
    groups=("non-root",),
    standards=("kubernetes:security-context", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod that is in group 0."""
    for pod in release.pods:
        if pod.windows or (release.kube_version >= (1, 35) and pod.spec.get("hostUsers") is False):
            continue
        if integer(pod.security.get("fsGroup")) == 0:
            yield fail(pod, ("securityContext", "fsGroup"), "fsGroup is 0: the volumes belong to root's group")
        for index, group in enumerate(items(pod.security.get("supplementalGroups"))):
            if integer(group) == 0:
                yield fail(pod, ("securityContext", "supplementalGroups", index), "supplementalGroups has root's, 0")
