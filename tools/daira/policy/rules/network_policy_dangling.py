"""Every NetworkPolicy selects a pod.

What it checks:
    The podSelector of each policy selects at least one pod of its namespace. An empty one is a statement about the
    namespace and never dangles. Where the input has no pod at all in that namespace and is not a chart, it is
    undecidable.

Why:
    A policy that selects nothing protects nothing, and reads as if it did: mostly a label was renamed.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: [{name: a, image: a}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: wbe}}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: [{name: a, image: a}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: web}}

Fix:
    Select the labels that the pod template carries.

Standard:
    kube-score's networkpolicy-targets-pod, which also fails an empty selector without pods (its issue 293), and
    kube-linter's dangling-networkpolicy.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import isolation
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("network-policies", "reliability"),
    standards=("kubernetes:concepts/services-networking/network-policies", "checklist:network-policies"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each policy that selects no pod."""
    for policy in release.of("NetworkPolicy"):
        selector, namespace = isolation.selector_of(policy), release.namespace_of(policy)
        if isolation.selects_all(selector) or release.selected(selector, namespace):
            continue
        if release.chart or release.pods_in(namespace):
            yield fail(policy, ("spec", "podSelector"), f"selects no pod of namespace {namespace}")
        else:
            what = f"selects no pod: the input has none in namespace {namespace}, give its workloads"
            yield undecidable(policy, ("spec", "podSelector"), what)
