"""A container's liveness probe is more patient than a readiness probe that asks the same.

What it checks:
    Where livenessProbe and readinessProbe ask the same question (the same path and port, port, or command; a named
    port is its number), the liveness probe takes longer to give up (failureThreshold x periodSeconds).

Why:
    With the same question and the same patience a container that is only overloaded is killed instead of being given a
    break, and its load kills the next one.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          livenessProbe: {httpGet: {path: /health, port: 8080}}
          readinessProbe: {httpGet: {path: /health, port: 8080}}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          livenessProbe: {httpGet: {path: /health, port: 8080}, failureThreshold: 6}
          readinessProbe: {httpGet: {path: /health, port: 8080}, failureThreshold: 2}

Fix:
    Let the liveness probe ask only whether the process is alive, or give it a higher failureThreshold.

Standard:
    Kubernetes' documentation calls the same endpoint with a higher failureThreshold for liveness a common pattern, so
    it is accepted here; kube-score's "Pod Probes Identical" looks at the question only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daira.policy.facts.workloads import handler, running_containers, seconds
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Release, mapping, mappings, text

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:configure-liveness-readiness-startup-probes",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container whose probes are the same."""
    for container in running_containers(release):
        alive, ready = mapping(container.data.get("livenessProbe")), mapping(container.data.get("readinessProbe"))
        if not alive or not ready:
            continue
        question = _question(container, alive)
        if question is None or question != _question(container, ready):
            continue
        if _patience(alive) <= _patience(ready):
            yield fail(
                container, ("livenessProbe",), "liveness and readiness probe are the same, with no more patience"
            )


def _patience(probe: dict[str, Any]) -> int:
    return seconds(probe, "failureThreshold", 3) * seconds(probe, "periodSeconds", 10)


def _question(container: Container, probe: dict[str, Any]) -> list[Any] | None:
    found = handler(probe)
    if not found:
        return None
    kind, asked = found
    if kind == "exec":
        return [kind, asked.get("command")]
    port = asked.get("port")
    if isinstance(port, str):
        for _, one in mappings(container.data.get("ports")):
            if one.get("name") == port:
                port = one.get("containerPort")
    path = (text(asked.get("path")) or "/") if kind == "httpGet" else asked.get("service")
    return [kind, path, port, asked.get("host"), text(asked.get("scheme")) or "HTTP"]
