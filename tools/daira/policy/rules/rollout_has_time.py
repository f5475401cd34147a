"""A rollout is not given up before its pods can be ready.

What it checks:
    progressDeadlineSeconds (default 600) of a Deployment is longer than minReadySeconds plus the longest start its
    containers are allowed (initialDelaySeconds + failureThreshold x periodSeconds of the startup probe, else the
    readiness probe's initialDelaySeconds).

Why:
    The rollout is reported as failed, and rolled back by the tool that waits for it, while the pods are still starting.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      progressDeadlineSeconds: 60
      template:
        spec: {containers: [{name: a, startupProbe: {tcpSocket: {port: 80}, failureThreshold: 30, periodSeconds: 10}}]}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      progressDeadlineSeconds: 400
      template:
        spec: {containers: [{name: a, startupProbe: {tcpSocket: {port: 80}, failureThreshold: 30, periodSeconds: 10}}]}

Fix:
    Raise progressDeadlineSeconds above the longest start.

Standard:
    Kubernetes' documentation of Deployments; that it is above minReadySeconds is validated. No peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import seconds
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Release, mapping, pod_of

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:deployment",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each Deployment whose pods may take longer than its rollout."""
    for owner in release.of("Deployment"):
        pod = pod_of(owner)
        if not pod:
            continue
        longest = max((_start(container) for container in pod.containers), default=0)
        needed = longest + seconds(owner.spec, "minReadySeconds", 0)
        deadline = seconds(owner.spec, "progressDeadlineSeconds", 600)
        if needed and deadline <= needed:
            message = f"the rollout is given up after {deadline} s, and a pod may take {needed} s"
            yield fail(owner, ("spec", "progressDeadlineSeconds"), message)


def _start(container: Container) -> int:
    probe = mapping(container.data.get("startupProbe"))
    if probe:
        tries = seconds(probe, "failureThreshold", 3) * seconds(probe, "periodSeconds", 10)
        return seconds(probe, "initialDelaySeconds", 0) + tries
    return seconds(mapping(container.data.get("readinessProbe")), "initialDelaySeconds", 0)
