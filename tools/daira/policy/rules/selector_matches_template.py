"""A workload's selector matches its own pods.

What it checks:
    spec.selector of each Deployment, StatefulSet, DaemonSet and ReplicaSet (apps/v1) is there and not empty, and
    selects the labels of the pod template; the selector of a ReplicationController too, when it has one.

Why:
    The API server refuses the workload otherwise.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: api}}}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web, tier: front}}}}

Fix:
    Give the pod template every label of the selector.

Standard:
    kube-linter's mismatching-selector, kube-score's "Deployment Pod Selector labels match template metadata labels"
    and its like for StatefulSets. Beta versions of the API derive a missing selector, so there it is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, deep, mapping, matches

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:labels",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each workload whose selector does not select its template."""
    for owner in release.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        selector = owner.spec.get("selector")
        if selector is None and "beta" in owner.version:
            continue
        given = mapping(selector)
        if not given.get("matchLabels") and not given.get("matchExpressions"):
            yield fail(owner, ("spec", "selector"), "the workload has no selector")
        elif not matches(given, mapping(deep(owner.data, ("spec", "template", "metadata", "labels")))):
            yield fail(owner, ("spec", "selector"), "the selector does not select the labels of the pod template")
    for owner in release.of("ReplicationController"):
        labels = mapping(deep(owner.data, ("spec", "template", "metadata", "labels")))
        if owner.spec.get("selector") and not matches({"matchLabels": owner.spec["selector"]}, labels):
            yield fail(owner, ("spec", "selector"), "the selector does not select the labels of the pod template")
