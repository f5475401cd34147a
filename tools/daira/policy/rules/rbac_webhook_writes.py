"""Roles do not change admission webhooks and policies.

What it checks:
    No rule grants create, update, patch or delete on mutating or validating webhook configurations, or on the admission
    policies and bindings of the same API group.

Why:
    A webhook sees every object that is written, Secrets too, and a mutating one changes them; who narrows one switches
    the policy off.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [admissionregistration.k8s.io]
        resources: [mutatingwebhookconfigurations]
        verbs: [create, patch]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [admissionregistration.k8s.io]
        resources: [mutatingwebhookconfigurations]
        verbs: [get, list, watch]

Fix:
    Make webhook configurations with the chart, and let cert-manager's injector fill in the CA bundle.

Standard:
    CIS 5.1.12, trivy's KSV-0114; checkov's CKV_K8S_155 looks at ClusterRoles and lets delete be, which switches a
    check off. Names do not help: a webhook that is one's own can be pointed at everything.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.12", "checklist:rbac"),
    decides="object",
)

GROUPS = ("admissionregistration.k8s.io",)
RESOURCES = (
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
)
VERBS = ("create", "update", "patch", "delete", "deletecollection")


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule of a role that grants it."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, GROUPS, RESOURCES, VERBS)
        if given and rbac.reaches_cluster(grant, RESOURCES):
            yield grant.fail(f"grants {given}: control over what the API server admits")
