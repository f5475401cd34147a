"""Probes ask ports that their container declares.

What it checks:
    A port given by number in a liveness, readiness or startup probe (httpGet, tcpSocket or grpc) is one of the
    container's declared TCP ports, when the container declares any or not.

Why:
    A declared port is documentation that can be checked: a probe at another number is mostly a port that was moved.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          ports: [{name: http, containerPort: 3000}]
          livenessProbe: {httpGet: {path: /, port: 8080}}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          ports: [{name: http, containerPort: 8080}]
          livenessProbe: {httpGet: {path: /, port: 8080}}

Fix:
    Declare the port in the container's ports, or better, probe it by its name.

Standard:
    kube-linter's liveness-port, readiness-port and startup-port. Only a warning, because Kubernetes lets a container
    listen on ports it does not declare.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping, mappings

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:configure-liveness-readiness-startup-probes",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each probe at a port that is not declared."""
    for container in release.containers:
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            given = mapping(container.data.get(probe))
            for kind in ("httpGet", "tcpSocket", "grpc"):
                asked = mapping(given.get(kind))
                port = asked.get("port")
                if isinstance(port, str) and port.isdecimal():
                    port = int(port)
                if not isinstance(port, int) or asked.get("host"):
                    continue
                declared = [one for _, one in mappings(container.data.get("ports")) if _is(one, port)]
                if not declared:
                    message = f"container {container.name} does not declare port {port}"
                    yield fail(container, (probe, kind, "port"), message)


def _is(declared: dict[str, object], port: int) -> bool:
    return declared.get("containerPort") == port and declared.get("protocol") in (None, "TCP")
