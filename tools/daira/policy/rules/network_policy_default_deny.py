"""Each namespace with pods denies by default.

What it checks:
    In each namespace with pods there are policies without rules for ingress and for egress that select every pod of the
    input there: `podSelector: {}`, or the labels all pods of the release carry.

Why:
    Without it, a pod that somebody adds and no policy names is open; with it, it works only once its connections are
    declared.

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
      podSelector: {matchLabels: {app: web}}
      ingress: [{from: [{podSelector: {}}]}]

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
      podSelector: {}
      policyTypes: [Ingress, Egress]

Fix:
    Add a NetworkPolicy with podSelector {} and policyTypes [Ingress, Egress] and no rules.

Standard:
    CIS 5.3.2, NSA/CISA C-0260; kyverno's add-networkpolicy generates it. A policy for all pods of a release, so that
    several releases share a namespace, counts here; kyverno wants an empty selector. Policies of Cilium and Calico
    count where they can be read, else the namespace is undecidable.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import foreign_policies, isolation
from daira.policy.rule import Rule, Violation
from daira.render.release import Object, Pod, Release

RULE = Rule(
    severity="warning",
    groups=("network-policies",),
    standards=("cis:5.3.2", "nsa:C-0260", "checklist:network-policies"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each namespace whose pods are not all denied by default."""
    if not release.leads:
        return
    policies: dict[str, list[Object]] = {}
    for policy in release.all_of("NetworkPolicy"):
        policies.setdefault(release.namespace_of(policy), []).append(policy)
    foreign = list(foreign_policies.read(release))
    wanted: dict[str, set[Object]] = {}
    for pod in release.all_pods:
        if not isolation.on_host(pod):
            wanted.setdefault(release.namespace_of(pod), set()).add(pod.object)
    for namespace, owners in sorted(wanted.items()):
        near = [one for one in foreign if one.namespace in (None, namespace)]
        lacking = []
        for direction in isolation.DIRECTIONS:
            left = set(owners)
            for policy in policies.get(namespace, ()):
                if left and direction in isolation.types_of(policy) and not isolation.allows(policy, direction):
                    left = _rest(left, release, isolation.selector_of(policy), namespace)
            for one in near:
                if left and direction in one.denies:
                    left -= {pod.object for pod, sure in one.pods(release) if sure}
            if left:
                lacking.append(direction.lower())
        if not lacking:
            continue
        what = f"namespace {namespace} denies no {' and no '.join(lacking)} by default"
        where = release.find("Namespace", namespace)
        if near:
            what += ", as far as the policies of its network plugin can be read: ask the plugin"
        yield Violation(where, (), what, "undecidable" if near else "fail")


def _rest(left: set[Object], release: Release, selector: object, namespace: str) -> set[Object]:
    """The owners of pods that a policy does not select."""
    if isolation.selects_all(selector):
        return set()
    chosen: list[Pod] = release.selected(selector, namespace)
    return left - {pod.object for pod in chosen}
