"""Every webhook and aggregated API is called with TLS that is checked.

What it checks:
    Each webhook of a ValidatingWebhookConfiguration or MutatingWebhookConfiguration, and a CustomResourceDefinition's
    conversion webhook, has a caBundle, or an annotation that has one injected (cert-manager, OpenShift); its url, if
    any, is https. An APIService with a service has a caBundle or injection and no insecureSkipTLSVerify. Without
    either it is undecidable: a job of the chart may write it, or the system's roots may do.

Why:
    The apiserver refuses to call a webhook it can't trust, and then every create fails; and whoever answers in its
    place sees and changes all objects.

Bad:
    apiVersion: apiregistration.k8s.io/v1
    kind: APIService
    metadata:
      name: v1beta1.metrics.k8s.io
    spec:
      insecureSkipTLSVerify: true
      service:
        name: metrics-server
        namespace: kube-system

Good:
    apiVersion: apiregistration.k8s.io/v1
    kind: APIService
    metadata:
      name: v1beta1.metrics.k8s.io
      annotations:
        cert-manager.io/inject-ca-from: kube-system/metrics-server
    spec:
      service:
        name: metrics-server
        namespace: kube-system

Fix:
    Add the annotation cert-manager.io/inject-ca-from, or the caBundle.

Standard:
    Kubernetes' documentation of admission webhooks and of the aggregation layer. No peer looks at them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Path, Release, deep, mapping, mappings, text

RULE = Rule(
    severity="error",
    groups=("tls",),
    standards=("kubernetes:reference/access-authn-authz/extensible-admission-controllers", "checklist:tls"),
    decides="object",
)

CONVERSION: Path = ("spec", "conversion", "webhook", "clientConfig")
INJECTED = ("cert-manager.io/inject-", "certmanager.k8s.io/inject-", "service.beta.openshift.io/inject-cabundle")


def check(release: Release) -> Iterator[Violation]:
    """Yield each that is called without trust."""
    for item in release.of("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for index, webhook in mappings(item.data.get("webhooks")):
            yield from _client(item, ("webhooks", index, "clientConfig"), mapping(webhook.get("clientConfig")))
    for item in release.of("CustomResourceDefinition"):
        if deep(item.data, ("spec", "conversion", "strategy")) == "Webhook":
            yield from _client(item, CONVERSION, mapping(deep(item.data, CONVERSION)))
    for item in release.of("APIService"):
        if item.spec.get("insecureSkipTLSVerify") is True:
            at = ("spec", "insecureSkipTLSVerify")
            yield fail(item, at, "insecureSkipTLSVerify lets anyone answer in the place of this API")
        elif item.spec.get("service"):
            yield from _client(item, ("spec",), item.spec)


def _client(item: Object, at: Path, config: dict[str, Any]) -> Iterator[Violation]:
    url = text(config.get("url"))
    if url and not url.startswith("https://"):
        yield fail(item, (*at, "url"), f"the apiserver calls webhooks by https only, not {url.partition(':')[0]}")
    elif not config.get("caBundle") and not any(
        isinstance(k, str) and k.startswith(INJECTED) for k in item.annotations
    ):
        needed = "no caBundle and no annotation that injects one: needed is who writes it into the live object"
        yield undecidable(item, (*at, "caBundle"), needed)
