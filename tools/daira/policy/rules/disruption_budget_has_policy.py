"""A PodDisruptionBudget says how many pods it protects.

What it checks:
    Each PodDisruptionBudget sets exactly one of minAvailable and maxUnavailable, to a number that is not negative
    or a percentage of at most 100.

Why:
    With neither the budget protects nothing; with both the API server refuses it.

Bad:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {selector: {matchLabels: {app: web}}}

Good:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}

Fix:
    Set maxUnavailable: 1.

Standard:
    kube-score's "PodDisruptionBudget has policy"; here both together and impossible values fail too.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import amount
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:disruptions",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each budget without a policy, with two, or with an impossible one."""
    for budget in release.of("PodDisruptionBudget"):
        given = [key for key in ("minAvailable", "maxUnavailable") if budget.spec.get(key) is not None]
        if len(given) != 1:
            found = "both are" if given else "neither is"
            yield fail(budget, ("spec",), f"one of minAvailable and maxUnavailable has to be set, and {found}")
            continue
        value = budget.spec.get(given[0])
        number = amount(value, 100, up=True)
        if number is None or number < 0 or (isinstance(value, str) and number > 100):
            yield fail(budget, ("spec", given[0]), f"{given[0]} is {value!r}, which is no number of pods")
