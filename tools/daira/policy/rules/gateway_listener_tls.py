"""Every listener of a Gateway that speaks TLS has a certificate.

What it checks:
    Listeners of a Gateway with protocol HTTPS, and TLS ones with mode Terminate, have certificateRefs (or, of a
    cloud's implementation, tls.options); HTTPS listeners do not pass TLS through; an HTTP listener has no tls; a
    listener on port 443 is not HTTP. A certificate in another namespace needs a ReferenceGrant there; one that is not
    in the input is undecidable, unless cert-manager's annotation makes it.

Why:
    The listener is not programmed, and its routes are reachable by no one, or only in the clear.

Bad:
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata:
      name: public
    spec:
      gatewayClassName: eg
      listeners:
        - name: https
          port: 443
          protocol: HTTPS

Good:
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata:
      name: public
      annotations:
        cert-manager.io/cluster-issuer: letsencrypt
    spec:
      gatewayClassName: eg
      listeners:
        - name: https
          port: 443
          protocol: HTTPS
          tls:
            mode: Terminate
            certificateRefs:
              - name: web-tls

Fix:
    Give the listener tls.certificateRefs, and a ReferenceGrant where the Secret is in another namespace.

Standard:
    Gateway API, TLS configuration and ReferenceGrant. No peer reads Gateways.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.hosts import granted, missing_secret
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Path, Release, items, mapping, mappings, text

RULE = Rule(
    severity="error",
    groups=("tls",),
    standards=("gateway-api:guides/tls", "checklist:tls"),
    decides="release",
)

GATEWAY = "gateway.networking.k8s.io/Gateway"


def check(release: Release) -> Iterator[Violation]:
    """Yield each listener whose TLS does not work."""
    for item in release.of(GATEWAY):
        for index, listener in mappings(item.spec.get("listeners")):
            yield from _listener(release, item, ("spec", "listeners", index), listener)


def _listener(release: Release, item: Object, at: Path, listener: dict[str, object]) -> Iterator[Violation]:
    protocol, tls, name = listener.get("protocol"), mapping(listener.get("tls")), text(listener.get("name"))
    mode = tls.get("mode", "Terminate")
    if protocol == "HTTP" and (tls or listener.get("port") == 443):
        yield fail(item, (*at, "protocol"), f"the listener {name} speaks plain HTTP, though it has tls or port 443")
    if protocol == "HTTPS" and mode == "Passthrough":
        yield fail(item, (*at, "tls", "mode"), f"the listener {name} is HTTPS, which can't pass TLS through")
        return
    if protocol not in ("HTTPS", "TLS") or mode == "Passthrough":
        return
    if not items(tls.get("certificateRefs")) and not tls.get("options"):
        yield fail(item, (*at, "tls", "certificateRefs"), f"the listener {name} has no certificate")
    made = any(isinstance(key, str) and key.startswith("cert-manager.io/") for key in item.annotations)
    for index, ref in mappings(tls.get("certificateRefs")):
        if ref.get("kind", "Secret") != "Secret":
            continue
        own = release.namespace_of(item)
        namespace, secret, where = (
            text(ref.get("namespace")) or own,
            text(ref.get("name")),
            (*at, "tls", "certificateRefs", index),
        )
        if namespace != own and not granted(
            release, ("gateway.networking.k8s.io", "Gateway", own), ("", "Secret", secret), namespace
        ):
            needed = f"the certificate {namespace}/{secret} is in another namespace: needed is a ReferenceGrant there"
            yield undecidable(item, where, needed)
        wrong, certain = missing_secret(release, secret, namespace)
        if wrong and (certain or not made):
            yield (fail if certain else undecidable)(item, where, wrong)
