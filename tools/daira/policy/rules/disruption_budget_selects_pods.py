"""A PodDisruptionBudget protects something.

What it checks:
    The selector of each PodDisruptionBudget selects pods of the same namespace. Undecidable where the input is not a
    chart's complete render, or where objects of an operator may make the pods.

Why:
    A budget without pods protects nothing, and nobody notices until the first drain.

Bad:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}

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
    Give the budget the labels of the pods' template as its selector.

Standard:
    Kubernetes' documentation of disruptions; as in policy/v1 an empty selector selects every pod of the namespace and
    a missing one none. Mimir's own policy compares label values only; here keys count too.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import foreign_kinds, selected
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:disruptions",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each budget that selects nothing."""
    for budget in release.of("PodDisruptionBudget"):
        selector = budget.spec.get("selector")
        if selected(release, selector, release.namespace_of(budget)):
            continue
        if not isinstance(selector, dict) or (release.chart and not foreign_kinds(release)):
            yield fail(budget, ("spec", "selector"), "the budget selects no pod")
        else:
            message = "the budget selects no pod of the input: the pods it is for are needed to decide"
            yield undecidable(budget, ("spec", "selector"), message)
