"""What is reachable from outside of the cluster, by which controller, and what stands in front of it.

An Entry is an Ingress, a route, or a Service of type LoadBalancer that speaks HTTP. `protected` looks for a rate
limit or a firewall in this order: annotations of the entry, policies and middlewares attached to it, and what the
pods behind each backend do themselves (nginx with limit_req or modsecurity, an image that is a firewall). It answers
"" (there is one), or what is missing and whether that is certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from daira.policy.nginx import PASSING, Config, all_configs, named, walk
from daira.policy.providers import (
    FIREWALL_IMAGES,
    MIDDLEWARES,
    PLUGINS,
    POLICIES,
    PROVIDERS,
    WORDS,
    Provider,
    Test,
)
from daira.render.release import Object, Path, Pod, Release, deep, items, mapping, mappings, text

Protection = Literal["rate-limiting", "waf"]
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


class Missing(NamedTuple):
    """What is not protected. certain: false when the input does not tell."""

    path: Path
    message: str
    certain: bool


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


def unprotected(release: Release, entry: Object, wanted: Protection) -> Iterator[Missing]:
    """What of an entry has no rate limit or firewall in front of it."""
    known = provider(release, entry) if entry.kind != "Service" else None
    noun = "rate limit" if wanted == "rate-limiting" else "web application firewall"
    if known and answers(entry, known.limits if wanted == "rate-limiting" else known.firewalls):
        return
    state, unresolved = attached(release, entry, wanted)
    if state:
        return
    told = set()
    for backend in backends(release, entry):
        if backend.service in told or guarded(release, backend, wanted):
            continue
        if wanted == "waf" and known and known.name == "GKE" and armored(release, backend):
            continue
        told.add(backend.service)
        what = f"nothing of the input puts a {noun} in front of the Service {backend.service or '(none)'}"
        if unresolved:
            yield Missing(backend.path, f"{what}: needed is {unresolved}", False)
        elif entry.kind == "Service":
            yield Missing(
                ("spec", "type"),
                f"{what}, which is public by its type LoadBalancer",
                bool(pods_behind(release, backend)),
            )
        elif known is None:
            yield Missing(
                backend.path, f"{what}: needed is which controller serves this (its class is not known)", False
            )
        elif wanted in known.elsewhere:
            yield Missing(backend.path, f"{what}: needed is what {known.name} is told outside of the manifests", False)
        else:
            yield Missing(backend.path, f"{what}, and {known.name} is not told to", True)


def attached(release: Release, entry: Object, wanted: Protection) -> tuple[bool, str]:
    """Whether a policy, middleware or plugin protects an entry; else what it refers to that is not in the input."""
    namespace = release.namespace_of(entry)
    targets = {(entry.kind.rpartition("/")[2], entry.name)} | {("Gateway", one.name) for one in parents(release, entry)}
    targets |= {("Service", backend.service) for backend in backends(release, entry)}
    for kind, what, path in POLICIES:
        if what != wanted:
            continue
        for policy in release.all_of(kind):
            if not deep(policy.data, path) or (
                kind in WORDS and not any(word in str(policy.data).lower() for word in WORDS[kind])
            ):
                continue
            refs = [mapping(policy.spec.get("targetRef")), *(ref for _, ref in mappings(policy.spec.get("targetRefs")))]
            if any((text(ref.get("kind")), text(ref.get("name"))) in targets for ref in refs) or kind.startswith(
                ("networking.istio.io/", "extensions.istio.io/")
            ):
                return True, ""
    unresolved = ""
    for name, where in middlewares(entry, namespace):
        found = next(
            (
                m
                for k in ("traefik.io/Middleware", "traefik.containo.us/Middleware")
                if (m := release.find(k, name, where))
            ),
            None,
        )
        if found is None:
            unresolved = f"the Middleware {where}/{name}"
        elif any(key in found.spec for key in MIDDLEWARES[wanted]) or any(
            word in str(key).lower() for key in mapping(found.spec.get("plugin")) for word in MIDDLEWARES[wanted]
        ):
            return True, ""
    for plugin in [
        part.strip() for part in text(entry.annotations.get("konghq.com/plugins")).split(",") if part.strip()
    ]:
        known = release.find("configuration.konghq.com/KongPlugin", plugin, namespace) or release.find(
            "configuration.konghq.com/KongClusterPlugin", plugin
        )
        if known is None:
            unresolved = f"the KongPlugin {plugin}"
        elif any(word in text(known.data.get("plugin")) for word in PLUGINS[wanted]) and not known.data.get("disabled"):
            return True, ""
    for known in release.all_of("configuration.konghq.com/KongClusterPlugin"):
        if known.labels.get("global") == "true" and any(
            word in text(known.data.get("plugin")) for word in PLUGINS[wanted]
        ):
            return True, ""
    return False, unresolved


def middlewares(entry: Object, namespace: str) -> Iterator[tuple[str, str]]:
    """Name and namespace of each Middleware of Traefik that an entry refers to."""
    for part in text(entry.annotations.get("traefik.ingress.kubernetes.io/router.middlewares")).split(","):
        full, _, kind = part.strip().partition("@")
        if kind != "kubernetescrd":
            continue
        # <namespace>-<name>, both of which may have dashes: the entry's own namespace is tried first
        own = full.startswith(f"{namespace}-")
        yield (full.removeprefix(f"{namespace}-"), namespace) if own else tuple(reversed(full.split("-", 1)))  # type: ignore[misc]
    for _, rule in mappings(entry.spec.get("routes" if entry.kind.endswith("/IngressRoute") else "rules")):
        for _, ref in mappings(rule.get("middlewares")):
            yield text(ref.get("name")), text(ref.get("namespace")) or namespace
        for _, one in mappings(rule.get("filters")):
            ref = mapping(one.get("extensionRef"))
            if one.get("type") == "ExtensionRef" and ref.get("kind") == "Middleware":
                yield text(ref.get("name")), namespace


def armored(release: Release, backend: Backend) -> bool:
    """Whether a Service of GKE has a BackendConfig with a Cloud Armor policy."""
    service = release.find("Service", backend.service, backend.namespace)
    said = text(service.annotations.get("cloud.google.com/backend-config")) if service else ""
    return any(
        f'"{config.name}"' in said and bool(deep(config.data, ("spec", "securityPolicy", "name")))
        for config in release.all_of("cloud.google.com/BackendConfig")
    )


def guarded(release: Release, backend: Backend, wanted: Protection) -> bool:
    """Whether the pods of a backend do it themselves: all of them."""
    pods = pods_behind(release, backend)
    return bool(pods) and all(_guards(release, pod, wanted) for pod in pods)


def _guards(release: Release, pod: Pod, wanted: Protection) -> bool:
    configs = [one for one in all_configs(release) if pod in one.pods]
    if wanted == "rate-limiting":
        return bool(configs) and all(limits(one) for one in configs)
    for container in pod.containers:
        image = text(container.data.get("image")).rpartition("/")[2]
        engines = [e for _, e in mappings(container.data.get("env")) if e.get("name") == "MODSEC_RULE_ENGINE"]
        if image.startswith(FIREWALL_IMAGES) and not any(
            text(e.get("value")).lower() in ("detectiononly", "off") for e in engines
        ):
            return True
    return any(
        one.name == "modsecurity" and one.args == ("on",) for config in configs for one, _ in walk(config.directives)
    )


def limits(config: Config) -> bool:
    """Whether nginx limits requests: it has a limit that counts, and passes nothing on without one."""
    found = False
    for one, above in walk(config.directives):
        blocks = [config.directives, *(level.block or () for level in above)]
        if one.name in PASSING:
            effective = next((hit for block in reversed(blocks) if (hit := named(block, "limit_req"))), [])
            if not effective:
                return False
        found = found or one.name == "limit_req"
        if one.name == "limit_req_dry_run" and one.args == ("on",):
            return False
    return found


__all__ = ["Backend", "Missing", "entries", "items", "provider", "unprotected"]
