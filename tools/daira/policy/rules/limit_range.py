"""Containers fit the LimitRanges of their namespace.

What it checks:
    Where the input has a LimitRange for a pod's namespace, each container's requests and limits, and for type Pod their
    sum, are between its `min` and `max`, and limit divided by request is at most `maxLimitRequestRatio`; storage claims
    likewise. A value that is missing is given by the LimitRange's defaults and not judged.

Why:
    The API server refuses such a pod. In a Deployment only its ReplicaSet's events show it: the rollout hangs.

Bad:
    apiVersion: v1
    kind: LimitRange
    metadata:
      name: shop
    spec:
      limits:
        - type: Container
          max:
            memory: 512Mi
    ---
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
              memory: 1Gi

Good:
    apiVersion: v1
    kind: LimitRange
    metadata:
      name: shop
    spec:
      limits:
        - type: Container
          max:
            memory: 512Mi
    ---
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
              memory: 512Mi

Fix:
    Change the container's resources, or the LimitRange, so that they agree.

Standard:
    Kubernetes, "Limit Ranges" (the LimitRanger admission plugin). No peer compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from daira.policy.facts.quantity import said
from daira.policy.facts.resources import Bound, amount, bound, request, total
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Pod, Release, deep, mapping, mappings

RULE = Rule(
    severity="error",
    groups=("resource-limits", "reliability"),
    standards=("kubernetes:limit-range", "checklist:resource-limits"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each request and limit that a LimitRange refuses."""
    ranges: dict[str, list[dict[str, Any]]] = {}
    for owner in release.all_of("LimitRange"):
        held = ranges.setdefault(release.namespace_of(owner), [])
        held.extend(item for _, item in mappings(owner.spec.get("limits")))
    if not ranges:
        return
    for pod in release.pods:
        for item in ranges.get(release.namespace_of(pod), ()):
            if item.get("type") == "Container":
                yield from _containers(pod, item)
            elif item.get("type") == "Pod":
                yield from _pod(release, pod, item)
    for claim in release.of("PersistentVolumeClaim"):
        for item in ranges.get(release.namespace_of(claim), ()):
            if item.get("type") == "PersistentVolumeClaim":
                path = ("spec", "resources", "requests", "storage")
                given = amount(mapping(deep(claim.data, path[:-1])), "storage")
                if wrong := _outside("storage request", given, item, "storage"):
                    yield fail(claim, path, wrong)


def _containers(pod: Pod, item: dict[str, Any]) -> Iterator[Violation]:
    for container in pod.containers:
        if container.kind == "ephemeral":
            continue
        for resource in _resources(item):
            limit = amount(bound(container, "limits"), resource)
            wanted = request(container, resource)
            if wrong := _outside(f"{resource} limit", limit, item, resource):
                yield fail(container, ("resources", "limits", resource), wrong)
            elif wrong := _outside(f"{resource} request", wanted, item, resource):
                yield fail(container, ("resources", "requests", resource), wrong)
            ratio = amount(mapping(item.get("maxLimitRequestRatio")), resource)
            if ratio and limit and wanted and limit > ratio * wanted:
                most = f"{said(item['maxLimitRequestRatio'][resource])} times the request"
                message = f"the {resource} limit is more than {most}, the most that the namespace's LimitRange allows"
                yield fail(container, ("resources", "limits", resource), message)


def _pod(release: Release, pod: Pod, item: dict[str, Any]) -> Iterator[Violation]:
    which: Bound
    for resource in _resources(item):
        for which in ("limits", "requests"):
            given = total(release, pod, which, resource)
            if given and (wrong := _outside(f"pod's {resource} {which}", given, item, resource)):
                yield fail(pod, ("containers",), wrong)


def _resources(item: dict[str, Any]) -> list[str]:
    named = {**mapping(item.get("min")), **mapping(item.get("max")), **mapping(item.get("maxLimitRequestRatio"))}
    return [name for name in named if isinstance(name, str)]


def _outside(what: str, given: Fraction | None, item: dict[str, Any], resource: str) -> str | None:
    if given is None:
        return None
    least, most = amount(mapping(item.get("min")), resource), amount(mapping(item.get("max")), resource)
    if most is not None and given > most:
        return f"the {what} is above the {said(item['max'][resource])} that the namespace's LimitRange allows"
    if least is not None and given < least:
        return f"the {what} is below the {said(item['min'][resource])} that the namespace's LimitRange demands"
    return None
