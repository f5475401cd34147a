"""Roles name the API groups they grant.

What it checks:
    No rule has the API group "*".

Why:
    The same resource name in another group is another thing; a group that is installed later is granted unseen.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: ["*"]
        resources: [deployments]
        verbs: [get]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [apps]
        resources: [deployments]
        verbs: [get]

Fix:
    List the API groups; the core group is the empty string.

Standard:
    CIS 5.1.3 speaks of wildcards in general; checkov's CKV_K8S_49 fails this too, kube-linter's wildcard-in-rules does
    not.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release, items

RULE = Rule(
    severity="warning",
    groups=("rbac",),
    standards=("cis:5.1.3", "checklist:rbac"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each API group that is a wildcard."""
    for grant in rbac.grants(release):
        for index, name in enumerate(items(grant.rule.get("apiGroups"))):
            if name == "*":
                yield grant.fail("grants in every API group (*)", "apiGroups", index)
