"""Pods whose egress is restricted can still ask DNS.

What it checks:
    Where policies isolate a pod's egress and let something through by pod, namespace or port, one of them lets UDP and
    TCP to port 53 through. A pod that may go nowhere, or only to address ranges, needs no DNS. Policies of network
    plugins are added to these, so with them it is undecidable.

Why:
    Without it, no name resolves, and every connection that is allowed fails all the same; without TCP, long answers do.

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
      policyTypes: [Egress]
      egress:
        - to: [{podSelector: {matchLabels: {app: web}}}]
          ports: [{port: 80}]

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
      policyTypes: [Egress]
      egress:
        - to: [{podSelector: {matchLabels: {app: web}}}]
          ports: [{port: 80}]
        - to:
            - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
              podSelector: {matchLabels: {k8s-app: kube-dns}}
          ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]

Fix:
    Add an egress rule to the DNS pods for port 53, protocol UDP and TCP.

Standard:
    Kyverno's add-networkpolicy-dns generates such a policy; no linter checks for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import foreign_policies, isolation
from daira.policy.rule import Rule, Violation
from daira.render.release import Object, Release, items, mapping

RULE = Rule(
    severity="warning",
    groups=("network-policies", "reliability"),
    standards=("kubernetes:concepts/services-networking/network-policies", "checklist:network-policies"),
    decides="release",
)

NEEDS, UDP, TCP = 1, 2, 4
NAMES = ("dns", "dns-tcp", "dns-udp", "domain")
CLUSTER = ("kube-system", "openshift-dns")


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod that is allowed to go somewhere and can't ask where that is."""
    pods: dict[Object, int] = {}
    namespaces: dict[str, int] = {}
    for policy in release.all_of("NetworkPolicy"):
        if "Egress" not in isolation.types_of(policy):
            continue
        gives = 0
        for rule in isolation.rules(policy, "Egress"):
            gives |= _gives(rule)
        namespace, selector = release.namespace_of(policy), isolation.selector_of(policy)
        if not gives:
            continue
        if isolation.selects_all(selector):
            namespaces[namespace] = namespaces.get(namespace, 0) | gives
        else:
            for chosen in release.selected(selector, namespace):
                pods[chosen.object] = pods.get(chosen.object, 0) | gives
    foreign = {pod.object for one in foreign_policies.read(release) for pod, _ in one.pods(release)}
    for pod in release.pods:
        gives = pods.get(pod.object, 0) | namespaces.get(release.namespace_of(pod), 0)
        if not gives & NEEDS or isolation.on_host(pod) or gives & (UDP | TCP) == UDP | TCP:
            continue
        lacks = " and ".join(name for bit, name in ((UDP, "UDP"), (TCP, "TCP")) if not gives & bit)
        what = f"its egress is restricted, and no policy lets {lacks} to port 53 through"
        path = (*pod.metadata_path, "labels")
        if pod.object in foreign:
            what += ": ask the network plugin what its policies add"
            yield Violation(pod.object, path, what, "undecidable")
        else:
            yield Violation(pod.object, path, what)


def _gives(rule: isolation.Rule) -> int:
    """Whether a rule makes names needed, and whether it lets UDP and TCP to port 53 through."""
    by_address = bool(rule.peers) and all("ipBlock" in mapping(peer) for peer in rule.peers)
    gives = 0 if by_address else NEEDS
    if not rule.ports:
        return gives | UDP | TCP if _reaches_dns(rule.peers) else gives
    for one in rule.ports:
        port = mapping(one)
        number, last = port.get("port"), port.get("endPort")
        ranged = isinstance(number, int) and isinstance(last, int) and number <= 53 <= last
        if number == 53 or number in NAMES or ranged or (number is None and _reaches_dns(rule.peers)):
            gives |= UDP if port.get("protocol") == "UDP" else TCP
    return gives


def _reaches_dns(peers: list[object]) -> bool:
    """Whether a rule for every port may be about the DNS pods: not when it stays in its own or another namespace."""
    for one in peers:
        peer = mapping(one)
        if "ipBlock" in peer:
            return True
        labels = mapping(mapping(peer.get("namespaceSelector")).get("matchLabels"))
        name = labels.get("kubernetes.io/metadata.name")
        if "namespaceSelector" in peer and (name is None or name in CLUSTER):
            return True
    return not items(peers)
