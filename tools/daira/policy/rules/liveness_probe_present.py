"""Containers that run for ever have a liveness probe.

What it checks:
    Every plain container of a Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController or bare pod that is
    always restarted has a livenessProbe. Init, sidecar and ephemeral containers, Jobs, CronJobs, Helm hooks and pods
    that end are not asked.

Why:
    A process that hangs without ending is only noticed, and restarted, by a liveness probe.

Bad:
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [{name: a}]}}}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers:
            - name: a
              livenessProbe: {httpGet: {path: /alive, port: 8080}}

Fix:
    Give the container a livenessProbe that fails only when a restart would help.

Standard:
    Kubernetes' documentation of probes. As kube-linter's no-liveness-probe and polaris' livenessProbeMissing, each
    container is asked; kube-score is content with one container of the pod, and does not ask pods without a Service.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import running_containers
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("nsa:C-0056", "kubernetes:configure-liveness-readiness-startup-probes"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container without a liveness probe."""
    for container in running_containers(release):
        if not isinstance(container.data.get("livenessProbe"), dict):
            yield fail(container, ("livenessProbe",), f"container {container.name} has no liveness probe")
