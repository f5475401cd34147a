"""What several rules ask of a workload: does it run on, how many pods, who scales, serves and protects them.

Everything that looks at the whole release is computed once per release and kept (`remembered`), so that a rule stays
linear in the number of pods.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from daira.render.release import Container, Object, Pod, Release, deep, integer, mapping, pod_of, text

Made = TypeVar("Made")
Scale = tuple[int, int]
# Kinds whose pods are meant to run for ever.
LONG_RUNNING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController")
# Kinds with a number of replicas.
SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
# Environments in which nobody is hurt by a restart.
DEVELOPMENT = ("development", "dev", "local")

_kept: WeakKeyDictionary[Release, dict[Any, Any]] = WeakKeyDictionary()


def remembered(release: Release, make: Callable[[Release], Made]) -> Made:
    """What `make` makes of a release, made once."""
    made = _kept.setdefault(release, {})
    if make not in made:
        made[make] = make(release)
    found: Made = made[make]
    return found


def long_running(pod: Pod) -> bool:
    """Whether a pod is to run for ever: no Job's, no hook's, no bare pod that ends."""
    kind = pod.object.kind
    if kind == "Pod":
        return pod.spec.get("restartPolicy") in (None, "Always") and "helm.sh/hook" not in pod.annotations
    return kind in LONG_RUNNING


def running_containers(release: Release) -> list[Container]:
    """The plain containers of long-running pods: no init, sidecar or ephemeral ones."""
    return [
        container
        for pod in release.pods
        if long_running(pod)
        for container in pod.containers
        if container.kind == "container"
    ]


def selected(release: Release, selector: object, namespace: str) -> list[Pod]:
    """release.selected(), kept for selectors that are plain labels, because many objects ask for the same ones."""
    if not isinstance(selector, dict):
        return []
    labels = mapping(selector.get("matchLabels"))
    if selector.get("matchExpressions") or not all(isinstance(value, str) for value in labels.values()):
        return release.selected(selector, namespace)
    key = (namespace, frozenset(labels.items()))
    kept = _kept.setdefault(release, {})
    if key not in kept:
        kept[key] = release.selected(selector, namespace)
    found: list[Pod] = kept[key]
    return found


def service_pods(release: Release, service: Object) -> list[Pod]:
    """The pods a Service's selector selects; none when it has no selector."""
    labels = mapping(service.spec.get("selector"))
    if not labels or service.spec.get("type") == "ExternalName":
        return []
    return selected(release, {"matchLabels": labels}, release.namespace_of(service))


def _services(release: Release) -> dict[int, list[Object]]:
    made: dict[int, list[Object]] = {}
    seen: set[int] = set()
    for service in release.all_of("Service"):
        pods = service_pods(release, service)
        # the same list again means the same selector again: one Service stands for all that are alike
        if not pods or id(pods) in seen:
            continue
        seen.add(id(pods))
        for pod in pods:
            made.setdefault(id(pod.object), []).append(service)
    return made


def is_served(release: Release, place: Object | Pod) -> bool:
    """Whether a Service of the release selects the pods of this object."""
    return id(place.object) in remembered(release, _services)


def _budgets(release: Release) -> dict[int, list[Object]]:
    made: dict[int, list[Object]] = {}
    counts: dict[int, int] = {}
    for budget in release.all_of("PodDisruptionBudget"):
        pods = selected(release, budget.spec.get("selector"), release.namespace_of(budget))
        # two budgets on a pod are enough to know that there are too many
        if not pods or counts.get(id(pods), 0) >= 2:
            continue
        counts[id(pods)] = counts.get(id(pods), 0) + 1
        for pod in pods:
            made.setdefault(id(pod.object), []).append(budget)
    return made


def budgets_of(release: Release, place: Object | Pod) -> list[Object]:
    """The PodDisruptionBudgets of the release that select the pods of this object."""
    return remembered(release, _budgets).get(id(place.object), [])


def _scales(release: Release) -> dict[tuple[str, str, str], Scale]:
    made: dict[tuple[str, str, str], Scale] = {}
    for scaler in release.all_of("HorizontalPodAutoscaler"):
        target = mapping(scaler.spec.get("scaleTargetRef"))
        low, high = integer(scaler.spec.get("minReplicas")), integer(scaler.spec.get("maxReplicas"))
        low = 1 if low is None else low
        place = (text(target.get("kind")), release.namespace_of(scaler), text(target.get("name")))
        made[place] = (low, low if high is None else high)
    for scaler in release.all_of("keda.sh/ScaledObject"):
        target = mapping(scaler.spec.get("scaleTargetRef"))
        low, high = integer(scaler.spec.get("minReplicaCount")), integer(scaler.spec.get("maxReplicaCount"))
        place = (text(target.get("kind")) or "Deployment", release.namespace_of(scaler), text(target.get("name")))
        made[place] = (low or 0, 100 if high is None else high)
    return made


def scale_of(release: Release, owner: Object) -> Scale | None:
    """The smallest and largest number of replicas an autoscaler gives a workload; None without an autoscaler."""
    return remembered(release, _scales).get((owner.kind, release.namespace_of(owner), owner.name))


def replicas(release: Release, owner: Object) -> Scale | None:
    """The smallest and largest number of pods of a workload. None where it can't be said (a DaemonSet, wrong types).

    An autoscaler's bounds, else spec.replicas, else Kubernetes' default of one.
    """
    if owner.kind not in SCALED:
        return None
    scale = scale_of(release, owner)
    if scale:
        return scale
    given = owner.spec.get("replicas")
    count = 1 if given is None else integer(given)
    return None if count is None else (count, count)


def unsaid(release: Release, owner: Object) -> bool:
    """Whether an autoscaler outside of the input may decide the replicas: they are left out, and this is not all."""
    return not release.chart and owner.spec.get("replicas") is None and scale_of(release, owner) is None


def amount(value: object, total: int, *, up: bool) -> int | None:
    """An int-or-percentage of `total`, rounded up or down as Kubernetes does; None for what is neither."""
    number = integer(value)
    if number is not None:
        return number
    written = text(value)
    if not written.endswith("%") or not written[:-1].isdecimal():
        return None
    exact = int(written[:-1]) * total / 100
    return math.ceil(exact) if up else math.floor(exact)


def foreign_kinds(release: Release) -> bool:
    """Whether the release holds objects of kinds that are not Kubernetes' own: an operator may make pods of them."""
    return remembered(release, _foreign)


# Kinds outside of Kubernetes' own groups that are known to make no pods.
_NO_PODS = (
    "cert-manager.io/",
    "external-secrets.io/",
    "bitnami.com/",
    "gateway.networking.k8s.io/",
    "monitoring.coreos.com/ServiceMonitor",
    "monitoring.coreos.com/PodMonitor",
    "monitoring.coreos.com/PrometheusRule",
    "keda.sh/",
    "daira.dev/",
)


def _foreign(release: Release) -> bool:
    return any("/" in found.kind and not found.kind.startswith(_NO_PODS) for found in release.objects)


def target_of(release: Release, kind: str, name: str, namespace: str) -> Pod | None:
    """The pod template of the workload an autoscaler names, when it is in the input."""
    found = release.find(kind, name, namespace)
    return pod_of(found) if found else None


def handler(probe: object) -> tuple[str, dict[str, Any]] | None:
    """What a probe does: ("httpGet", its mapping) and so on; None when it does nothing known."""
    for kind in ("httpGet", "tcpSocket", "grpc", "exec"):
        found = deep(probe, (kind,))
        if isinstance(found, dict):
            return kind, found
    return None


def seconds(probe: dict[str, Any], field: str, default: int) -> int:
    """A number of a probe, or its default."""
    found = integer(probe.get(field))
    return default if found is None else found
