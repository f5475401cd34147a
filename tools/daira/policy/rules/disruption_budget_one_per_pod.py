"""No pod has two PodDisruptionBudgets.

What it checks:
    The pods of each workload are selected by at most one PodDisruptionBudget of the namespace.

Why:
    The eviction API refuses with an error when several budgets match: the node can't be drained at all.

Bad:
    {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {maxUnavailable: 1, selector: {}}}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {metadata: {labels: {app: web}}}}

Good:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {metadata: {labels: {app: web}}}}

Fix:
    Leave one budget, or make the selectors exclude each other.

Standard:
    Kubernetes' eviction API ("This pod has more than one PodDisruptionBudget"); no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import budgets_of
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:disruptions",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each workload with several budgets."""
    for pod in release.pods:
        budgets = budgets_of(release, pod)
        if len(budgets) > 1 and pod.object.kind not in ("Job", "CronJob", "PodTemplate"):
            names = " and ".join(budget.name for budget in budgets)
            yield Violation(pod.object, pod.metadata_path, f"the budgets {names} both select these pods")
