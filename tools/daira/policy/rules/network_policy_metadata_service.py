"""Pods do not reach the metadata service of the cloud.

What it checks:
    No egress rule lets port 80 of 169.254.169.254, or of fd00:ec2::254, through: no rule without peers, and no ipBlock
    with the address in it and not in an except.

Why:
    The metadata service hands the node's credentials to whoever asks from the node.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
        - to: [{ipBlock: {cidr: 0.0.0.0/0}}]

Good:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
        - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]

Fix:
    Add 169.254.169.254/32 to the except of the range.

Standard:
    NSA/CISA C-0052, which looks at a live node. Informative: elsewhere than in a cloud nobody answers there. Pods that
    no policy isolates are told off by network-policy-egress.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from daira.policy.facts import isolation
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, items, mapping, mappings

RULE = Rule(
    severity="info",
    groups=("network-policies",),
    standards=("nsa:C-0052", "checklist:network-policies"),
    decides="object",
)

SERVICES = (ip_address("169.254.169.254"), ip_address("fd00:ec2::254"))


def check(release: Release) -> Iterator[Violation]:
    """Yield each egress rule that lets the metadata service through."""
    for policy in release.of("NetworkPolicy"):
        for rule in isolation.rules(policy, "Egress"):
            if rule.ports and not any(_web(mapping(port)) for port in rule.ports):
                continue
            if not rule.peers:
                yield fail(policy, (*rule.path, "to"), "lets 169.254.169.254, the cloud's metadata service, through")
            for index, peer in mappings(rule.peers):
                block = mapping(peer.get("ipBlock"))
                for service in SERVICES:
                    if _holds(block.get("cidr"), service) and not any(
                        _holds(part, service) for part in items(block.get("except"))
                    ):
                        path = (*rule.path, "to", index, "ipBlock")
                        yield fail(policy, path, f"lets {service}, the cloud's metadata service, through")


def _web(port: dict[str, object]) -> bool:
    if port.get("protocol") not in (None, "TCP"):
        return False
    first, last = port.get("port"), port.get("endPort")
    if isinstance(first, int) and isinstance(last, int):
        return first <= 80 <= last
    return first is None or first == 80


def _holds(written: object, service: IPv4Address | IPv6Address) -> bool:
    if not isinstance(written, str) or "/" not in written:
        return False
    try:
        return service in ip_network(written, strict=False)
    except ValueError:
        return False
