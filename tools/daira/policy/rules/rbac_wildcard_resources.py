"""Roles name the resources they grant.

What it checks:
    No rule has the resource "*", a wildcard subresource such as "*/scale", or the URL "*".

Why:
    A wildcard takes in Secrets, roles, and every custom resource that is installed later.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [apps]
        resources: ["*"]
        verbs: [get]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [apps]
        resources: [deployments, statefulsets]
        verbs: [get]

Fix:
    List the resources that are used.

Standard:
    CIS 5.1.3; checkov's CKV_K8S_49, kube-linter's wildcard-in-rules, trivy's KSV-0046 and KSV-0112. None of them looks
    at subresources and URLs. A URL that ends in * (/metrics/*) names something and is let be.
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
    """Yield each resource or URL that is a wildcard."""
    for grant in rbac.grants(release):
        for index, name in enumerate(items(grant.rule.get("resources"))):
            if name == "*":
                yield grant.fail("grants every resource (*)", "resources", index)
            elif isinstance(name, str) and name.startswith("*/"):
                yield grant.fail(f"grants a subresource of every resource ({name})", "resources", index)
        for index, name in enumerate(items(grant.rule.get("nonResourceURLs"))):
            if name in ("*", "/*"):
                yield grant.fail(f"grants every URL of the API server ({name})", "nonResourceURLs", index)
