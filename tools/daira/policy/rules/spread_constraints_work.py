"""Topology spread constraints are valid and count their own pods.

What it checks:
    Each topologySpreadConstraint has a topologyKey, a maxSkew of at least 1, whenUnsatisfiable DoNotSchedule or
    ScheduleAnyway, a minDomains only of at least 1 and with DoNotSchedule, and a labelSelector that selects the
    pod.

Why:
    An invalid one is refused; one that counts other pods, or none, spreads nothing or leaves pods pending.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, labels: {app: web}}
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, labels: {app: web}}
    spec:
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: DoNotSchedule
          labelSelector: {matchLabels: {app: web}}

Fix:
    Complete the constraint, with the pod's own labels as its selector.

Standard:
    kube-score's "Pod Topology Spread Constraints", and that the selector has to select the pod itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Pod, Release, integer, mappings, matches

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:topology-spread-constraints",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield what is wrong with each constraint."""
    for pod in release.pods:
        for index, given in mappings(pod.spec.get("topologySpreadConstraints")):
            for field, message in _wrong(pod, given):
                yield fail(pod, ("topologySpreadConstraints", index, field), message)


def _wrong(pod: Pod, given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not given.get("topologyKey"):
        yield "topologyKey", "topologyKey is not set"
    skew, domains = integer(given.get("maxSkew")), given.get("minDomains")
    if skew is None or skew < 1:
        yield "maxSkew", "maxSkew has to be at least 1"
    policy = given.get("whenUnsatisfiable")
    if policy not in ("DoNotSchedule", "ScheduleAnyway"):
        yield "whenUnsatisfiable", "whenUnsatisfiable has to be DoNotSchedule or ScheduleAnyway"
    if domains is not None and ((integer(domains) or 0) < 1 or policy == "ScheduleAnyway"):
        yield "minDomains", "minDomains has to be at least 1, and needs DoNotSchedule"
    if not matches(given.get("labelSelector"), pod.labels):
        yield "labelSelector", "the constraint's selector does not select the pod itself"
