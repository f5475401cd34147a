"""A PodDisruptionBudget lets a node be drained.

What it checks:
    With every pod healthy, at the smallest number of replicas (the autoscaler's minimum, else spec.replicas, summed
    over the selected workloads), at least one pod may be evicted: maxUnavailable is not 0, and minAvailable is below
    the number. Percentages are rounded up, as Kubernetes does. Undecidable where replicas are not set and an autoscaler
    outside of the input may set them.

Why:
    A budget that allows nothing blocks every drain and upgrade of the node until someone deletes it by hand.

Bad:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 1, template: {metadata: {labels: {app: web}}}}

Good:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 1, template: {metadata: {labels: {app: web}}}}

Fix:
    Use maxUnavailable: 1, or a minAvailable below the smallest number of replicas.

Standard:
    kube-linter's pdb-max-unavailable and pdb-min-available, with the autoscaler's minimum and Kubernetes' rounding:
    maxUnavailable 1% is one pod, minAvailable 51% of two is two.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import SCALED, amount, replicas, selected, unsaid
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:disruptions",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each budget that blocks every eviction."""
    for budget in release.of("PodDisruptionBudget"):
        most, least = budget.spec.get("maxUnavailable"), budget.spec.get("minAvailable")
        if most is not None:
            if amount(most, 100, up=True) == 0:
                yield fail(budget, ("spec", "maxUnavailable"), f"maxUnavailable {most} blocks every eviction")
        elif least is not None:
            if least == "100%":
                yield fail(budget, ("spec", "minAvailable"), "minAvailable 100% blocks every eviction")
            else:
                yield from _against_replicas(release, budget, least)


def _against_replicas(release: Release, budget: Object, least: object) -> Iterator[Violation]:
    owners = [pod.object for pod in selected(release, budget.spec.get("selector"), release.namespace_of(budget))]
    # pods without a number of replicas (a DaemonSet's, bare ones) are as many as there are: nothing to compare
    counts = [replicas(release, owner) for owner in owners if owner.kind in SCALED]
    if not counts or len(counts) != len(owners):
        return
    total = sum(count[0] for count in counts if count)
    needed = amount(least, total, up=True)
    if needed is None or needed < total or total == 0 or not all(counts):
        return
    where = ("spec", "minAvailable")
    if any(unsaid(release, owner) for owner in owners):
        message = "replicas of the selected pods is not set: what sets it is needed to compare it with minAvailable"
        yield undecidable(budget, where, message)
    else:
        message = f"minAvailable {least} of {total} pods blocks every eviction"
        yield fail(budget, where, message)
