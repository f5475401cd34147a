"""No request is above its limit.

What it checks:
    For each resource of a container and of a pod the request is at most the limit; for huge pages and extended
    resources (`example.com/gpu`), which can't be overcommitted, both are the same. From Kubernetes 1.34 also: no
    container's limit is above its pod's, and the containers together request no more than their pod.

Why:
    The API server refuses such a pod, and in a Deployment that shows only in the events of its ReplicaSet.

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
              memory: 1Gi
            limits:
              memory: 512Mi

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
              memory: 1024Mi

Fix:
    Lower the request or raise the limit.

Standard:
    The API server's validation of resources (ValidateContainerResourceRequirements, validatePodResources).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from daira.policy.facts.quantity import said
from daira.policy.facts.resources import OF_PODS, amount, bound, containers, of_pod, request
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Pod, Release

RULE = Rule(
    severity="error",
    groups=("resource-limits", "reliability"),
    standards=("kubernetes:manage-resources-containers", "checklist:resource-limits"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each request above its limit."""
    for container in containers(release):
        yield from _compare(container, bound(container, "requests"), bound(container, "limits"))
    for pod in release.pods:
        requests, limits = of_pod(release, pod, "requests"), of_pod(release, pod, "limits")
        if requests or limits:
            yield from _compare(pod, requests, limits)
            yield from _within(pod, requests, limits)


def _compare(where: Container | Pod, requests: dict[str, object], limits: dict[str, object]) -> Iterator[Violation]:
    for name, given in requests.items():
        if not isinstance(name, str) or name not in limits or given == limits[name]:
            continue
        wanted, most = amount(requests, name), amount(limits, name)
        if wanted is None or most is None:
            continue
        path = ("resources", "requests", name)
        said_both = f"the {name} request, {said(given)}, is {{}} the limit, {said(limits[name])}"
        if wanted > most:
            yield fail(where, path, said_both.format("above"))
        elif wanted != most and ("/" in name or name.startswith("hugepages-")):
            yield fail(where, path, said_both.format("not") + f": {name} can't be overcommitted")


def _within(pod: Pod, requests: dict[str, object], limits: dict[str, object]) -> Iterator[Violation]:
    for name in OF_PODS:
        most, asked = amount(limits, name), amount(requests, name)
        together = Fraction(0)
        for container in pod.containers:
            limit = amount(bound(container, "limits"), name)
            if most is not None and limit is not None and limit > most:
                shown = f"{said(bound(container, 'limits')[name])}, is above the pod's, {said(limits[name])}"
                yield fail(container, ("resources", "limits", name), f"the {name} limit, {shown}")
            if container.kind in ("container", "sidecar"):
                together += request(container, name) or 0
        if asked is not None and together > asked:
            shown = f"the pod's {name} request, {said(requests[name])}"
            yield fail(pod, ("resources", "requests", name), f"the containers together request more than {shown}")
