"""A rolling update can move, and does not take all pods away at once.

What it checks:
    A Deployment's strategy is RollingUpdate or Recreate; Recreate only with at most one replica; maxUnavailable and
    maxSurge are not both 0; maxUnavailable, rounded down, is below the smallest number of replicas where that is two or
    more, and never 100%.

Why:
    An update that takes every pod away before a new one is ready is an outage; one that may neither add nor remove a
    pod is refused.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 3, strategy: {type: Recreate}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 3, strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}}

Fix:
    Use RollingUpdate with maxUnavailable 0 and maxSurge 1.

Standard:
    kube-linter's no-rolling-update-strategy and kube-score's "Deployment Strategy"; here Recreate is accepted for a
    single replica, which often holds a volume that only one pod may mount, and the numbers are looked at too.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import amount, replicas, unsaid
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release, mapping

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:deployment",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each Deployment whose update takes all pods away, or is refused."""
    for owner in release.of("Deployment"):
        strategy = mapping(owner.spec.get("strategy"))
        kind, count = strategy.get("type"), replicas(release, owner)
        where = ("spec", "strategy", "type")
        if kind == "Recreate":
            if count and count[1] >= 2:
                yield fail(owner, where, f"Recreate takes all of up to {count[1]} replicas away at once")
            elif unsaid(release, owner):
                yield undecidable(
                    owner, where, "Recreate is for one pod: how many replicas something else sets is needed"
                )
            continue
        if kind not in (None, "RollingUpdate"):
            yield fail(owner, where, f"{kind} is no strategy")
        rolling = mapping(strategy.get("rollingUpdate"))
        unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
        total = count[0] if count else 0
        away = amount(unavailable, total, up=False)
        if unavailable is not None and amount(unavailable, 100, up=True) == 0 and amount(surge, 100, up=True) == 0:
            yield fail(owner, ("spec", "strategy", "rollingUpdate"), "maxUnavailable and maxSurge are both 0")
        elif unavailable == "100%" or (away is not None and total >= 2 and away >= total):
            message = f"maxUnavailable {unavailable} takes all {total} replicas away at once"
            yield fail(owner, ("spec", "strategy", "rollingUpdate", "maxUnavailable"), message)
