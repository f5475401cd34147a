"""Every HTTPRoute that answers is attached to a listener with TLS.

What it checks:
    Of the listeners an HTTPRoute or GRPCRoute attaches to (all of the parent Gateway's, or the one its sectionName or
    port names), those that speak plain HTTP serve it only if each of its rules is a RequestRedirect to https. A
    parent that is not in the input is undecidable; a parent Service (a mesh) is not asked.

Why:
    A route without sectionName is served by every listener, so the HTTP one beside the HTTPS one answers in the
    clear.

Bad:
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: web
    spec:
      parentRefs:
        - name: public
      rules:
        - backendRefs:
            - name: web
              port: 80
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata:
      name: public
    spec:
      gatewayClassName: eg
      listeners:
        - name: web
          port: 80
          protocol: HTTP

Good:
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: web
    spec:
      parentRefs:
        - name: public
      rules:
        - backendRefs:
            - name: web
              port: 80
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata:
      name: public
    spec:
      gatewayClassName: eg
      listeners:
        - name: web
          port: 443
          protocol: HTTPS

Fix:
    Name the HTTPS listener in parentRefs[].sectionName, and give the HTTP one a route that redirects.

Standard:
    Gateway API, HTTP redirects and TLS configuration. No peer reads routes.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Release, mapping, mappings, text

RULE = Rule(
    severity="error",
    groups=("tls",),
    standards=("gateway-api:guides/http-redirect-rewrite", "checklist:tls"),
    decides="release",
)

GROUP = "gateway.networking.k8s.io"


def check(release: Release) -> Iterator[Violation]:
    """Yield each parent by which a route answers in the clear."""
    for route in release.of(f"{GROUP}/HTTPRoute", f"{GROUP}/GRPCRoute"):
        if _redirects(route):
            continue
        for index, ref in mappings(route.spec.get("parentRefs")):
            at = ("spec", "parentRefs", index)
            if ref.get("kind", "Gateway") != "Gateway" or ref.get("group", GROUP) != GROUP:
                continue
            namespace, name = text(ref.get("namespace")) or release.namespace_of(route), text(ref.get("name"))
            gateway = release.find(f"{GROUP}/Gateway", name, namespace)
            if gateway is None:
                yield undecidable(
                    route, at, f"whether this is served with TLS: needed is the Gateway {namespace}/{name}"
                )
                continue
            for _, listener in mappings(gateway.spec.get("listeners")):
                wanted = ref.get("sectionName", listener.get("name")) == listener.get("name")
                wanted = wanted and ref.get("port", listener.get("port")) == listener.get("port")
                if wanted and listener.get("protocol") == "HTTP":
                    served = text(listener.get("name"))
                    yield fail(route, at, f"the listener {served} of the Gateway {name} serves this in the clear")


def _redirects(route: Object) -> bool:
    rules = [rule for _, rule in mappings(route.spec.get("rules"))]
    return bool(rules) and all(
        any(mapping(one.get("requestRedirect")).get("scheme") == "https" for _, one in mappings(rule.get("filters")))
        for rule in rules
    )
