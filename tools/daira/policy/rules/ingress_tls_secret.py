"""Every tls entry names a certificate that is there.

What it checks:
    Each entry of an Ingress' tls has a secretName; without one the controller serves its default certificate, of
    which the input says nothing (undecidable). The Secret, if it is in the input, is of type kubernetes.io/tls with
    tls.crt and tls.key; else a Certificate, or an annotation of cert-manager or Gardener makes it. Otherwise it is
    undecidable.

Why:
    Without the Secret most controllers serve a self-signed certificate, and browsers refuse the site.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      ingressClassName: traefik
      tls:
        - hosts: [www.example.com]
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
        cert-manager.io/cluster-issuer: letsencrypt
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
    Set secretName, and let cert-manager make the Secret (annotation cert-manager.io/cluster-issuer) or add it.

Standard:
    Kubernetes' documentation of Ingress TLS and of Secrets of type kubernetes.io/tls. No peer follows the reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.hosts import missing_secret
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release, mappings, text

RULE = Rule(
    severity="warning",
    groups=("tls",),
    standards=("kubernetes:concepts/services-networking/ingress", "checklist:tls"),
    decides="release",
)

MAKERS = ("cert-manager.io/", "certmanager.k8s.io/", "cert.gardener.cloud/", "kubernetes.io/tls-acme")


def check(release: Release) -> Iterator[Violation]:
    """Yield each entry whose certificate is not known to be there."""
    for item in release.of("Ingress"):
        made = any(isinstance(key, str) and key.startswith(MAKERS) for key in item.annotations)
        for index, entry in mappings(item.spec.get("tls")):
            at = ("spec", "tls", index, "secretName")
            name = text(entry.get("secretName"))
            if not name:
                needed = "no secretName: needed is the controller's default certificate, which is not in the input"
                yield undecidable(item, at, needed)
                continue
            wrong, certain = missing_secret(release, name, release.namespace_of(item))
            if wrong and (certain or not made):
                yield (fail if certain else undecidable)(item, at, wrong)
