"""NetworkPolicies: all is refused both ways but the edges of files/edges.yaml, and those are open at both ends."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.chart.conftest import SHIPPED, Object, Values, effective_values, render
from tests.chart.edges import DECLARED, OUTSIDE, declared, is_default_deny, opened, wanted
from tests.chart.walk import named, pod, pods

EXTERNAL: Values = {
    "global.existingSecret": "daira-secrets",
    "postgres.external.host": "db.example",
    "postgres.external.port": 6432,
    "postgres.external.cidr": "10.1.0.0/16",
    "redis.external.host": "cache.example",
    "redis.external.port": 6380,
    "redis.external.cidr": "10.2.0.0/16",
}
VARIANTS: dict[str, Values] = {
    "as it is": {},
    "backend off": {"backend.enabled": False},
    "frontend off": {"frontend.enabled": False},
    "postgres off": {"postgres.enabled": False},
    "redis off": {"redis.enabled": False},
    "monitoring off": {"monitoring.enabled": False},
    "prometheus off": {"monitoring.prometheus.enabled": False},
    "alertmanager off": {"monitoring.alertmanager.enabled": False},
    "grafana off": {"monitoring.grafana.enabled": False},
    "jaeger off": {"monitoring.jaeger.enabled": False},
    "exporters off": {"postgres.exporter.enabled": False, "redis.exporter.enabled": False},
    "tracing off": {"backend.tracing.enabled": False},
    "migrations off": {"migrations.enabled": False},
    "helm test off": {"tests.enabled": False},
    "no address": {"ingress.enabled": False},
    "external stores": EXTERNAL,
}
CASES = [
    *((environment, "as it is") for environment in SHIPPED),
    *(("staging", variant) for variant in VARIANTS if variant != "as it is"),
]


def complaints(objects: list[Object], values: dict[str, Any], release: str = "daira") -> list[str]:
    """How the policies differ from files/edges.yaml: edges that are missing on a side or open without need."""
    found = opened([item for item in objects if item["kind"] == "NetworkPolicy"], release)
    asked = declared(objects, values)
    return [
        *(f"egress missing: {edge}" for edge in sorted(asked - found.egress)),
        *(f"ingress missing: {edge}" for edge in sorted(asked - found.ingress)),
        *(f"egress not asked for: {edge}" for edge in sorted(found.egress - asked)),
        *(f"ingress not asked for: {edge}" for edge in sorted(found.ingress - asked)),
    ]


@pytest.mark.parametrize(("environment", "variant"), CASES)
def test_each_edge_is_open_at_both_ends_and_no_other_is(environment: str, variant: str) -> None:
    objects = render(environment, VARIANTS[variant]).objects
    assert not complaints(objects, effective_values(environment, VARIANTS[variant]))


def test_every_declared_edge_is_seen_in_some_variant() -> None:
    """An edge whose ends never meet would be a promise nobody tests."""
    seen: set[tuple[str, str]] = set()
    for variant in ("as it is", "external stores"):
        objects = render("staging", VARIANTS[variant]).objects
        seen |= {(one, other) for one, other, _ in declared(objects, effective_values("staging", VARIANTS[variant]))}
    inside = {(it["from"], it["to"]) for it in DECLARED["edges"] if not {it["from"], it["to"]} & set(OUTSIDE)}
    assert seen == inside


@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_an_edge_that_is_closed_or_opened_at_one_end_is_reported(way: str) -> None:
    values = effective_values("staging", {})
    objects = copy.deepcopy(render("staging").objects)
    policies = [item for item in objects if item["kind"] == "NetworkPolicy"]
    policy = named([item["metadata"] | {"object": item} for item in policies], "daira-prometheus")["object"]
    rules = policy["spec"].get(way) or policy["spec"].setdefault(way, [])
    removed = rules.pop()
    assert [it for it in complaints(objects, values) if it.startswith(f"{way} missing")]
    rules.append({**removed, "ports": [{"port": "ssh", "protocol": "TCP"}]})
    assert [it for it in complaints(objects, values) if it.startswith(f"{way} not asked for")]
    rules[-1] = {"ports": removed["ports"]}
    with pytest.raises(AssertionError, match="opens everything"):
        complaints(objects, values)


def unprotected(objects: list[Object]) -> list[str]:
    """Pods that no default deny of both ways chooses."""
    denies = [
        item["spec"]["podSelector"]["matchLabels"]
        for item in objects
        if item["kind"] == "NetworkPolicy" and is_default_deny(item)
    ]
    return [
        made.where
        for made in pods(objects)
        if not any(labels.items() <= made.metadata["labels"].items() for labels in denies)
    ]


@pytest.mark.parametrize(("environment", "variant"), CASES)
def test_every_pod_starts_from_a_default_deny(environment: str, variant: str) -> None:
    release = render(environment, VARIANTS[variant])
    assert is_default_deny(release.get("NetworkPolicy", "default-deny"))
    assert not unprotected(release.objects)


def test_without_the_default_deny_every_pod_is_reported() -> None:
    objects = [item for item in render("staging").objects if item["metadata"]["name"] != "daira-default-deny"]
    policies = [item for item in objects if item["kind"] == "NetworkPolicy"]
    # What has no rule of a way left is closed by its own policy, so only those are not reported.
    closed = {item["metadata"]["name"] for item in policies if is_default_deny(item)}
    assert closed == set()
    assert len(unprotected(objects)) == len(list(pods(objects)))


def test_every_policy_closes_both_ways() -> None:
    for item in render("staging").of("NetworkPolicy"):
        assert set(item["spec"]["policyTypes"]) == {"Ingress", "Egress"}, item["metadata"]["name"]


def asks_dns(rules: list[Object]) -> list[Object]:
    """The rules that lead to a DNS server's ports."""
    return [rule for rule in rules if any(port["port"] in (53, 5353) for port in rule["ports"])]


def test_whoever_opens_a_connection_may_ask_dns_by_udp_and_tcp() -> None:
    objects = render("staging").objects
    found = opened([item for item in objects if item["kind"] == "NetworkPolicy"], "daira")
    # Alertmanager has nobody to tell by default; receivers (networkPolicy.extra) are names, though.
    asking = {edge[0] for edge in found.egress} | {"alertmanager"}
    for component in {made.component for made in pods(objects)}:
        rules = asks_dns(found.egress_outside.get(component, []))
        assert bool(rules) == (component in asking), component
        for rule in rules:
            ports = {(port["port"], port["protocol"]) for port in rule["ports"]}
            assert ports == {(53, "UDP"), (53, "TCP"), (5353, "UDP"), (5353, "TCP")}, component
            pods_peer = next(peer for peer in rule["to"] if "podSelector" in peer)
            assert pods_peer["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
            assert pods_peer["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}


def test_the_stores_and_jaeger_open_no_connection_at_all() -> None:
    for component in ("postgres", "redis", "jaeger"):
        assert not render("staging").get("NetworkPolicy", component)["spec"].get("egress")


@pytest.mark.parametrize("address", ["ingress", "gateway"])
def test_only_with_an_address_the_controller_is_let_in(address: str) -> None:
    on: Values = {
        "ingress.enabled": address == "ingress",
        "gateway.enabled": address == "gateway",
        "gateway.parentRefs": [{"name": "public"}],
    }
    off: Values = {"ingress.enabled": False}
    for values, components in ((on, {"backend", "frontend"}), (off, set())):
        found = opened(render("staging", values).of("NetworkPolicy"), "daira").ingress_outside
        assert set(found) == components
    for rules in opened(render("staging", on).of("NetworkPolicy"), "daira").ingress_outside.values():
        (rule,) = rules
        assert rule["ports"] == [{"port": "http", "protocol": "TCP"}]
        (peer,) = rule["from"]
        (expression,) = peer["podSelector"]["matchExpressions"]
        assert {"traefik", "ingress-nginx", "envoy"} <= set(expression["values"])


def test_a_controller_on_the_nodes_network_is_named_by_address() -> None:
    values: Values = {
        "networkPolicy.ingressController.podSelector": None,
        "networkPolicy.ingressController.cidrs": ["10.9.0.0/16"],
    }
    found = opened(render("staging", values).of("NetworkPolicy"), "daira").ingress_outside
    assert found["frontend"][0]["from"] == [{"ipBlock": {"cidr": "10.9.0.0/16"}}]


def is_hook(item: Object) -> bool:
    """Whether Helm installs an object before the release."""
    return str(item["metadata"].get("annotations", {}).get("helm.sh/hook")) == "pre-install,pre-upgrade"


def test_the_migration_hook_may_reach_the_external_database() -> None:
    """It runs before the release's policies are changed: when a running release moves to an external database, or that
    one to another network, the policies of the revision before would hold it back."""
    policies = [item for item in render("staging", EXTERNAL).of("NetworkPolicy") if is_hook(item)]
    rules = opened(policies, "daira").egress_outside["migrations"]
    (database,) = [rule for rule in rules if not asks_dns([rule])]
    assert database == {"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}], "ports": [{"port": 6432, "protocol": "TCP"}]}
    assert len(asks_dns(rules)) == 1


def test_external_stores_are_reached_at_their_network_and_port_only() -> None:
    policies = [it for it in render("staging", EXTERNAL).of("NetworkPolicy") if not is_hook(it)]
    found = opened(policies, "daira").egress_outside
    database = {"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}], "ports": [{"port": 6432, "protocol": "TCP"}]}
    cache = {"to": [{"ipBlock": {"cidr": "10.2.0.0/16"}}], "ports": [{"port": 6380, "protocol": "TCP"}]}
    outside = {me: [rule for rule in rules if not asks_dns([rule])] for me, rules in found.items()}
    asked: dict[str, list[Object]] = {}
    for edge in DECLARED["edges"]:
        for end, rule in (("external-database", database), ("external-cache", cache)):
            if edge["to"] == end:
                asked.setdefault(edge["from"], []).append(rule)
    assert {me: rules for me, rules in outside.items() if rules} == asked
    assert asked["backend"] == [database, cache]
    assert asked["postgres-exporter"] == [database]
    assert asked["redis-exporter"] == [cache]


@pytest.mark.parametrize("environment", SHIPPED)
def test_bundled_stores_leave_no_way_out(environment: str) -> None:
    found = opened(render(environment).of("NetworkPolicy"), "daira").egress_outside
    assert not [me for me, rules in found.items() for rule in rules if not asks_dns([rule])]


def test_a_rule_of_ones_own_is_added() -> None:
    rule = {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": 443, "protocol": "TCP"}]}
    made = render(
        "staging", {"networkPolicy.extra": {"alertmanager": {"egress": [rule], "ingress": [{"from": rule["to"]}]}}}
    )
    spec = made.get("NetworkPolicy", "alertmanager")["spec"]
    assert rule in spec["egress"]
    assert {"from": rule["to"]} in spec["ingress"]


@pytest.mark.parametrize("variant", ["as it is", "external stores"])
def test_every_named_port_exists_on_its_target(variant: str) -> None:
    """A policy or Service that names a port no container has opens nothing, and nobody is told."""
    release = render("staging", VARIANTS[variant])
    for _, to, port in opened(release.of("NetworkPolicy"), "daira").ingress:
        containers = pod(release.objects, to).spec["containers"]
        assert port in {it["name"] for container in containers for it in container["ports"]}, f"{to}: {port}"
    for service in release.of("Service"):
        to = service["spec"]["selector"]["app.kubernetes.io/name"]
        known = {it["name"] for container in pod(release.objects, to).spec["containers"] for it in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= known, service["metadata"]["name"]


def test_probes_ask_a_port_of_their_own_container() -> None:
    for made in pods(render("staging").objects):
        for container in made.containers:
            names = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                asked = container.get(probe, {}).get("httpGet", {}).get("port")
                assert asked is None or asked in names, f"{made.where} {probe}"


def test_the_conditions_of_an_edge_are_read_as_the_chart_reads_them() -> None:
    edge = {"when": ["a.on"], "whenAny": ["b", "c"]}
    assert wanted(edge, {"a": {"on": True}, "c": 1})
    assert not wanted(edge, {"a": {"on": True}})
    assert not wanted(edge, {"a": {"on": False}, "b": 1})
    assert wanted({}, {})
