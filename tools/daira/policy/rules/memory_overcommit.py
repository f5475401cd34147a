"""Memory limits are not far above what was requested.

What it checks:
    A container's memory limit is at most four times its request. Not asked where one of them is missing.

Why:
    The scheduler counts requests. Where containers may use many times theirs, a busy hour takes the node's memory, and
    the kernel kills whatever is most above its request.

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
              memory: 64Mi
            limits:
              memory: 2Gi

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
              memory: 512Mi
            limits:
              memory: 2Gi

Fix:
    Raise the memory request towards what the container uses under load.

Standard:
    gatekeeper's containerresourceratios (2 by default) and kyverno's memory-requests-equal-limits are stricter; CPU is
    left out, because running out of it slows down and kills nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.quantity import said
from daira.policy.facts.resources import amount, bound, containers
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("resource-limits",),
    standards=("kubernetes:manage-resources-containers", "checklist:resource-limits"),
    decides="object",
)
RATIO = 4


def check(release: Release) -> Iterator[Violation]:
    """Yield each memory limit far above its request."""
    for container in containers(release):
        requests, limits = bound(container, "requests"), bound(container, "limits")
        if "memory" not in requests or "memory" not in limits:
            continue
        least, most = amount(requests, "memory"), amount(limits, "memory")
        if least and most and most > RATIO * least:
            times = f"{float(most / least):.0f} times the request, {said(requests['memory'])}"
            message = f"the memory limit, {said(limits['memory'])}, is {times}"
            yield fail(container, ("resources", "limits", "memory"), message)
