"""API tokens are mounted only where they are used.

What it checks:
    A pod gets the token of its ServiceAccount only where that account has a binding in the input, or the pod asks for a
    projected token of its own. What counts is the pod's automountServiceAccountToken, else the ServiceAccount's, else
    true.

Why:
    A token in every container is the first thing a break-in finds, and who needs none has no use for it.

Bad:
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: worker, namespace: shop}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {serviceAccountName: worker, containers: [{name: a, image: a}]}

Good:
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: worker, namespace: shop}
    automountServiceAccountToken: false
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {serviceAccountName: worker, containers: [{name: a, image: a}]}

Fix:
    Set automountServiceAccountToken: false on the pod or its ServiceAccount.

Standard:
    CIS 5.1.6, NSA/CISA C-0034. checkov's CKV_K8S_38 asks for false on every pod, used or not, and does not look at the
    ServiceAccount; so does kubescape for either. Rights may be given elsewhere: an explicit true, or an account that is
    not in the input, is undecidable outside of a chart.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Pod, Release, mapping, mappings

RULE = Rule(
    severity="warning",
    groups=("rbac",),
    standards=("cis:5.1.6", "nsa:C-0034", "checklist:rbac"),
    decides="release",
)

FIELD = ("automountServiceAccountToken",)


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod that gets a token which nothing in the input gives a right to."""
    for pod in release.pods:
        mounted = rbac.mounts_token(release, pod)
        if mounted is False or _asks(pod):
            continue
        name, namespace = rbac.account_of(pod), release.namespace_of(pod)
        bound = rbac.bound_accounts(release)
        if (namespace, name) in bound or (namespace, "*") in bound:
            continue
        if mounted is None and not release.chart:
            what = f"ServiceAccount {name} is not in the input: give its manifest, and those of its bindings"
            yield undecidable(pod, FIELD, what)
        elif pod.spec.get(FIELD[0]) is True and not release.chart:
            yield undecidable(pod, FIELD, f"mounts the token of {name}: give the bindings that say what it is for")
        else:
            yield fail(pod, FIELD, f"mounts the token of ServiceAccount {name}, which no binding gives a right")


def _asks(pod: Pod) -> bool:
    for _, volume in mappings(pod.spec.get("volumes")):
        for _, source in mappings(mapping(volume.get("projected")).get("sources")):
            if "serviceAccountToken" in source:
                return True
    return False
