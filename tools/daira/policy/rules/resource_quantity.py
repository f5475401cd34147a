"""Quantities of resources are valid, and so are the resources' names.

What it checks:
    Requests and limits of containers and pods, the storage of volume claims and the `sizeLimit` of emptyDirs are
    quantities as the API server reads them (`100m`, `1.5Gi`, `1e3`, 2), not below 0. CPU is not finer than 1m; extended
    resources and huge pages are whole numbers. A resource is cpu, memory, ephemeral-storage, hugepages-SIZE, or has a
    domain (`example.com/gpu`).

Why:
    The API server refuses such an object, and a rollout stops halfway with part of the release applied.

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
              memory: 256MB

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
              memory: 256Mi

Fix:
    Write a number with a suffix (n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei) or an exponent (1e3).

Standard:
    Kubernetes, "Quantity" (apimachinery's ParseQuantity) and the API server's validation of resources.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from daira.policy.facts.quantity import quantity, said
from daira.policy.facts.resources import containers
from daira.policy.rule import Rule, Violation
from daira.render.release import Object, Path, Release, deep, mapping, mappings

RULE = Rule(
    severity="error",
    groups=("resource-limits", "reliability"),
    standards=("kubernetes:manage-resources-containers", "checklist:resource-limits"),
    decides="object",
)
STANDARD = frozenset(["cpu", "memory", "ephemeral-storage"])


def check(release: Release) -> Iterator[Violation]:
    """Yield each value that is no quantity, and each name that is no resource."""
    for container in containers(release):
        yield from _resources(container.object, container.path, container.data)
    for pod in release.pods:
        yield from _resources(pod.object, pod.path, pod.spec)
        for index, volume in mappings(pod.spec.get("volumes")):
            given = mapping(volume.get("emptyDir")).get("sizeLimit")
            if given is not None and (wrong := _wrong("memory", given)):
                yield Violation(pod.object, (*pod.path, "volumes", index, "emptyDir", "sizeLimit"), wrong)
    for owner in release.of("PersistentVolumeClaim"):
        yield from _storage(owner, (), owner.data)
    for owner in release.of("StatefulSet"):
        for index, template in mappings(owner.spec.get("volumeClaimTemplates")):
            yield from _storage(owner, ("spec", "volumeClaimTemplates", index), template)


def _resources(owner: Object, path: Path, data: object) -> Iterator[Violation]:
    resources = mapping(mapping(data).get("resources"))
    for which in ("requests", "limits"):
        for name, given in mapping(resources.get(which)).items():
            at = (*path, "resources", which, name if isinstance(name, str) else said(name))
            if not isinstance(name, str) or not (name in STANDARD or name.startswith("hugepages-") or "/" in name):
                yield Violation(owner, at, f"{said(name)} is no resource of containers")
            elif given is not None and (wrong := _wrong(name, given)):
                yield Violation(owner, at, wrong)


def _storage(owner: Object, path: Path, data: object) -> Iterator[Violation]:
    for which in ("requests", "limits"):
        at = ("spec", "resources", which, "storage")
        given = deep(data, at)
        if given is not None and (wrong := _wrong("storage", given)):
            yield Violation(owner, (*path, *at), wrong)


def _wrong(name: str, given: object) -> str | None:
    return _wrong_text(name, given) if isinstance(given, str) else _judge(name, given)


@lru_cache(maxsize=4096)
def _wrong_text(name: str, given: str) -> str | None:
    return _judge(name, given)


def _judge(name: str, given: object) -> str | None:
    read = quantity(given)
    if read is None:
        return f"{said(given)!r} is no quantity"
    if read < 0:
        return f"{said(given)} is below 0"
    if name == "cpu" and (read * 1000).denominator != 1:
        return f"{said(given)} of CPU is finer than 1m"
    whole = "/" in name or name.startswith("hugepages-")
    return f"{said(given)} of {name} is no whole number" if whole and read.denominator != 1 else None
