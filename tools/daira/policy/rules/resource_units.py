"""Resources have the units that were meant.

What it checks:
    Memory and ephemeral storage are no fractions of a byte (`500m` is half a byte), and not below 1Mi when they are not
    0 (`512` is 512 bytes). CPU is not above 256 cores (`500` is 500 cores, where 500m was meant). A request and its
    limit count in the same units: `1G` beside `1Gi` is usually a slip.

Why:
    All of these are valid, and the pod is killed at its start, waits for a node that nobody has, or is throttled to
    nothing.

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
            limits:
              memory: 500m

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
            limits:
              memory: 500Mi

Fix:
    Write memory in Mi or Gi, and CPU in m or whole cores.

Standard:
    Kubernetes, "Resource Management for Pods and Containers", "Memory resource units". No peer checks it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.quantity import quantity, said
from daira.policy.facts.resources import bound, containers
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("resource-limits",),
    standards=("kubernetes:manage-resources-containers", "checklist:resource-limits"),
    decides="object",
)
CORES = 256
LEAST = 1 << 20


def check(release: Release) -> Iterator[Violation]:
    """Yield each value with a suspicious unit."""
    for container in containers(release):
        requests, limits = bound(container, "requests"), bound(container, "limits")
        for which, values in (("requests", requests), ("limits", limits)):
            for name in ("cpu", "memory", "ephemeral-storage"):
                given = values.get(name)
                if given is not None and (wrong := _suspicious(name, given)):
                    yield fail(container, ("resources", which, name), wrong)
        for name in ("memory", "ephemeral-storage"):
            one, other = requests.get(name), limits.get(name)
            if isinstance(one, str) and isinstance(other, str) and _binary(one) is (not _binary(other)):
                said_both = f"the {name} request is {said(one)} and the limit {said(other)}"
                yield fail(container, ("resources", "limits", name), f"{said_both}: one counts in 1000s, one in 1024s")


def _suspicious(name: str, given: object) -> str | None:
    read = quantity(given)
    if read is None or read <= 0:
        return None
    if name == "cpu":
        return f"{said(given)} is {said(given)} whole cores; {said(given)}m was meant?" if read > CORES else None
    if read.denominator != 1:
        return f"{said(given)} of {name} is less than a byte's precision: m means thousandths"
    return f"{said(given)} of {name} is only {read} bytes: the unit is missing?" if read < LEAST else None


def _binary(given: str) -> bool | None:
    """Whether it counts in 1024s; None without a suffix of size."""
    if given.endswith("i"):
        return True
    return False if given.endswith(("k", "M", "G", "T", "P", "E")) else None
