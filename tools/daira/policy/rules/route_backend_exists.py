"""Every backend of a Gateway API route is a port of a Service.

What it checks:
    Each backendRef of an HTTPRoute, GRPCRoute, TLSRoute, TCPRoute or UDPRoute that is a Service names one of its
    namespace, and one of its ports by number. A Service that is not in the input fails a chart's complete render and is
    undecidable elsewhere, and so is one of another namespace.

Why:
    The gateway answers 500 for a backend that is not there.

Bad:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec: {rules: [{backendRefs: [{name: web, port: 8080}]}]}

Good:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec: {rules: [{backendRefs: [{name: web, port: 80}]}]}

Fix:
    Use the name of a Service and the number of one of its ports.

Standard:
    The Gateway API's ResolvedRefs condition. No peer looks at routes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Path, Release, mappings, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:gateway",),
    decides="release",
)
ROUTES = [f"gateway.networking.k8s.io/{kind}Route" for kind in ("HTTP", "GRPC", "TLS", "TCP", "UDP")]


def check(release: Release) -> Iterator[Violation]:
    """Yield each backend that is not there."""
    for route in release.of(*ROUTES):
        for number, rule in mappings(route.spec.get("rules")):
            for index, reference in mappings(rule.get("backendRefs")):
                if reference.get("kind") in (None, "Service") and not reference.get("group"):
                    where = ("spec", "rules", number, "backendRefs", index)
                    yield from _backend(release, route, where, reference)


def _backend(release: Release, route: Object, where: Path, reference: dict[str, Any]) -> Iterator[Violation]:
    name, namespace = text(reference.get("name")), text(reference.get("namespace"))
    service = release.find("Service", name, namespace or release.namespace_of(route))
    if service is None:
        if release.chart and namespace in ("", release.namespace_of(route)):
            yield fail(route, where, f"there is no Service {name}")
        else:
            yield undecidable(route, where, f"Service {name} is not in the input: it is needed to decide")
    elif not any(port.get("port") == reference.get("port") for _, port in mappings(service.spec.get("ports"))):
        yield fail(route, (*where, "port"), f"Service {name} has no port {reference.get('port')}")
