"""Every pod is selected by a policy for what comes in.

What it checks:
    A NetworkPolicy of the pod's namespace selects it and isolates ingress; policyTypes is inferred as the API server
    does (always Ingress when it is absent). Policies of Cilium and Calico count when their selectors can be read, else
    the pod is undecidable; so is a pod with hostNetwork, to which policies do not apply.

Why:
    A pod that no policy selects takes connections from every pod of the cluster.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: [{name: a, image: a}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: other}}
      policyTypes: [Egress]

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: [{name: a, image: a}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: rules, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]

Fix:
    Write a NetworkPolicy with policyTypes [Ingress] whose podSelector selects the pod.

Standard:
    NSA/CISA C-0030, C-0260, CIS 5.3.2. kube-score's pod-networkpolicy and polaris's missingNetworkPolicy want both
    directions at once, here each is a rule; kube-linter's non-isolated-pod and checkov's CKV2_K8S_6 are content with
    any policy; none of them infers policyTypes or reads other plugins' selectors exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import isolation
from daira.policy.rule import Rule, Violation, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("network-policies",),
    standards=("nsa:C-0030", "nsa:C-0260", "cis:5.3.2", "checklist:network-policies"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod whose ingress is open."""
    cover = isolation.cover(release)
    for pod in release.pods:
        if isolation.on_host(pod):
            yield undecidable(
                pod, ("hostNetwork",), "a NetworkPolicy does not apply to the node's network: see its firewall"
            )
        elif cover.has("Ingress", pod, release.namespace_of(pod)):
            continue
        elif pod.object in cover.perhaps["Ingress"]:
            what = "only a network plugin's policy may select it, by what is not in the input: ask the plugin"
            yield Violation(pod.object, (*pod.metadata_path, "labels"), what, "undecidable")
        else:
            yield Violation(pod.object, (*pod.metadata_path, "labels"), "no NetworkPolicy isolates its ingress")
