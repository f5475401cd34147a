"""Probes name ports that their container has.

What it checks:
    A port given by name in a liveness, readiness or startup probe, or in an httpGet or tcpSocket lifecycle handler, is
    the name of one of the container's own ports.

Why:
    The kubelet looks the name up in the container and fails the probe when it is not there: the pod never gets ready.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          ports: [{name: http, containerPort: 8080}]
          livenessProbe: {httpGet: {path: /, port: web}}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          ports: [{name: http, containerPort: 8080}]
          livenessProbe: {httpGet: {path: /, port: http}}

Fix:
    Use the name of a port in the container's ports.

Standard:
    kube-linter's liveness-port, readiness-port and startup-port; a port given as text that is a number is a number.
    Init, sidecar and ephemeral containers are judged too, as far as they may have probes.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Path, Release, deep, mappings

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:configure-liveness-readiness-startup-probes",),
    decides="object",
)
HANDLERS: tuple[Path, ...] = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each probe whose port's name the container does not have."""
    for container in release.containers:
        for handler in HANDLERS:
            given = deep(container.data, handler)
            if not isinstance(given, dict):
                continue
            for kind in ("httpGet", "tcpSocket"):
                port = deep(given, (kind, "port"))
                if not isinstance(port, str) or port.isdecimal():
                    continue
                if not any(one.get("name") == port for _, one in mappings(container.data.get("ports"))):
                    message = f"container {container.name} has no port named {port!r}"
                    yield fail(container, (*handler, kind, "port"), message)
