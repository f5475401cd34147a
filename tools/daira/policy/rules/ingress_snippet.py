"""No annotation of an Ingress writes into the controller's own configuration.

What it checks:
    Ingresses have none of the snippet annotations of ingress-nginx, F5's nginx or HAProxy (configuration-snippet,
    server-snippet, auth-snippet, stream-snippet, location-snippets, config-backend, ...). modsecurity-snippet is one of
    them too, but where it holds nothing but Sec directives and Includes it is let be. Annotations that ingress-nginx
    copies into its configuration (auth-url, auth-tls-match-cn, mirror-target, mirror-host) hold no line end or brace.

Why:
    Whoever may write an Ingress then reads every Secret of the cluster through the controller (CVE-2021-25742).

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      annotations:
        nginx.ingress.kubernetes.io/configuration-snippet: |
          add_header X-Frame-Options DENY;
    spec:
      ingressClassName: nginx
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
    Use the annotation, policy or middleware that the controller has for it.

Standard:
    CVE-2021-25742; checkov's CKV_K8S_152 to 154 look for Lua, alias and any snippet of ingress-nginx alone;
    trivy's KCV-0093 for the copied annotations alone (CVE-2025-1097, CVE-2025-1098, CVE-2025-24514).
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, text

RULE = Rule(
    severity="error",
    groups=("waf",),
    standards=("cve:2021-25742", "nsa:C-0059", "checklist:waf"),
    decides="object",
)

PREFIXES = ("nginx.ingress.kubernetes.io/", "nginx.org/", "haproxy-ingress.github.io/", "haproxy.org/")
COPIED = ("auth-url", "auth-tls-match-cn", "mirror-target", "mirror-host")
HARMLESS = ("Sec", "Include", "#")


def check(release: Release) -> Iterator[Violation]:
    """Yield each snippet."""
    for item in release.of("Ingress"):
        for key, value in item.annotations.items():
            if not isinstance(key, str) or not key.startswith(PREFIXES):
                continue
            name = key.partition("/")[2]
            if name in COPIED and not {*text(value)}.isdisjoint("\r\n{}|`"):
                yield fail(item, ("metadata", "annotations", key), f"{key} has characters that end nginx's directive")
            if not name.endswith(("-snippet", "-snippets")) and not name.startswith(
                ("config-", "backend-config-snippet")
            ):
                continue
            lines = [line.strip() for line in text(value).splitlines() if line.strip()]
            if name == "modsecurity-snippet" and all(line.startswith(HARMLESS) for line in lines):
                continue
            yield fail(
                item,
                ("metadata", "annotations", key),
                f"the annotation {key} writes into the controller's own configuration",
            )
