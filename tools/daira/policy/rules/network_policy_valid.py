"""NetworkPolicies say what the API server understands.

What it checks:
    Address ranges parse, an except lies inside of its range, a peer is pods, namespaces or both, or else an ipBlock;
    endPort follows a number that is not above it, ports are between 1 and 65535, a port's name is not a number in
    quotes, and policyTypes are Ingress and Egress.

Why:
    The API server refuses the policy, or reads a quoted number as the name of a port that no pod has.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      ingress:
        - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}]

Good:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      ingress:
        - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]

Fix:
    Write a range as address/length, and ports as numbers.

Standard:
    ValidateNetworkPolicySpec of the API server; a schema check sees none of it. No peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from daira.policy.facts import isolation
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Object, Path, Release, integer, items, mapping, mappings

RULE = Rule(
    severity="error",
    groups=("network-policies", "reliability"),
    standards=("kubernetes:reference/kubernetes-api/policy-resources/network-policy-v1", "checklist:network-policies"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each thing the API server would refuse."""
    for policy in release.of("NetworkPolicy"):
        for index, kind in enumerate(items(policy.spec.get("policyTypes"))):
            if kind not in isolation.DIRECTIONS:
                yield fail(policy, ("spec", "policyTypes", index), f"{kind!r} is neither Ingress nor Egress")
        for direction in isolation.DIRECTIONS:
            at, field = isolation.PEERS_AT[direction], isolation.RULES_AT[direction]
            for number, rule in mappings(policy.spec.get(field)):
                path: Path = ("spec", field, number)
                for index, peer in mappings(rule.get(at)):
                    yield from _peer(policy, (*path, at, index), peer)
                for index, port in mappings(rule.get("ports")):
                    yield from _port(policy, (*path, "ports", index), port)


def _peer(policy: Object, path: Path, peer: dict[str, object]) -> Iterator[Violation]:
    selecting = peer.get("podSelector") is not None or peer.get("namespaceSelector") is not None
    block = mapping(peer.get("ipBlock"))
    if peer.get("ipBlock") is None:
        if not selecting:
            yield fail(policy, path, "a peer without podSelector, namespaceSelector or ipBlock")
        return
    if selecting:
        yield fail(policy, path, "a peer is an ipBlock or pods, not both")
    whole = _network(block.get("cidr"))
    if whole is None:
        yield fail(policy, (*path, "ipBlock", "cidr"), f"{block.get('cidr')!r} is no address range")
        return
    for index, written in enumerate(items(block.get("except"))):
        part = _network(written)
        at = (*path, "ipBlock", "except", index)
        if part is None:
            yield fail(policy, at, f"{written!r} is no address range")
        elif part.prefixlen <= whole.prefixlen or not _inside(part, whole):
            yield fail(policy, at, f"{written} is not inside of {block['cidr']}")


def _network(written: object) -> IPv4Network | IPv6Network | None:
    if not isinstance(written, str) or "/" not in written or not written.rpartition("/")[2].isdigit():
        return None
    try:
        return ip_network(written, strict=False)
    except ValueError:
        return None


def _inside(part: IPv4Network | IPv6Network, whole: IPv4Network | IPv6Network) -> bool:
    return part.version == whole.version and part.network_address in whole


def _port(policy: Object, path: Path, port: dict[str, object]) -> Iterator[Violation]:
    value, last = port.get("port"), port.get("endPort")
    number, end = integer(value), integer(last)
    if port.get("protocol") not in (None, "TCP", "UDP", "SCTP"):
        yield fail(policy, (*path, "protocol"), f"{port['protocol']!r} is not TCP, UDP or SCTP")
    if number is not None and not 1 <= number <= 65535:
        yield fail(policy, (*path, "port"), f"{number} is no port")
    if isinstance(value, str) and not any(letter.isalpha() for letter in value):
        yield fail(policy, (*path, "port"), f"{value!r} is a text: as a name it is no port of any pod")
    if last is None:
        return
    if number is None:
        yield fail(policy, (*path, "endPort"), "endPort without a port that is a number")
    elif end is None or not number <= end <= 65535:
        yield fail(policy, (*path, "endPort"), f"{last!r} is no port from {number} on")
