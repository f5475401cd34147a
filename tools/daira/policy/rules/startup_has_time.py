"""A liveness probe leaves a container the time to start.

What it checks:
    A container with a livenessProbe has a startupProbe, or its liveness probe waits at least 30 seconds
    (initialDelaySeconds + failureThreshold x periodSeconds) before it can kill for the first time.

Why:
    A liveness probe that is stricter than the slowest start kills the container for ever, just when it has much to do.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          livenessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 5}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          livenessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 5}
          startupProbe: {httpGet: {path: /, port: 8080}, failureThreshold: 30}

Fix:
    Add a startupProbe with the slowest start that is still acceptable as failureThreshold x periodSeconds.

Standard:
    Kubernetes' documentation of startup probes. kube-linter's no-startup-probe asks every container for a startup
    probe, also one whose liveness probe is patient enough or absent.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import running_containers, seconds
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping

RULE = Rule(
    severity="info",
    groups=("reliability",),
    standards=("kubernetes:configure-liveness-readiness-startup-probes",),
    decides="object",
)
ENOUGH_S = 30


def check(release: Release) -> Iterator[Violation]:
    """Yield each container whose liveness probe may end its start."""
    for container in running_containers(release):
        probe = mapping(container.data.get("livenessProbe"))
        if not probe or isinstance(container.data.get("startupProbe"), dict):
            continue
        tries = seconds(probe, "failureThreshold", 3) * seconds(probe, "periodSeconds", 10)
        patience = seconds(probe, "initialDelaySeconds", 0) + tries
        if patience < ENOUGH_S:
            message = f"there is no startup probe, and the liveness probe kills after {patience} s"
            yield fail(container, ("startupProbe",), message)
