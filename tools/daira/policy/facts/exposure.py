"""What is reachable from outside of the cluster, by which controller, and where it leads.

An entry is an Ingress, a route, or a Service of type LoadBalancer that speaks HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from daira.policy.facts.providers import PROVIDERS, Provider, Test
from daira.render.release import Object, Path, Pod, Release, deep, mapping, mappings, text

ROUTES = (
    "gateway.networking.k8s.io/HTTPRoute",
    "gateway.networking.k8s.io/GRPCRoute",
    "traefik.io/IngressRoute",
    "traefik.containo.us/IngressRoute",
)
HTTP_PORTS = (80, 443, 3000, 8000, 8080, 8443)


class Backend(NamedTuple):
    """A Service that an entry leads to. path: where the entry names it."""

    service: str
    namespace: str
    path: Path


def entries(release: Release) -> Iterator[Object]:
    """The Ingresses, routes and public HTTP Services that are judged."""
    yield from release.of("Ingress", *ROUTES)
    for service in release.of("Service"):
        if service.spec.get("type") == "LoadBalancer" and any(
            is_http(port) for _, port in mappings(service.spec.get("ports"))
        ):
            yield service


def is_http(port: dict[str, Any]) -> bool:
    """Whether a Service's port speaks HTTP: by its appProtocol, its name, or its number."""
    said = text(port.get("appProtocol")).lower() or text(port.get("name")).lower()
    if port.get("protocol", "TCP") not in ("TCP", None):
        return False
    return "http" in said or said in ("web", "websecure") or (not said and port.get("port") in HTTP_PORTS)


def class_of(ingress: Object) -> str:
    """The class an Ingress names, "" for the cluster's default."""
    return text(ingress.spec.get("ingressClassName")) or text(ingress.annotations.get("kubernetes.io/ingress.class"))


def provider(release: Release, entry: Object) -> Provider | None:
    """Who serves an entry: by the class object's controller, its annotations, or the class's usual name."""
    if entry.kind == "Ingress":
        name = class_of(entry)
        known = release.find("IngressClass", name) if name else None
        return (
            by_controller(text(known.spec.get("controller")) if known else "")
            or by_annotations(entry)
            or by_class(name)
        )
    if entry.kind.endswith("/IngressRoute"):
        return next(one for one in PROVIDERS if one.name == "Traefik")
    for gateway in parents(release, entry):
        class_name = text(gateway.spec.get("gatewayClassName"))
        known = release.find("gateway.networking.k8s.io/GatewayClass", class_name)
        found = by_controller(text(known.spec.get("controllerName")) if known else "") or by_class(class_name)
        if found:
            return found
    return None


def by_controller(name: str) -> Provider | None:
    """The provider whose controller has this name."""
    return next((one for one in PROVIDERS if name and name.startswith(one.controllers)), None) if name else None


def by_class(name: str) -> Provider | None:
    """The provider whose class usually has this name."""
    return next((one for one in PROVIDERS if name and name in one.classes), None)


def by_annotations(entry: Object) -> Provider | None:
    """The provider one of whose annotations is there."""
    for key in entry.annotations:
        for one in PROVIDERS:
            if isinstance(key, str) and one.prefixes and key.startswith(one.prefixes):
                return one
    return None


def answers(entry: Object, tests: tuple[Test, ...]) -> bool:
    """Whether one of the annotations says yes."""
    for test in tests:
        given = entry.annotations.get(test.annotation)
        said = ("true" if given is True else "false" if given is False else str(given)).strip().lower()
        if given is not None and (said in test.values if test.values else said not in ("", "0", "false", "off")):
            return True
    return False


def parents(release: Release, route: Object) -> Iterator[Object]:
    """The Gateways of the input that a route is attached to."""
    for _, ref in mappings(route.spec.get("parentRefs")):
        if ref.get("kind", "Gateway") == "Gateway":
            namespace = text(ref.get("namespace")) or release.namespace_of(route)
            found = release.find("gateway.networking.k8s.io/Gateway", text(ref.get("name")), namespace)
            if found:
                yield found


def backends(release: Release, entry: Object) -> Iterator[Backend]:
    """Every Service an entry leads to."""
    namespace = release.namespace_of(entry)
    if entry.kind == "Service":
        yield Backend(entry.name, namespace, ())
        return
    if entry.kind == "Ingress":
        default = ("spec", "defaultBackend", "service")
        if name := text(deep(entry.data, (*default, "name"))):
            yield Backend(name, namespace, default)
        for i, rule in mappings(entry.spec.get("rules")):
            for j, path in mappings(deep(rule, ("http", "paths"))):
                backend = mapping(path.get("backend"))
                name = text(mapping(backend.get("service")).get("name")) or text(backend.get("serviceName"))
                yield Backend(name, namespace, ("spec", "rules", i, "http", "paths", j))
        return
    field, refs = ("routes", "services") if entry.kind.endswith("/IngressRoute") else ("rules", "backendRefs")
    for i, rule in mappings(entry.spec.get(field)):
        for j, ref in mappings(rule.get(refs)):
            yield Backend(text(ref.get("name")), text(ref.get("namespace")) or namespace, ("spec", field, i, refs, j))


def pods_behind(release: Release, backend: Backend) -> list[Pod]:
    """The pods of a backend's Service."""
    service = release.find("Service", backend.service, backend.namespace)
    selector = mapping(service.spec.get("selector")) if service else {}
    return release.selected({"matchLabels": selector}, backend.namespace) if selector else []


def middlewares(entry: Object, namespace: str) -> Iterator[tuple[str, str]]:
    """Name and namespace of each Middleware of Traefik that an entry refers to."""
    for part in text(entry.annotations.get("traefik.ingress.kubernetes.io/router.middlewares")).split(","):
        full, _, kind = part.strip().partition("@")
        if kind != "kubernetescrd":
            continue
        # <namespace>-<name>, both of which may have dashes: the entry's own namespace is tried first
        where, _, name = full.partition("-")
        own = full.startswith(f"{namespace}-")
        yield (full.removeprefix(f"{namespace}-"), namespace) if own else (name, where)
    for _, rule in mappings(entry.spec.get("routes" if entry.kind.endswith("/IngressRoute") else "rules")):
        for _, ref in mappings(rule.get("middlewares")):
            yield text(ref.get("name")), text(ref.get("namespace")) or namespace
        for _, one in mappings(rule.get("filters")):
            ref = mapping(one.get("extensionRef"))
            if one.get("type") == "ExtensionRef" and ref.get("kind") == "Middleware":
                yield text(ref.get("name")), namespace
