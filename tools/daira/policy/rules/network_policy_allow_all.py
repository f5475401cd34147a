"""No NetworkPolicy rule lets everybody through.

What it checks:
    No rule is empty or without peers, which is everybody, and no ipBlock is 0.0.0.0/0 or ::/0 without an except. An
    egress rule for port 53 alone is let be: who answers DNS is the cluster's choice.

Why:
    Such a rule undoes the default deny: from then on the other rules of the policy mean nothing.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      ingress: [{}]

Good:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      ingress:
        - from: [{podSelector: {matchLabels: {app: client}}}]

Fix:
    Name the pods, namespaces or address ranges in from or to.

Standard:
    NSA/CISA C-0030. trivy's KSV-0038 is content with any selector anywhere in the policy. A rule with ports but without
    peers counts here: everybody may use that port. namespaceSelector {} is all pods of the cluster but not the world,
    and is let be.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import isolation
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, items, mapping, mappings

RULE = Rule(
    severity="warning",
    groups=("network-policies",),
    standards=("nsa:C-0030", "checklist:network-policies"),
    decides="object",
)

ANYWHERE = ("0.0.0.0/0", "::/0")


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule without peers, and each peer that is the whole world."""
    for policy in release.of("NetworkPolicy"):
        for rule in isolation.rules(policy):
            at = isolation.PEERS_AT[rule.direction]
            only_dns = rule.direction == "Egress" and _only_dns(rule.ports)
            way = "from anywhere" if rule.direction == "Ingress" else "to anywhere"
            if not rule.peers and not only_dns:
                limit = " on some ports" if rule.ports else ""
                yield fail(policy, (*rule.path, at), f"has no peers: lets everything through {way}{limit}")
            for index, peer in mappings(rule.peers):
                block = mapping(peer.get("ipBlock"))
                if block.get("cidr") in ANYWHERE and not items(block.get("except")) and not only_dns:
                    path = (*rule.path, at, index, "ipBlock", "cidr")
                    yield fail(policy, path, f"{block['cidr']} without an except lets through {way}")


def _only_dns(ports: list[object]) -> bool:
    return bool(ports) and all(mapping(port).get("port") in (53, "dns", "dns-tcp") for port in ports)
