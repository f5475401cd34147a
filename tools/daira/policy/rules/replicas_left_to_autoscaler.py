"""A workload that is scaled automatically does not set its replicas.

What it checks:
    No Deployment, StatefulSet or ReplicaSet that an HorizontalPodAutoscaler or a KEDA ScaledObject of the release
    scales has spec.replicas.

Why:
    Each deployment sets the number back, in the middle of the load the autoscaler answered; with server-side apply the
    two owners conflict and the upgrade fails.

Bad:
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}

Good:
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}

Fix:
    Leave spec.replicas out when the autoscaler is on.

Standard:
    kube-score's "Deployment targeted by HPA does not have replicas configured"; here StatefulSets and KEDA too.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import SCALED, scale_of
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:horizontal-pod-autoscale",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each autoscaled workload that sets its replicas."""
    for owner in release.of(*SCALED):
        given = owner.spec.get("replicas")
        if given is not None and scale_of(release, owner):
            yield fail(owner, ("spec", "replicas"), f"replicas is {given}, and an autoscaler sets it")
