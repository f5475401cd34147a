"""Every host of a tls entry is a host of a rule.

What it checks:
    Each host in an Ingress' tls has a rule with that host, one that a wildcard of either side covers, or a rule or
    default backend without a host.

Why:
    Most often it is a misspelt name: the real host then has no certificate. And cert-manager asks for it in vain.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      ingressClassName: traefik
      tls:
        - hosts: [www.example.com, wwww.example.com]
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
    Take the host out of tls, or give it a rule.

Standard:
    Kubernetes' API: "if the host in the IngressRule does not match, the certificate's is used". Kyverno's
    ingress-host-match-tls compares the other way only.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.hosts import covers
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, items, mappings, text

RULE = Rule(
    severity="warning",
    groups=("tls",),
    standards=("kubernetes:concepts/services-networking/ingress", "checklist:tls"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each certificate's host that nothing is served for."""
    for item in release.of("Ingress"):
        rules = [text(rule.get("host")) for _, rule in mappings(item.spec.get("rules"))]
        if not rules or "" in rules or item.spec.get("defaultBackend"):
            continue
        for index, entry in mappings(item.spec.get("tls")):
            for number, host in enumerate(items(entry.get("hosts"))):
                if isinstance(host, str) and not any(covers(host, rule) or covers(rule, host) for rule in rules):
                    yield fail(item, ("spec", "tls", index, "hosts", number), f"no rule is for the host {host}")
