"""Roles name the verbs they grant.

What it checks:
    No rule of a Role or ClusterRole has the verb "*".

Why:
    A wildcard grants what is there today and what comes tomorrow: deletecollection, impersonate, escalate, and the
    verbs of the next version.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [apps]
        resources: [deployments]
        verbs: ["*"]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [apps]
        resources: [deployments]
        verbs: [get, list, watch]

Fix:
    List the verbs that are used.

Standard:
    CIS 5.1.3. As kube-linter's wildcard-in-rules and checkov's CKV_K8S_49; trivy's KSV-0045 asks only about some
    resources. Rules of aggregated ClusterRoles, which the controller overwrites, are not judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release, items

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.3", "checklist:rbac"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each verb that is a wildcard."""
    for grant in rbac.grants(release):
        for index, verb in enumerate(items(grant.rule.get("verbs"))):
            if verb == "*":
                yield grant.fail("grants every verb (*)", "verbs", index)
