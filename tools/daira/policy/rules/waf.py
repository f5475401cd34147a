"""Whatever is reachable from outside has a web application firewall in front of it.

What it checks:
    Each Ingress, HTTPRoute, IngressRoute and HTTP Service of type LoadBalancer has one in front of each backend: by
    an annotation of its controller (ModSecurity, App Protect, AWS WAF, Azure), by an attached policy, middleware or
    plugin (Coraza for Traefik, Envoy Gateway, Istio and Kong; Cloud Armor), or in the pods of the Service (an image
    of ModSecurity or Coraza, an nginx with modsecurity on). What an unknown controller or a cloud's console may do is
    undecidable. Whether the firewall blocks is the rule modsecurity-engine's.

Why:
    It stops the attacks that are tried against everyone, while the hole they aim at is not yet known or not yet
    closed.

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
        haproxy-ingress.github.io/waf: modsecurity
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
    Switch the controller's firewall on, or put the image of the OWASP Core Rule Set in front of the application.

Standard:
    The security checklist's item 9; OWASP Core Rule Set. No peer checks it; the nearest are their rules against
    snippet annotations (CVE-2021-25742).
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.exposure import entries
from daira.policy.facts.protection import unprotected
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("waf",),
    standards=("owasp:crs", "checklist:waf"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each entry that leads to something without one."""
    for entry in entries(release):
        for missing in unprotected(release, entry, "waf"):
            yield (fail if missing.certain else undecidable)(entry, missing.path, missing.message)
