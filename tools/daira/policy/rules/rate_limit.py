"""Whatever is reachable from outside is limited in how often it answers one client.

What it checks:
    Each Ingress, HTTPRoute, IngressRoute and HTTP Service of type LoadBalancer has a rate limit in front of each
    backend: by an annotation of its controller (a table: ingress-nginx, F5, HAProxy, ...), by an attached policy,
    middleware or plugin (Traefik, Kong, Envoy Gateway, Istio, Kuadrant), or in the nginx that the Service's pods run,
    whose configuration is parsed: every location that passes requests on has a limit_req. What an unknown controller
    or a cloud's console may do is undecidable.

Why:
    Without a limit one client can guess passwords, or take the whole application down, at the price of a loop.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      ingressClassName: haproxy
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
      annotations:
        haproxy-ingress.github.io/limit-rps: "20"
    spec:
      ingressClassName: haproxy
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
    Tell the controller to limit (its annotation, policy or middleware), or let the traffic pass an nginx with
    limit_req.

Standard:
    The security checklist's item 8; OWASP API4:2023, Unrestricted Resource Consumption. No peer checks it:
    kube-linter, checkov, trivy, kubescape, polaris and kyverno know only the apiserver's EventRateLimit.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.exposure import entries
from daira.policy.facts.protection import unprotected
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("rate-limiting",),
    standards=("owasp:API4-2023", "checklist:rate-limiting"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each entry that leads to something without one."""
    for entry in entries(release):
        for missing in unprotected(release, entry, "rate-limiting"):
            yield (fail if missing.certain else undecidable)(entry, missing.path, missing.message)
