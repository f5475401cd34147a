"""What runs in a namespace fits its ResourceQuotas.

What it checks:
    Where the input has a ResourceQuota (without scopes) for a namespace: each container there sets the requests and
    limits that the quota counts, itself, by its pod or by a LimitRange's default; and the replicas of all workloads in
    the input together do not exceed it. DaemonSets and CronJobs count as one pod.

Why:
    A namespace with a quota refuses each pod that does not say what the quota counts, and each that no longer fits.
    Neither shows anywhere but in the events of a ReplicaSet.

Bad:
    apiVersion: v1
    kind: ResourceQuota
    metadata:
      name: shop
    spec:
      hard:
        limits.memory: 4Gi
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2

Good:
    apiVersion: v1
    kind: ResourceQuota
    metadata:
      name: shop
    spec:
      hard:
        limits.memory: 4Gi
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

Fix:
    Set the request or limit that the quota counts, or raise the quota.

Standard:
    Kubernetes, "Resource Quotas". No peer compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from daira.policy.facts.quantity import quantity, said
from daira.policy.facts.resources import OF_PODS, Bound, bound, limit_ranges, of_pod, total
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Object, Pod, Release, deep, integer, mapping

RULE = Rule(
    severity="error",
    groups=("resource-limits", "reliability"),
    standards=("kubernetes:resource-quotas", "checklist:resource-limits"),
    decides="release",
)
MOST = 1_000_000  # more replicas than any cluster has
RESOURCES = ("cpu", "memory", "ephemeral-storage")
COUNTED: dict[str, tuple[Bound, str]] = {
    **{name: ("requests", name) for name in RESOURCES},
    **{f"requests.{name}": ("requests", name) for name in RESOURCES},
    **{f"limits.{name}": ("limits", name) for name in RESOURCES},
}
# Where a workload says how many of its pods run.
REPLICAS = {"Job": ("spec", "parallelism"), "CronJob": ("spec", "jobTemplate", "spec", "parallelism")}


def check(release: Release) -> Iterator[Violation]:
    """Yield each container that a quota refuses, and each quota that is too small."""
    counted: dict[str, dict[str, tuple[Bound, str]]] = {}
    for quota in release.all_of("ResourceQuota"):
        if not quota.spec.get("scopes") and not quota.spec.get("scopeSelector"):
            hard = mapping(quota.spec.get("hard"))
            held = counted.setdefault(release.namespace_of(quota), {})
            held.update({key: what for key, what in COUNTED.items() if key in hard})
    if not counted:
        return
    given = limit_ranges(release)
    for pod in release.pods:
        namespace = release.namespace_of(pod)
        for key, (which, resource) in counted.get(namespace, {}).items():
            if resource not in given.get(namespace, {}).get(which, ()):
                yield from _unsaid(release, pod, key, which, resource)
    for quota in release.of("ResourceQuota"):
        if not quota.spec.get("scopes") and not quota.spec.get("scopeSelector"):
            yield from _too_small(release, quota)


def _unsaid(release: Release, pod: Pod, key: str, which: Bound, resource: str) -> Iterator[Violation]:
    if resource in OF_PODS and of_pod(release, pod, which).get(resource) is not None:
        return
    for container in pod.containers:
        said_here = bound(container, which).get(resource) is not None
        by_limit = which == "requests" and bound(container, "limits").get(resource) is not None
        if container.kind != "ephemeral" and not said_here and not by_limit:
            message = f"the namespace's ResourceQuota counts {key}, and this container does not say it"
            yield fail(container, ("resources", which, resource), message)


def _too_small(release: Release, quota: Object) -> Iterator[Violation]:
    hard = mapping(quota.spec.get("hard"))
    pods = release.pods_in(release.namespace_of(quota))
    for key, most in hard.items():
        allowed = quantity(most)
        if allowed is None or not isinstance(key, str):
            continue
        if key in ("pods", "count/pods"):
            wanted = Fraction(sum(_replicas(pod) for pod in pods))
        elif key in COUNTED:
            which, resource = COUNTED[key]
            wanted = sum((_replicas(pod) * total(release, pod, which, resource) for pod in pods), Fraction(0))
        else:
            continue
        if wanted > allowed:
            many = f"{float(wanted):g}" if key.endswith("cpu") or "pods" in key else f"{float(wanted / 2**20):.0f}Mi"
            yield fail(quota, ("spec", "hard", key), f"{key} is {said(most)}, and the workloads here need {many}")


def _replicas(pod: Pod) -> int:
    if pod.object.kind in ("Pod", "DaemonSet", "PodTemplate"):
        return 1
    wanted = integer(deep(pod.object.data, REPLICAS.get(pod.object.kind, ("spec", "replicas"))))
    return 1 if wanted is None else max(0, min(wanted, MOST))
