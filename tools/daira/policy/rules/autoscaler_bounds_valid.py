"""An autoscaler's bounds leave it room.

What it checks:
    maxReplicas of each HorizontalPodAutoscaler is set and at least 1, minReplicas (default 1) is not above it, and is 0
    only where an Object or External metric can wake the workload up again.

Why:
    The API server refuses other bounds, and one that is refused leaves the old autoscaler in place.

Bad:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {minReplicas: 5, maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}}

Good:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {kind: Deployment, name: web}}

Fix:
    Set minReplicas to 2 or more and maxReplicas to no less.

Standard:
    Kubernetes' validation of autoscalers; no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, integer, mappings

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:horizontal-pod-autoscale",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each autoscaler with bounds that Kubernetes refuses."""
    for scaler in release.of("HorizontalPodAutoscaler"):
        low, high = integer(scaler.spec.get("minReplicas")), integer(scaler.spec.get("maxReplicas"))
        least = 1 if low is None else low
        if high is None or high < 1:
            yield fail(scaler, ("spec", "maxReplicas"), f"maxReplicas is {high}, it has to be at least 1")
        elif least > high:
            yield fail(scaler, ("spec", "minReplicas"), f"minReplicas {least} is above maxReplicas {high}")
        elif least < 0:
            yield fail(scaler, ("spec", "minReplicas"), f"minReplicas is {least}")
        elif least == 0:
            kinds = [metric.get("type") for _, metric in mappings(scaler.spec.get("metrics"))]
            if "Object" not in kinds and "External" not in kinds:
                yield fail(scaler, ("spec", "minReplicas"), "minReplicas is 0 without an Object or External metric")
