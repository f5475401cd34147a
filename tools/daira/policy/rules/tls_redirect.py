"""Whoever comes by HTTP is sent to HTTPS.

What it checks:
    Each Ingress with tls is redirected: by its controller's habit (ingress-nginx, F5, HAProxy, Cilium, unless an
    annotation stops it), by an annotation, by a Middleware of Traefik with redirectScheme, by a FrontendConfig of GKE.
    A plain HTTP server of an Istio Gateway has httpsRedirect. An unknown controller, or Traefik's static configuration,
    is undecidable. Routes of the Gateway API are the rule route-tls's.

Why:
    The first request of whoever types the name goes in the clear, and so does its cookie.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      annotations:
        nginx.ingress.kubernetes.io/ssl-redirect: "false"
    spec:
      ingressClassName: nginx
      tls:
        - hosts: [www.example.com]
          secretName: web-tls
      rules:
        - host: www.example.com
          http:
            paths:
              - path: /
                pathType: Prefix
                backend:
                  service:
                    name: web
                    port:
                      name: http

Good:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      ingressClassName: nginx
      tls:
        - hosts: [www.example.com]
          secretName: web-tls
      rules:
        - host: www.example.com
          http:
            paths:
              - path: /
                pathType: Prefix
                backend:
                  service:
                    name: web
                    port:
                      name: http

Fix:
    Take the annotation that stops the redirect away, or add the one (or the Middleware, or the filter) that makes it.

Standard:
    OWASP Transport Layer Security Cheat Sheet. Gatekeeper's httpsonly and kyverno's require-ingress-https ask for the
    annotation kubernetes.io/ingress.allow-http: "false", which only GKE's controller reads.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.exposure import answers, middlewares, provider
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Release, deep, mapping, mappings, text

RULE = Rule(
    severity="warning",
    groups=("tls",),
    standards=("owasp:transport-layer-security", "checklist:tls"),
    decides="release",
)

REDIRECT = ("spec", "redirectScheme", "scheme")


def check(release: Release) -> Iterator[Violation]:
    """Yield each entry that also answers in the clear."""
    for item in release.of("Ingress"):
        if item.spec.get("tls"):
            yield from _ingress(release, item)
    for item in release.of("networking.istio.io/Gateway"):
        for index, server in mappings(item.spec.get("servers")):
            plain = text(mapping(server.get("port")).get("protocol")).upper() in ("HTTP", "HTTP2")
            if plain and deep(server, ("tls", "httpsRedirect")) is not True:
                at = ("spec", "servers", index, "tls", "httpsRedirect")
                yield fail(item, at, "this server speaks plain HTTP and does not redirect to HTTPS")


def _ingress(release: Release, item: Object) -> Iterator[Violation]:
    known = provider(release, item)
    if known is None:
        needed = "whether HTTP is sent to HTTPS: needed is which controller serves this (its class is not known)"
        yield undecidable(item, ("spec", "ingressClassName"), needed)
        return
    if answers(item, known.redirect) or _middleware(release, item) or _frontend(release, item):
        return
    stopped = answers(item, known.keep)
    if known.redirects and not stopped:
        return
    if known.redirects is None:
        needed = (
            f"whether HTTP is sent to HTTPS: needed is {known.name}'s own configuration, or a Middleware that does it"
        )
        yield undecidable(item, ("metadata", "annotations"), needed)
        return
    why = "an annotation stops the redirect" if stopped else f"{known.name} redirects only when it is told to"
    yield fail(item, ("metadata", "annotations"), f"HTTP is not sent to HTTPS: {why}")


def _middleware(release: Release, item: Object) -> bool:
    for name, namespace in middlewares(item, release.namespace_of(item)):
        for kind in ("traefik.io/Middleware", "traefik.containo.us/Middleware"):
            found = release.find(kind, name, namespace)
            if found and deep(found.data, REDIRECT) == "https":
                return True
    return False


def _frontend(release: Release, item: Object) -> bool:
    name = text(item.annotations.get("networking.gke.io/v1beta1.FrontendConfig"))
    found = release.find("networking.gke.io/FrontendConfig", name, release.namespace_of(item)) if name else None
    return found is not None and deep(found.data, ("spec", "redirectToHttps", "enabled")) is True
