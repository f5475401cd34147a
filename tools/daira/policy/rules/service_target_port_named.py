"""A Service's named target port is a port of its pods.

What it checks:
    A targetPort given by name is the name of a port, with the same protocol, of a container or sidecar of every
    workload that the Service selects.

Why:
    Pods without a port of that name get no traffic: the Service has no endpoints.

Bad:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: web}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: a, ports: [{name: http, containerPort: 8080}]}]}

Good:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: a, ports: [{name: http, containerPort: 8080}]}]}

Fix:
    Use the name of a port of the pods' containers as targetPort.

Standard:
    Kubernetes' documentation of Services; kube-linter's dangling-service looks at labels only.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import service_pods
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Pod, Release, mappings

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:service",),
    decides="release",
)
# Workloads of one selector that are looked at: more say nothing new, and cost time.
ENOUGH = 20


def check(release: Release) -> Iterator[Violation]:
    """Yield each target port that the pods do not have."""
    for service in release.of("Service"):
        named = [
            (index, port)
            for index, port in mappings(service.spec.get("ports"))
            if isinstance(port.get("targetPort"), str) and not port["targetPort"].isdecimal()
        ]
        if not named:
            continue
        for pod in service_pods(release, service)[:ENOUGH]:
            for index, port in named:
                if not _has(pod, port["targetPort"], port.get("protocol") or "TCP"):
                    message = f"no container of {pod.object!r} has a port named {port['targetPort']!r}"
                    yield fail(service, ("spec", "ports", index, "targetPort"), message)


def _has(pod: Pod, name: str, protocol: object) -> bool:
    return any(
        port.get("name") == name and (port.get("protocol") or "TCP") == protocol
        for container in pod.containers
        if container.kind in ("container", "sidecar")
        for _, port in mappings(container.data.get("ports"))
    )
