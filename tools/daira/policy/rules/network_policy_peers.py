"""Every peer of a NetworkPolicy exists.

What it checks:
    A peer's podSelector selects at least one pod: without a namespaceSelector in the policy's namespace, with one in
    the namespaces it selects. Pods of namespaces that are not in the input are undecidable, but for the cluster's DNS
    and for whole namespaces that every cluster has.

Why:
    A peer that selects nothing lets nobody through: the connection it was written for is refused.

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
      podSelector: {}
      ingress:
        - from: [{podSelector: {matchLabels: {app: clinet}}}]

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: [{name: a, image: a}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: client, namespace: shop, labels: {app: client}}
    spec: {containers: [{name: a, image: a}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      ingress:
        - from: [{podSelector: {matchLabels: {app: client}}}]

Fix:
    Select the labels the peer's pod template carries, and its namespace.

Standard:
    kube-linter's dangling-networkpolicypeer-podselector, which looks for the pod in every namespace. No other peer has
    it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import isolation
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release, mapping, mappings, matches

RULE = Rule(
    severity="warning",
    groups=("network-policies", "reliability"),
    standards=("kubernetes:concepts/services-networking/network-policies", "checklist:network-policies"),
    decides="release",
)

NAME = "kubernetes.io/metadata.name"
ALWAYS = frozenset(["default", "kube-node-lease", "kube-public", "kube-system"])
DNS = frozenset(["kube-dns", "coredns", "node-local-dns"])


def check(release: Release) -> Iterator[Violation]:
    """Yield each peer that selects nothing, or that the input can't tell of."""
    known = {release.namespace_of(pod): {NAME: release.namespace_of(pod)} for pod in release.all_pods}
    for found in release.all_of("Namespace"):
        known[found.name] = {**found.labels, NAME: found.name}
    # asked before every namespace is: most peers that are elsewhere carry a label no pod of the input has
    held = {(key, value) for pod in release.all_pods for key, value in pod.labels.items() if isinstance(value, str)}
    for policy in release.of("NetworkPolicy"):
        own = release.namespace_of(policy)
        for rule in isolation.rules(policy):
            for index, peer in mappings(rule.peers):
                path = (*rule.path, isolation.PEERS_AT[rule.direction], index)
                namespaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
                if namespaces is None:
                    if pods is None or isolation.selects_all(pods) or release.selected(pods, own):
                        continue
                    if release.chart or release.pods_in(own):
                        yield fail(policy, (*path, "podSelector"), f"selects no pod of namespace {own}")
                    else:
                        what = f"the input has no pods in namespace {own}: give its workloads"
                        yield undecidable(policy, (*path, "podSelector"), what)
                elif not _there(release, known, held, namespaces, pods):
                    what = "selects nothing in the input: give the manifests of that namespace"
                    yield undecidable(policy, (*path, "namespaceSelector"), what)


def _there(
    release: Release,
    known: dict[str, dict[str, str]],
    held: set[tuple[str, str]],
    namespaces: object,
    pods: object,
) -> bool:
    """Whether the peer is in the input, or in every cluster."""
    whole = pods is None or isolation.selects_all(pods)
    labels = mapping(mapping(namespaces).get("matchLabels"))
    named = labels.get(NAME)
    if isolation.selects_all(namespaces) and whole:
        return True
    if isinstance(named, str) and len(labels) == 1 and named in ALWAYS:
        app = mapping(mapping(pods).get("matchLabels")).get("k8s-app")
        if whole or (named == "kube-system" and isinstance(app, str) and app in DNS):
            return True
    wanted = mapping(mapping(pods).get("matchLabels"))
    if not whole and any(not isinstance(value, str) or (key, value) not in held for key, value in wanted.items()):
        return False
    candidates = known
    if isinstance(named, str):
        candidates = {named: known[named]} if named in known else {}
    return any(matches(namespaces, own) and (whole or release.selected(pods, name)) for name, own in candidates.items())
