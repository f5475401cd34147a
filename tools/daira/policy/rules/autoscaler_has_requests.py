"""What an autoscaler measures in percent of a request is requested.

What it checks:
    For each Resource metric with a Utilization target, every container and sidecar of the scaled pods requests that
    resource (a limit alone counts, because it becomes the request; so does a pod-level request, from 1.34). For a
    ContainerResource metric the named container exists and requests it. autoscaling/v1, and no metrics at all, are cpu.

Why:
    Without a request there is nothing to take a percentage of: the autoscaler shows <unknown> and never scales.

Bad:
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [{name: a}]}}}}
    ---
    apiVersion: autoscaling/v1
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {maxReplicas: 5, targetCPUUtilizationPercentage: 70, scaleTargetRef: {kind: Deployment, name: web}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 100m}}}]}}}
    ---
    apiVersion: autoscaling/v1
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {maxReplicas: 5, targetCPUUtilizationPercentage: 70, scaleTargetRef: {kind: Deployment, name: web}}

Fix:
    Set the request on every container of the scaled pods.

Standard:
    Kubernetes' documentation of horizontal pod autoscaling; no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import target_of
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Object, Pod, Release, deep, mapping, mappings, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:horizontal-pod-autoscale",),
    decides="release",
)
POD_LEVEL = (1, 34)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container without the request an autoscaler measures by."""
    for scaler in release.of("HorizontalPodAutoscaler"):
        target = mapping(scaler.spec.get("scaleTargetRef"))
        pod = target_of(release, text(target.get("kind")), text(target.get("name")), release.namespace_of(scaler))
        if not pod:
            continue
        for resource, container in dict.fromkeys(_measured(scaler)):
            yield from _requests(release, scaler, pod, resource, container)


def _measured(scaler: Object) -> Iterator[tuple[str, str]]:
    """The resources that are measured in percent, each with the container's name or ""."""
    metrics = scaler.spec.get("metrics")
    if scaler.version == "v1" or not metrics:
        yield "cpu", ""
        return
    for _, metric in mappings(metrics):
        for field in ("resource", "containerResource"):
            given = mapping(metric.get(field))
            percent = deep(given, ("target", "averageUtilization")) or given.get("targetAverageUtilization")
            if percent is not None and text(given.get("name")):
                yield text(given.get("name")), text(given.get("container")) if field == "containerResource" else ""


def _requests(release: Release, scaler: Object, pod: Pod, resource: str, wanted: str) -> Iterator[Violation]:
    if wanted and all(container.name != wanted for container in pod.containers):
        yield fail(scaler, ("spec", "metrics"), f"the scaled pods have no container {wanted!r}")
    by_pod = deep(pod.spec, ("resources", "requests", resource)) is not None
    if by_pod and release.kube_version >= POD_LEVEL and not wanted:
        return
    for container in pod.containers:
        if container.kind not in ("container", "sidecar") or (wanted and container.name != wanted):
            continue
        resources = mapping(container.data.get("resources"))
        if not any(mapping(resources.get(part)).get(resource) for part in ("requests", "limits")):
            name = scaler.name
            message = f"container {container.name} requests no {resource}, which autoscaler {name} measures in percent"
            yield fail(container, ("resources", "requests", resource), message)
