"""A pod gets time to end.

What it checks:
    terminationGracePeriodSeconds of a pod, and of its liveness and startup probes, is not 0 or less.

Why:
    At 0 the process is killed at once, and the pod's name may run twice: what it held in memory is lost.

Bad:
    {apiVersion: v1, kind: Pod, metadata: {name: db}, spec: {terminationGracePeriodSeconds: 0}}

Good:
    {apiVersion: v1, kind: Pod, metadata: {name: db}, spec: {terminationGracePeriodSeconds: 60}}

Fix:
    Give the pod the seconds its process needs to end cleanly.

Standard:
    Kubernetes' documentation of StatefulSets ("this practice is unsafe and strongly discouraged"); no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, deep, integer

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:pod-lifecycle",),
    decides="object",
)
FIELD = "terminationGracePeriodSeconds"


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod and probe that kills at once."""
    for pod in release.pods:
        grace = integer(pod.spec.get(FIELD))
        if grace is not None and grace <= 0:
            yield fail(pod, (FIELD,), f"{FIELD} is {grace}: the processes are killed at once")
    for container in release.containers:
        for probe in ("livenessProbe", "startupProbe"):
            grace = integer(deep(container.data, (probe, FIELD)))
            if grace is not None and grace <= 0:
                yield fail(container, (probe, FIELD), f"{FIELD} is {grace}: the process is killed at once")
