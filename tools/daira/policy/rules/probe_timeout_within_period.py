"""A probe is answered before the next one is due.

What it checks:
    timeoutSeconds (default 1) of a liveness or readiness probe is not longer than its periodSeconds (default 10). A
    startup probe, which asks often and only until the start is over, is not asked.

Why:
    A timeout beyond the period makes a stuck container look alive for longer than the numbers say.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          livenessProbe: {httpGet: {path: /, port: 8080}, timeoutSeconds: 30, periodSeconds: 10}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: a
          livenessProbe: {httpGet: {path: /, port: 8080}, timeoutSeconds: 3, periodSeconds: 10}

Fix:
    Lower timeoutSeconds, or raise periodSeconds.

Standard:
    Kubernetes' documentation of probes; no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import seconds
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:configure-liveness-readiness-startup-probes",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each probe whose timeout is longer than its period."""
    for container in release.containers:
        for name in ("livenessProbe", "readinessProbe"):
            probe = container.data.get(name)
            if not isinstance(probe, dict):
                continue
            timeout, period = seconds(probe, "timeoutSeconds", 1), seconds(probe, "periodSeconds", 10) or 10
            if timeout > period:
                message = f"{name} waits {timeout} s for an answer and asks every {period} s"
                yield fail(container, (name, "timeoutSeconds"), message)
