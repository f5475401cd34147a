"""A workload's restart policy is one its kind allows.

What it checks:
    restartPolicy is Never or OnFailure, and set, for a Job and a CronJob; Always or unset for a Deployment,
    StatefulSet, DaemonSet, ReplicaSet and ReplicationController; Always, OnFailure, Never or unset for a Pod.

Why:
    The API server refuses everything else.

Bad:
    {apiVersion: batch/v1, kind: Job, metadata: {name: once}, spec: {template: {spec: {containers: [{name: a}]}}}}

Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: once}
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}

Fix:
    Set restartPolicy to Never for Jobs and CronJobs, and leave it out elsewhere.

Standard:
    Kubernetes' validation; kube-score's "CronJob RestartPolicy". kube-linter's restart-policy wants Always or
    OnFailure of every kind, which Kubernetes refuses for Jobs (Always) and Deployments (OnFailure).
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import LONG_RUNNING
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:pod-lifecycle",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod whose restart policy its kind does not allow."""
    for pod in release.pods:
        given, kind = pod.spec.get("restartPolicy"), pod.object.kind
        if kind in ("Job", "CronJob"):
            allowed: tuple[str | None, ...] = ("Never", "OnFailure")
        elif kind in LONG_RUNNING:
            allowed = (None, "Always")
        else:
            allowed = (None, "Always", "OnFailure", "Never")
        if given not in allowed:
            said = f"is {given}" if given else "is not set"
            wanted = " or ".join(one for one in allowed if one)
            yield fail(pod, ("restartPolicy",), f"restartPolicy {said}, a {kind} needs {wanted}")
