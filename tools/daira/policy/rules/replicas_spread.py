"""Replicas are spread over nodes or zones.

What it checks:
    A Deployment or StatefulSet with two or more replicas (at the autoscaler's maximum) has a podAntiAffinity term or a
    topologySpreadConstraint that selects its own pods. Undecidable where replicas are not set and something outside of
    the input may set them.

Why:
    The scheduler may put all replicas on one node, and the node takes them all along.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 3, template: {metadata: {labels: {app: web}}}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 3
      template:
        metadata: {labels: {app: web}}
        spec:
          topologySpreadConstraints:
            - maxSkew: 1
              topologyKey: kubernetes.io/hostname
              whenUnsatisfiable: ScheduleAnyway
              labelSelector: {matchLabels: {app: web}}

Fix:
    Add a topologySpreadConstraint over kubernetes.io/hostname with the workload's own labels as its selector.

Standard:
    kube-linter's no-anti-affinity, kube-score's "Deployment has host PodAntiAffinity" and its like for StatefulSets;
    here spread constraints count as well, and a term whose selector misses the own pods does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import replicas, unsaid
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Pod, Release, deep, mapping, mappings, matches, pod_of

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:assign-pod-node",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each replicated workload that nothing spreads."""
    for owner in release.of("Deployment", "StatefulSet"):
        count, pod = replicas(release, owner), pod_of(owner)
        if not count or not pod or _spread(pod):
            continue
        if count[1] >= 2:
            yield fail(pod, ("topologySpreadConstraints",), f"nothing spreads up to {count[1]} replicas over nodes")
        elif unsaid(release, owner):
            message = "nothing spreads the pods: how many replicas something else sets is needed"
            yield undecidable(pod, ("topologySpreadConstraints",), message)


def _spread(pod: Pod) -> bool:
    terms = [term for _, term in mappings(pod.spec.get("topologySpreadConstraints"))]
    rules = mapping(deep(pod.spec, ("affinity", "podAntiAffinity")))
    terms += [term for _, term in mappings(rules.get("requiredDuringSchedulingIgnoredDuringExecution"))]
    for _, weighted in mappings(rules.get("preferredDuringSchedulingIgnoredDuringExecution")):
        terms.append(mapping(weighted.get("podAffinityTerm")))
    return any(term.get("topologyKey") and matches(term.get("labelSelector"), pod.labels) for term in terms)
