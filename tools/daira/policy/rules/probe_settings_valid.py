"""Probes have exactly one handler and numbers that Kubernetes accepts.

What it checks:
    Each probe has exactly one of exec, grpc, httpGet and tcpSocket; periodSeconds, timeoutSeconds, successThreshold and
    failureThreshold are at least 1 (0 stands for the default), initialDelaySeconds is not negative; successThreshold
    is 1 for liveness and startup probes; a readiness probe has no terminationGracePeriodSeconds; init containers that
    are no sidecars, and ephemeral containers, have no probes.

Why:
    The API server refuses the object, in a release after other objects were already changed.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          livenessProbe: {httpGet: {path: /, port: 8080}, successThreshold: 2}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          livenessProbe: {httpGet: {path: /, port: 8080}, failureThreshold: 2}

Fix:
    Correct the probe as the message says.

Standard:
    Kubernetes' validation of pods (ValidatePod); what a schema sees and what it does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Release, integer

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:configure-liveness-readiness-startup-probes",),
    decides="object",
)
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
NUMBERS = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold")


def check(release: Release) -> Iterator[Violation]:
    """Yield what the API server would refuse about a probe."""
    for container in release.containers:
        for name in PROBES:
            probe = container.data.get(name)
            if not isinstance(probe, dict):
                continue
            if container.kind in ("init", "ephemeral"):
                yield fail(container, (name,), f"{container.kind} containers may not have probes")
            else:
                yield from _probe(container, name, probe)


def _probe(container: Container, name: str, probe: dict[str, Any]) -> Iterator[Violation]:
    handlers = [kind for kind in ("exec", "grpc", "httpGet", "tcpSocket") if probe.get(kind) is not None]
    if len(handlers) != 1:
        found = " and ".join(handlers) or "nothing"
        yield fail(container, (name,), f"{name} has {found} where exactly one handler is needed")
    for field in NUMBERS:
        number = integer(probe.get(field))
        if number is not None and number < 0:
            yield fail(container, (name, field), f"{field} of {name} is {number}")
    if name == "readinessProbe":
        if probe.get("terminationGracePeriodSeconds") is not None:
            where = (name, "terminationGracePeriodSeconds")
            yield fail(container, where, "a readiness probe may not set terminationGracePeriodSeconds")
    elif (integer(probe.get("successThreshold")) or 1) > 1:
        yield fail(container, (name, "successThreshold"), f"successThreshold of {name} has to be 1")
