"""Containers that run for ever have a readiness probe.

What it checks:
    Every plain container of a Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController or bare pod that is
    always restarted has a readinessProbe. Init, sidecar and ephemeral containers, Jobs, CronJobs, Helm hooks and pods
    that end are not asked.

Why:
    Without one a pod gets traffic before it listens, and a rollout replaces good pods by broken ones.

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
              readinessProbe: {httpGet: {path: /ready, port: 8080}}

Fix:
    Give the container a readinessProbe that succeeds once it can serve.

Standard:
    Kubernetes' documentation of probes. As kube-linter's no-readiness-probe and polaris' readinessProbeMissing, each
    container is asked, with a Service or without, because rollouts wait for readiness too; kube-score asks only pods
    with a Service and is content with one container.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import running_containers
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("nsa:C-0018", "kubernetes:configure-liveness-readiness-startup-probes"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container without a readiness probe."""
    for container in running_containers(release):
        if not isinstance(container.data.get("readinessProbe"), dict):
            yield fail(container, ("readinessProbe",), f"container {container.name} has no readiness probe")
