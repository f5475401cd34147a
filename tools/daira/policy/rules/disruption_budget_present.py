"""Every replicated workload has a PodDisruptionBudget.

What it checks:
    A PodDisruptionBudget selects the pods of each Deployment and StatefulSet with two or more replicas (at the
    autoscaler's maximum). Undecidable where replicas are not set, no budget matches and the input is not a chart's
    complete render.

Why:
    Without a budget a node upgrade may evict all replicas at the same time.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 2, template: {metadata: {labels: {app: web}}}}

Good:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 2, template: {metadata: {labels: {app: web}}}}

Fix:
    Add a PodDisruptionBudget with maxUnavailable 1 and the selector of the workload.

Standard:
    kube-score's "Deployment has PodDisruptionBudget" and "StatefulSet has PodDisruptionBudget", which take a missing
    replicas as more than one; Kubernetes' default is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import budgets_of, replicas, unsaid
from daira.policy.rule import Rule, Violation, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:disruptions",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each replicated workload without a budget."""
    for owner in release.of("Deployment", "StatefulSet"):
        count = replicas(release, owner)
        if not count or budgets_of(release, owner):
            continue
        if count[1] >= 2:
            yield Violation(
                owner, ("spec", "replicas"), f"up to {count[1]} pods, and no PodDisruptionBudget selects them"
            )
        elif unsaid(release, owner):
            message = "no PodDisruptionBudget selects the pods: how many replicas something else sets is needed"
            yield undecidable(owner, ("spec", "replicas"), message)
