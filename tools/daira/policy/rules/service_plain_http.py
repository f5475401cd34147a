"""No Service answers plain HTTP outside of the cluster.

What it checks:
    The ports of Services of type LoadBalancer and NodePort that speak HTTP (by appProtocol, name, or number 80, 3000,
    8000, 8080) and not HTTPS. A LoadBalancer of AWS whose annotation names a certificate ends TLS itself, and one
    that its annotations make internal is let be; the Service of an ingress controller has an https port beside it.

Why:
    Everything on the way reads and changes what is sent, passwords and cookies first.

Bad:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
    spec:
      type: LoadBalancer
      ports:
        - name: http
          port: 80

Good:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
    spec:
      type: ClusterIP
      ports:
        - name: http
          port: 80

Fix:
    Make the Service a ClusterIP behind an Ingress or a Gateway with TLS.

Standard:
    NSA/CISA Kubernetes Hardening Guide, "Network separation". Polaris and kubescape warn of any NodePort whatever it
    speaks.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.exposure import is_http
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings, text

RULE = Rule(
    severity="warning",
    groups=("tls",),
    standards=("nsa:C-0021", "checklist:tls"),
    decides="object",
)

CERTIFICATE = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"
INTERNAL = (
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "networking.gke.io/load-balancer-type",
    "cloud.google.com/load-balancer-type",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each port that is open in the clear."""
    for item in release.of("Service"):
        kind = item.spec.get("type")
        if kind not in ("LoadBalancer", "NodePort") or item.annotations.get(CERTIFICATE):
            continue
        if any(text(item.annotations.get(name)).lower() in ("true", "internal") for name in INTERNAL):
            continue
        ports = list(mappings(item.spec.get("ports")))
        if any(
            _said(port).startswith("https") or _said(port) == "websecure" or port.get("port") == 443
            for _, port in ports
        ):
            continue
        for index, port in ports:
            if is_http(port) and port.get("port") != 8443:
                yield fail(
                    item, ("spec", "ports", index), f"port {port.get('port')} speaks plain HTTP outside of the cluster"
                )


def _said(port: dict[str, object]) -> str:
    return text(port.get("appProtocol")).lower() or text(port.get("name")).lower()
