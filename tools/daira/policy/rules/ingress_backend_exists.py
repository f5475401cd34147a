"""Every backend of an Ingress is a port of a Service.

What it checks:
    Each service backend of an Ingress (rules and default, networking.k8s.io/v1 and the older spelling) names a Service
    of the same namespace and one of its ports, by name or number. Resource backends are not asked. A Service that is
    not in the input fails a chart's complete render and is undecidable elsewhere.

Why:
    The ingress controller answers 503 for a backend that is not there.

Bad:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{name: http, port: 80}]}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec: {defaultBackend: {service: {name: web, port: {number: 8080}}}}

Good:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{name: http, port: 80}]}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec: {defaultBackend: {service: {name: web, port: {name: http}}}}

Fix:
    Use the name of a Service and the name of one of its ports.

Standard:
    kube-linter's dangling-ingress, kube-score's "Ingress targets Service"; both fail also where the input is not all
    there is. The Service's port counts, not the container's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Path, Release, deep, mapping, mappings, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:ingress",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each backend that is not there."""
    for ingress in release.of("Ingress"):
        for where, backend in _backends(ingress):
            if "resource" in backend:
                continue
            service = backend.get("service")
            if isinstance(service, dict):
                name, path = text(service.get("name")), (*where, "service")
                port = deep(service, ("port", "name")) or deep(service, ("port", "number"))
            else:
                name, path, port = text(backend.get("serviceName")), where, backend.get("servicePort")
            yield from _backend(release, ingress, path, name, port)


def _backends(ingress: Object) -> Iterator[tuple[Path, dict[str, Any]]]:
    for field in ("defaultBackend", "backend"):
        backend = mapping(ingress.spec.get(field))
        if backend:
            yield ("spec", field), backend
    for number, rule in mappings(ingress.spec.get("rules")):
        for index, path in mappings(deep(rule, ("http", "paths"))):
            yield ("spec", "rules", number, "http", "paths", index, "backend"), mapping(path.get("backend"))


def _backend(release: Release, ingress: Object, where: Path, name: str, port: Any) -> Iterator[Violation]:
    if not name:
        yield fail(ingress, where, "the backend names no Service")
        return
    service = release.find("Service", name, release.namespace_of(ingress))
    if service is None:
        if release.chart:
            yield fail(ingress, where, f"there is no Service {name}")
        else:
            yield undecidable(ingress, where, f"Service {name} is not in the input: it is needed to decide")
        return
    given = int(port) if isinstance(port, str) and port.isdecimal() else port
    field = "name" if isinstance(given, str) else "port"
    if not any(one.get(field) == given for _, one in mappings(service.spec.get("ports"))) or given is None:
        yield fail(ingress, where, f"Service {name} has no port {port}")
