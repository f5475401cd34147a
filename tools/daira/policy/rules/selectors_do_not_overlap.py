"""No workload's selector selects the pods of another.

What it checks:
    The selector of each Deployment, StatefulSet, DaemonSet, ReplicaSet and ReplicationController selects no pod
    template of another workload in the same namespace. Jobs and bare pods without an owner are not looked at.

Why:
    Controllers with overlapping selectors fight: they count, scale and adopt each other's pods.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {selector: {matchLabels: {app: shop}}, template: {metadata: {labels: {app: shop}}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec: {selector: {matchLabels: {app: shop}}, template: {metadata: {labels: {app: shop}}}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {selector: {matchLabels: {app: shop, part: web}}, template: {metadata: {labels: {app: shop, part: web}}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec: {selector: {matchLabels: {app: shop, part: api}}, template: {metadata: {labels: {app: shop, part: api}}}}

Fix:
    Add a label to selector and template that tells the two apart.

Standard:
    Kubernetes' documentation of Deployments ("do not overlap labels or selectors with other controllers"); no peer
    has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import LONG_RUNNING, selected
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:labels",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each workload that selects another's pods."""
    for owner in release.of(*LONG_RUNNING):
        selector = owner.spec.get("selector")
        if owner.kind == "ReplicationController":
            selector = {"matchLabels": selector}
        if not isinstance(selector, dict) or not (selector.get("matchLabels") or selector.get("matchExpressions")):
            continue
        for pod in selected(release, selector, release.namespace_of(owner)):
            other = pod.object
            if other.kind in LONG_RUNNING and (other.kind, other.name) != (owner.kind, owner.name):
                yield fail(owner, ("spec", "selector"), f"the selector selects the pods of {other!r} too")
                break
