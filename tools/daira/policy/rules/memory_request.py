"""Every container requests memory.

What it checks:
    `resources.requests.memory` is set.
    Asked of init containers, sidecars and plain containers, not of ephemeral ones, which can have none. The pod's own
    `spec.resources` counts from Kubernetes 1.34 (before, it is behind a feature gate), and so do the defaults of a
    LimitRange of the namespace that is in the input. 0 counts as none.

Why:
    Without a request the scheduler takes the container for one that needs none, and when the node runs out of memory
    it is among the first to be killed.

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
            limits:
              cpu: 500m
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
    Set resources.requests.memory on the container, from what it was measured to need.

Standard:
    kube-linter's unset-memory-requirements, kube-score's container-resources, checkov's CKV_K8S_12, trivy's KSV-0016.
    Like them it wants the request said even where the limit would silently become it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.resources import missing
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("resource-limits",),
    standards=("nsa:C-0269", "checklist:resource-limits"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container without a memory request."""
    yield from missing(release, "requests", "memory")
