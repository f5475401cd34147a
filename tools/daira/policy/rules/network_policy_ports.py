"""Ports of NetworkPolicies are ports the pods have.

What it checks:
    A named port of a rule is the name of a port that a selected pod (ingress) or peer pod of the same namespace
    (egress) declares with that protocol; a number is one they declare, where all of them declare ports. Peers elsewhere
    are not in the input and not judged here.

Why:
    Policies are about the pod's port: the port of a Service, or a name that no container has, lets nothing through.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: [{name: a, image: a, ports: [{name: http, containerPort: 8080}]}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      ingress:
        - ports: [{port: 80}]

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: [{name: a, image: a, ports: [{name: http, containerPort: 8080}]}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      ingress:
        - ports: [{port: http}]

Fix:
    Name the containerPort, or its name, with its protocol.

Standard:
    No peer has it. A container may listen on a port it does not declare: a number is only told off where every pod
    declares others; a name must be declared, or the plugin finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from daira.policy.facts import isolation
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Pod, Release, integer, mapping, mappings, text

RULE = Rule(
    severity="warning",
    groups=("network-policies", "reliability"),
    standards=("kubernetes:concepts/services-networking/network-policies", "checklist:network-policies"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each port that no pod of those it is about has."""
    whole: dict[str, isolation.Ports] = {}

    def ports(selector: object, namespace: str) -> isolation.Ports | None:
        if isolation.selects_all(selector):
            if namespace not in whole:
                whole[namespace] = isolation.ports_of(release.pods_in(namespace))
            return whole[namespace] if release.pods_in(namespace) else None
        chosen: list[Pod] = release.selected(selector, namespace)
        return isolation.ports_of(chosen) if chosen else None

    for policy in release.of("NetworkPolicy"):
        namespace = release.namespace_of(policy)
        for rule in isolation.rules(policy):
            if not rule.ports:
                continue
            if rule.direction == "Ingress":
                about = [ports(isolation.selector_of(policy), namespace)]
            else:
                about = [_peer(peer, namespace, ports) for peer in rule.peers]
            known = [one for one in about if one is not None]
            # one peer that is not in the input may have any port
            if not known or len(known) < len(about):
                continue
            for index, port in mappings(rule.ports):
                what = _missing(port, known)
                if what:
                    yield fail(policy, (*rule.path, "ports", index, "port"), what)


def _peer(
    peer: object, namespace: str, ports: Callable[[object, str], isolation.Ports | None]
) -> isolation.Ports | None:
    """The ports of a peer's pods; None for what is elsewhere."""
    found = mapping(peer)
    if "podSelector" not in found or found.get("namespaceSelector") is not None:
        return None
    return ports(found["podSelector"], namespace)


def _missing(port: dict[str, object], known: list[isolation.Ports]) -> str:
    protocol, value = text(port.get("protocol")) or "TCP", port.get("port")
    if isinstance(value, str):
        if any((protocol, value) in one.names for one in known):
            return ""
        return f"none of the pods it is about names a port {value} ({protocol})"
    first = integer(value)
    if first is None or any(one.silent for one in known):
        return ""
    last = integer(port.get("endPort")) or first
    held = sorted(number for one in known for kind, number in one.numbers if kind == protocol)
    if any(first <= number <= last for number in held):
        return ""
    return f"none of the pods it is about declares port {first}/{protocol}, but {held or 'none of that protocol'}"
