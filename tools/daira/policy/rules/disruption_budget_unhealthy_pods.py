"""A PodDisruptionBudget does not protect pods that are broken anyway.

What it checks:
    unhealthyPodEvictionPolicy of each PodDisruptionBudget is AlwaysAllow (asked from Kubernetes 1.27, where the field
    is on by default).

Why:
    By default a crashing pod counts as protected, so that one broken application blocks the drain of its node.

Bad:
    {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {maxUnavailable: 1}}

Good:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow}

Fix:
    Set unhealthyPodEvictionPolicy: AlwaysAllow.

Standard:
    kube-linter's pdb-unhealthy-pod-eviction-policy asks only that the field is set; here IfHealthyBudget, which is the
    default spelt out, is told too. Stateful quorums may have a reason for it: that is what exemptions are for.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("reliability",),
    standards=("kubernetes:disruptions",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each budget that protects broken pods."""
    if release.kube_version < (1, 27):
        return
    for budget in release.of("PodDisruptionBudget"):
        given = budget.spec.get("unhealthyPodEvictionPolicy")
        if given != "AlwaysAllow":
            message = f"unhealthyPodEvictionPolicy is {given or 'not set'}: broken pods block a drain"
            yield fail(budget, ("spec", "unhealthyPodEvictionPolicy"), message)
