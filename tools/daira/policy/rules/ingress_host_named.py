"""Every rule of an Ingress is for a host that is named.

What it checks:
    Each rule has a host, and it is no wildcard. A default backend alone is the same as no host.

Why:
    A rule for every host takes requests that another application's Ingress should have, and no certificate fits it.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      ingressClassName: traefik
      tls:
        - hosts: ["*.example.com"]
          secretName: web-tls
      rules:
        - host: "*.example.com"
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
      ingressClassName: traefik
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
    Name the host.

Standard:
    Gatekeeper's block-wildcard-ingress, kyverno's disallow-empty-ingress-host and restrict-ingress-wildcard. Where
    one is wanted, as for tenants' subdomains, it is to be exempted with that reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings, text

RULE = Rule(
    severity="warning",
    groups=("tls",),
    standards=("gatekeeper:block-wildcard-ingress", "checklist:tls"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule for more than one host."""
    for item in release.of("Ingress"):
        rules = list(mappings(item.spec.get("rules")))
        for index, rule in rules:
            host = text(rule.get("host"))
            if not host:
                yield fail(item, ("spec", "rules", index, "host"), "this rule is for every host")
            elif "*" in host:
                yield fail(item, ("spec", "rules", index, "host"), f"this rule is for every host of {host}")
        if not rules and item.spec.get("defaultBackend"):
            yield fail(item, ("spec", "defaultBackend"), "the default backend is for every host")
