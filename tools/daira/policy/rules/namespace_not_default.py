"""Nothing is put into the namespace `default`.

What it checks:
    No namespaced object of Kubernetes' own kinds says namespace default, or, outside of a chart, none at all: then it
    goes where the client happens to point. A chart's objects go where `helm install -n` says.

Why:
    Policies, quotas and access rights are given to a namespace; in `default` everybody's things lie together.

Bad:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}}

Good:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}}

Fix:
    Give the object a namespace of its application.

Standard:
    CIS 5.7.4; kube-linter's use-namespace, checkov's CKV_K8S_21. They ask a chart's objects for a namespace too.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("hygiene",),
    standards=("cis:5.7.4", "nsa:C-0061"),
    decides="object",
)
NAMESPACED = (
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "Service",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "PersistentVolumeClaim",
    "Ingress",
    "NetworkPolicy",
    "Role",
    "RoleBinding",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each object that lands in the default namespace."""
    for owner in release.of(*NAMESPACED):
        # the API's own Service and its ConfigMap are made there by Kubernetes
        if owner.name in ("kubernetes", "kube-root-ca.crt"):
            continue
        if owner.namespace == "default":
            yield fail(owner, ("metadata", "namespace"), "the namespace is default")
        elif not owner.namespace and not release.chart:
            yield fail(owner, ("metadata", "namespace"), "no namespace is given: it is default unless the client says")
