"""Who may reach whom: one network a component that is called, joined by those its NetworkPolicy lets in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from daira.errors import DairaError
from daira.generate.compose import known
from daira.generate.compose.source import Source, place
from daira.render.release import Object, Pod, items, mapping, mappings, pod_of

NAME = "app.kubernetes.io/name"
DNS = (53, 5353)
# The network of those that have to reach what is not in the compose file.
OUTSIDE = "outside"
# Ports that are published, by component: which one by its name, and whether to everybody or to this machine alone.
# The numbers are those of the chart's Services.
PUBLISHED = {
    "frontend": ("http", True),
    "backend": ("http", False),
    "prometheus": ("http", False),
    "alertmanager": ("http", False),
    "grafana": ("http", False),
    "jaeger": ("ui", False),
}


@dataclass(frozen=True)
class Server:
    """A component that is called. aliases: its names in the cluster; published: Service port and container port."""

    aliases: list[str]
    published: tuple[int, int] | None


def component(pod: Pod) -> str:
    """What a pod is called in the compose file."""
    name = pod.labels.get(NAME)
    if not isinstance(name, str):
        raise DairaError(f"{place(pod.object)} has no label {NAME}, by which its service is to be called: give it one")
    return name


def servers(source: Source, ports: dict[str, dict[str, int]], domain: str = "cluster.local") -> dict[str, Server]:
    """The components that a Service leads to. ports: of each component's container, by name."""
    aliases: dict[str, list[str]] = {}
    published: dict[str, tuple[int, int]] = {}
    for service in source.release.all_of("Service"):
        spec = known.fields("Service", service.spec, f"{place(service)}.spec")
        if spec.get("type", "ClusterIP") != "ClusterIP":
            raise DairaError(f"{place(service)}.spec.type is {spec['type']}, which has no counterpart: ClusterIP has")
        namespace = source.release.namespace_of(service)
        for name in _selected(source, {"matchLabels": mapping(spec.get("selector"))}, namespace):
            aliases.setdefault(name, []).extend(
                [service.name, *(f"{service.name}.{namespace}{end}" for end in ("", ".svc", f".svc.{domain}"))]
            )
            for index, data in mappings(spec.get("ports")):
                port = known.fields("servicePort", data, f"{place(service)}.spec.ports[{index}]")
                target = port.get("targetPort", port["port"])
                number = ports[name].get(target) if isinstance(target, str) else target
                if number is None:
                    raise DairaError(f"{place(service)}.spec.ports[{index}].targetPort: {target} is no port of {name}")
                if number != port["port"]:
                    _unused(source, service, port["port"])
                if PUBLISHED.get(name, ("", False))[0] == port.get("name"):
                    published.setdefault(name, (port["port"], number))
    return {name: Server(sorted(found), published.get(name)) for name, found in aliases.items()}


def calls(source: Source, names: list[str], called: dict[str, Server]) -> dict[str, list[str]]:
    """Whom each component may call: component -> servers, as the NetworkPolicies have it.

    A server that no policy selects may be called by all, as in the cluster.
    """
    admitted: dict[str, set[str]] = {}
    for policy in source.release.all_of("NetworkPolicy"):
        namespace = source.release.namespace_of(policy)
        clients = set(_clients(source, policy, namespace, names))
        for server in _selected(source, mapping(policy.spec.get("podSelector")), namespace):
            admitted.setdefault(server, set()).update(clients)
    return {
        client: [server for server in called if server != client and client in admitted.get(server, names)]
        for client in names
    }


def leave(source: Source) -> list[str]:
    """The components whose NetworkPolicy opens a way out: to a managed database, to a receiver of alerts."""
    return [
        name
        for policy in source.release.all_of("NetworkPolicy")
        for _, rule in mappings(policy.spec.get("egress"))
        if any("ipBlock" in peer for _, peer in mappings(rule.get("to")))
        and not any(port.get("port") in DNS for _, port in mappings(rule.get("ports")))
        for name in _selected(source, mapping(policy.spec.get("podSelector")), source.release.namespace_of(policy))
    ]


def _clients(source: Source, policy: Object, namespace: str, names: list[str]) -> Iterator[str]:
    for _, rule in mappings(policy.spec.get("ingress")):
        peers = items(rule.get("from"))
        if not peers:
            yield from names
        for _, peer in mappings(peers):
            if "podSelector" in peer and "namespaceSelector" not in peer:  # others are outside of the release
                yield from _selected(source, peer["podSelector"], namespace)


def _selected(source: Source, selector: dict[str, Any], namespace: str) -> list[str]:
    """The components whose pods a selector selects."""
    pods = [pod for found in source.workloads if (pod := pod_of(found))]
    chosen = {id(pod.object) for pod in source.release.selected(selector, namespace)}
    return list(dict.fromkeys(component(pod) for pod in pods if id(pod.object) in chosen))


def _unused(source: Source, service: Object, port: int) -> None:
    """Raises DairaError where a configuration calls a port that only the Service knows."""
    for name, data in source.configs.items():
        for key, text in data.items():
            for line in text.splitlines():
                before, found, after = line.partition(f":{port}")
                if found and service.name in before and not after[:1].isdigit():
                    raise DairaError(
                        f"ConfigMap/{name}.data[{key}] calls {service.name} at {port}, a port of the Service that the "
                        "container does not have: set the container's in OVERLAY of daira/generate/compose/source.py"
                    )
