"""What containers request and may use, as the API server has it, with LimitRanges' defaults and pod-level resources."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

from daira.policy.facts.quantity import NAMES, quantity, said
from daira.policy.rule import Violation, fail
from daira.render.release import Container, Pod, Release, mapping, mappings

Bound = Literal["requests", "limits"]
# Pod-level resources (spec.resources) hold without a feature gate from here on.
POD_LEVEL = (1, 34)
# What spec.resources can hold, apart from hugepages-*.
OF_PODS = ("cpu", "memory")


def containers(release: Release) -> Iterator[Container]:
    """The containers that can have resources: all but the ephemeral ones."""
    for container in release.containers:
        if container.kind != "ephemeral":
            yield container


def bound(container: Container, which: Bound) -> dict[str, Any]:
    """A container's requests or limits as written."""
    return mapping(mapping(container.data.get("resources")).get(which))


def of_pod(release: Release, pod: Pod, which: Bound) -> dict[str, Any]:
    """A pod's own requests or limits, empty where the version does not know them."""
    if release.kube_version < POD_LEVEL:
        return {}
    return mapping(mapping(pod.spec.get("resources")).get(which))


def amount(values: dict[str, Any], resource: str) -> Fraction | None:
    """The amount of a resource, None when it is not there or no quantity."""
    given = values.get(resource)
    return None if given is None else quantity(given)


def request(container: Container, resource: str) -> Fraction | None:
    """What a container requests of a resource: where it says nothing, its limit."""
    requests = bound(container, "requests")
    return amount(requests if resource in requests else bound(container, "limits"), resource)


def total(release: Release, pod: Pod, which: Bound, resource: str) -> Fraction:
    """What a whole pod requests, or may use at most: its own value, or its containers' as the scheduler adds them up.

    Init containers run one after the other, beside the sidecars that were started before them.
    """
    own = amount(of_pod(release, pod, which), resource)
    if own is not None and resource in OF_PODS:
        return own
    always = peak = Fraction(0)
    for container in pod.containers:
        if container.kind == "ephemeral":
            continue
        given = request(container, resource) if which == "requests" else amount(bound(container, which), resource)
        value = given or Fraction(0)
        if container.kind == "init":
            peak = max(peak, always + value)
        else:
            always += value
    return max(peak, always) + (amount(mapping(pod.spec.get("overhead")), resource) or 0)


def is_set(values: dict[str, Any], resource: str) -> bool:
    """Whether there is a value that counts: 0 does not, and what is no quantity is another rule's business."""
    given = values.get(resource)
    return given is not None and quantity(given) != 0


def limit_ranges(release: Release) -> dict[str, dict[Bound, set[str]]]:
    """For each namespace the resources that LimitRanges of the input give to containers that do not name them.

    As SetDefaults_LimitRangeItem has it: a maximum is the default limit, a default limit the default request, a
    minimum the default request.
    """
    found: dict[str, dict[Bound, set[str]]] = {}
    for owner in release.all_of("LimitRange"):
        given = found.setdefault(release.namespace_of(owner), {"requests": set(), "limits": set()})
        for _, item in mappings(owner.spec.get("limits")):
            if item.get("type") == "Container":
                limits = {*_names(item.get("default")), *_names(item.get("max"))}
                given["limits"] |= limits
                given["requests"] |= {*limits, *_names(item.get("defaultRequest")), *_names(item.get("min"))}
    return found


def _names(value: object) -> Iterator[str]:
    yield from (name for name in mapping(value) if isinstance(name, str))


def missing(release: Release, which: Bound, resource: str) -> Iterator[Violation]:
    """Each container for which neither itself, its pod nor a LimitRange of its namespace sets this request or limit."""
    given = limit_ranges(release)
    path = ("resources", which, resource)
    word = which[:-1]
    for pod in release.pods:
        judged = [
            container
            for container in pod.containers
            if container.kind != "ephemeral" and not is_set(bound(container, which), resource)
        ]
        if not judged or (resource in OF_PODS and is_set(of_pod(release, pod, which), resource)):
            continue
        if given and resource in given.get(release.namespace_of(pod), {}).get(which, ()):
            continue
        for container in judged:
            message = f"there is no {NAMES[resource]} {word}"
            value = bound(container, which).get(resource)
            limit = bound(container, "limits").get(resource)
            if value is not None:
                message = f"the {NAMES[resource]} {word} is {said(value)}: that is none"
            elif which == "requests" and limit is not None:
                message += f": the limit, {said(limit)}, silently becomes it"
            yield fail(container, path, message)
