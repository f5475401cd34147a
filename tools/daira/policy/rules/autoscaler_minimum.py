"""An autoscaler keeps at least two replicas.

What it checks:
    minReplicas (default 1) of each HorizontalPodAutoscaler is at least 2. Environments called development, dev or local
    are not asked.

Why:
    At the quietest hour one pod is left, and the drain of its node is an outage.

Bad:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {maxReplicas: 5, scaleTargetRef: {kind: Deployment, name: web}}

Good:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {kind: Deployment, name: web}}

Fix:
    Set minReplicas to 2 or more.

Standard:
    kube-score's "HorizontalPodAutoscaler Replicas" (two by default). kube-linter's hpa-minimum-three-replicas wants
    three. Zero, for scale-to-zero, fails here too: it is for an exemption with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import DEVELOPMENT
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, integer

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:horizontal-pod-autoscale",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each autoscaler that may leave a single pod."""
    if release.environment in DEVELOPMENT:
        return
    for scaler in release.of("HorizontalPodAutoscaler"):
        given = scaler.spec.get("minReplicas")
        low = 1 if given is None else integer(given)
        if low is not None and low < 2:
            yield fail(scaler, ("spec", "minReplicas"), f"the autoscaler may go down to {low}")
