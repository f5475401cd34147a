"""Every host of an Ingress is served with TLS.

What it checks:
    Each rule's host is in some tls entry's hosts: exactly, or by a wildcard for one label (*.example.com covers
    a.example.com, not a.b.example.com nor example.com). A tls entry without hosts covers the hosts of its
    certificate: with exactly one such entry the rules are let be. A rule without a host needs such an entry too.
    Where the controller takes certificates by annotation (AWS, GKE, Azure) or by a Traefik router option, that
    counts.

Why:
    What is not covered is served in the clear, or with the controller's own certificate, which no browser trusts.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      ingressClassName: traefik
      tls:
        - hosts: [example.com]
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
    List the host in spec.tls[].hosts, with the Secret of a certificate for it.

Standard:
    Kubernetes' documentation of Ingress TLS and its rule for wildcard hosts. Polaris' tlsSettingsMissing and
    kubescape ask only that there is some tls; kyverno's ingress-host-match-tls compares names without wildcards.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.exposure import provider
from daira.policy.facts.hosts import covers
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Object, Release, items, mappings, text

RULE = Rule(
    severity="error",
    groups=("tls",),
    standards=("kubernetes:concepts/services-networking/ingress", "nsa:C-0263", "checklist:tls"),
    decides="object",
)

ROUTER = "traefik.ingress.kubernetes.io/router.tls"


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule whose host has no TLS."""
    for item in release.of("Ingress"):
        entries = [entry for _, entry in mappings(item.spec.get("tls"))]
        hosts = [text(host) for entry in entries for host in items(entry.get("hosts"))]
        if any(not items(entry.get("hosts")) for entry in entries) or _elsewhere(release, item):
            continue
        rules = list(mappings(item.spec.get("rules")))
        if not rules and not entries and item.spec.get("defaultBackend"):
            yield fail(item, ("spec", "tls"), "this Ingress has no tls: everything is served in the clear")
        for index, rule in rules:
            host = text(rule.get("host"))
            if not host and not entries:
                yield fail(item, ("spec", "rules", index), "this rule is for every host and the Ingress has no tls")
            elif host and not any(covers(pattern, host) for pattern in hosts):
                yield fail(item, ("spec", "rules", index, "host"), f"no tls entry covers the host {host}")


def _elsewhere(release: Release, item: Object) -> bool:
    known = provider(release, item)
    if item.annotations.get(ROUTER) in ("true", True):
        return True
    return known is not None and any(item.annotations.get(name) for name in known.certificates)
