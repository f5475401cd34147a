"""What NetworkPolicies open, read from the rendered objects alone, and what files/edges.yaml says they should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from tests.chart.conftest import CHART, Object
from tests.chart.walk import INSTANCE, NAME, pods

DECLARED: dict[str, Any] = yaml.safe_load((CHART / "files" / "edges.yaml").read_text(encoding="utf-8"))
OUTSIDE = ("ingress-controller", "external-database", "external-cache")

# (from, to, port): components by their name label, ports as the policy spells them.
Edge = tuple[str, str, str]


@dataclass(frozen=True)
class Opened:
    """The edges between components as each side opens them, and the rules whose other end is outside, by component."""

    egress: set[Edge]
    ingress: set[Edge]
    egress_outside: dict[str, list[Object]]
    ingress_outside: dict[str, list[Object]]


def is_default_deny(policy: Object) -> bool:
    """Whether a policy closes both ways and opens nothing."""
    spec = policy["spec"]
    return set(spec["policyTypes"]) == {"Ingress", "Egress"} and not spec.get("ingress") and not spec.get("egress")


def _inside(rule: Object, side: str, release: str) -> list[str]:
    """The components of this release that a rule's peers are; empty when a peer is anything else."""
    found = []
    for peer in rule[side]:
        labels = peer.get("podSelector", {}).get("matchLabels", {})
        if set(peer) != {"podSelector"} or set(labels) != {NAME, INSTANCE} or labels[INSTANCE] != release:
            return []
        found.append(labels[NAME])
    return found


def opened(policies: list[Object], release: str) -> Opened:
    """What the policies open. Raises AssertionError on a rule without peers or ports, which would open everything."""
    made = Opened(set(), set(), {}, {})
    for policy in policies:
        if NAME not in policy["spec"]["podSelector"]["matchLabels"]:
            continue
        me = policy["spec"]["podSelector"]["matchLabels"][NAME]
        for way, side in (("egress", "to"), ("ingress", "from")):
            for rule in policy["spec"].get(way, []):
                assert rule.get(side) and rule.get("ports"), f"{me}: a rule without peers or ports opens everything"
                assert all(port["protocol"] in ("TCP", "UDP") for port in rule["ports"])
                inside = _inside(rule, side, release)
                if not inside:
                    (made.egress_outside if way == "egress" else made.ingress_outside).setdefault(me, []).append(rule)
                for peer in inside:
                    ends = (me, peer) if way == "egress" else (peer, me)
                    edges = {(*ends, str(port["port"])) for port in rule["ports"]}
                    (made.egress if way == "egress" else made.ingress).update(edges)
    return made


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None when there is none."""
    at: Any = values
    for part in path.split("."):
        at = at.get(part) if isinstance(at, Mapping) else None
    return at


def wanted(edge: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether the values ask for an edge (its ends aside)."""
    every = all(value_at(values, path) for path in edge.get("when", []))
    return every and (not edge.get("whenAny") or any(value_at(values, path) for path in edge["whenAny"]))


def declared(objects: list[Object], values: Mapping[str, Any]) -> set[Edge]:
    """The edges files/edges.yaml asks for between components that have pods in this release."""
    installed = {pod.component for pod in pods(objects)}
    return {
        (edge["from"], edge["to"], port)
        for edge in DECLARED["edges"]
        if edge["from"] in installed and edge["to"] in installed and wanted(edge, values)
        for port in edge["ports"]
    }
