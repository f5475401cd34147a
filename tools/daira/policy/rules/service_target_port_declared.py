"""A Service's numbered target port is declared by its pods.

What it checks:
    A targetPort given by number, or left out (then it is the port), is a declared containerPort of a container or
    sidecar of a selected workload, where the workload declares any ports.

Why:
    A Service at a number that no container declares mostly is a port that was moved, and refuses connections.

Bad:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, labels: {app: web}}
    spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}

Good:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, labels: {app: web}}
    spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}

Fix:
    Set targetPort to a port of the container, best by its name.

Standard:
    Kubernetes' documentation of Services. A warning only, because a container may listen on a port it does not
    declare.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import service_pods
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Pod, Release, integer, mappings

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:service",),
    decides="release",
)
# Workloads of one selector that are looked at: more say nothing new, and cost time.
ENOUGH = 20


def check(release: Release) -> Iterator[Violation]:
    """Yield each numbered target port that the pods do not declare."""
    for service in release.of("Service"):
        pods = service_pods(release, service)[:ENOUGH]
        if not pods:
            continue
        for index, port in mappings(service.spec.get("ports")):
            wanted = port.get("targetPort")
            if wanted is None and service.spec.get("clusterIP") == "None":
                continue
            number = integer(port.get("port") if wanted in (None, 0) else wanted)
            if number is None:
                continue
            for pod in pods:
                declared = _declared(pod)
                if declared and number not in declared:
                    message = f"no container of {pod.object!r} declares port {number}"
                    yield fail(service, ("spec", "ports", index, "targetPort"), message)
                    break


def _declared(pod: Pod) -> list[object]:
    return [
        port.get("containerPort")
        for container in pod.containers
        if container.kind in ("container", "sidecar")
        for _, port in mappings(container.data.get("ports"))
    ]
