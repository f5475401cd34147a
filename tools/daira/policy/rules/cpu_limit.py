"""Every container has a CPU limit.

What it checks:
    `resources.limits.cpu` is set.
    Asked of init containers, sidecars and plain containers, not of ephemeral ones, which can have none. The pod's own
    `spec.resources` counts from Kubernetes 1.34 (before, it is behind a feature gate), and so do the defaults of a
    LimitRange of the namespace that is in the input. 0 counts as none.

Why:
    One container that spins takes the whole node, and the others' latency depends on their neighbours.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              cpu: 500m
              memory: 256Mi

Fix:
    Set resources.limits.cpu on the container, from what it was measured to need.

Standard:
    kube-linter's unset-cpu-requirements, kube-score's container-resources, checkov's CKV_K8S_11, trivy's KSV-0011. A
    limit throttles, which is why some leave it out on purpose: this is a warning, and the other three are errors.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.resources import missing
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("resource-limits",),
    standards=("nsa:C-0270", "checklist:resource-limits"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container without a CPU limit."""
    yield from missing(release, "limits", "cpu")
