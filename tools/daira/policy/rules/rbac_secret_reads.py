"""Roles read no Secrets but those they name.

What it checks:
    No rule of a Role or ClusterRole grants get, list or watch on secrets (wildcards count), unless resourceNames
    narrows it to Secrets by name.

Why:
    Who lists Secrets holds every password of the namespace, and the tokens of every ServiceAccount with a Secret.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [secrets]
        verbs: [list]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [secrets]
        resourceNames: [shop-mail]
        verbs: [get]

Fix:
    Name the Secrets in resourceNames with the verb get, or mount them into the pod and take the rule away.

Standard:
    CIS 5.1.2, which is about reading. trivy's KSV-0041 and KSV-0113 and kube-linter's access-to-secrets also fail
    create and delete, and do not look at resourceNames; kube-linter speaks up at the binding and only for roles that
    are bound, here the role itself is judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.2", "nsa:C-0015", "checklist:rbac"),
    decides="object",
)

GROUPS = ("",)
RESOURCES = ("secrets",)
VERBS = ("get", "list", "watch")


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule of a role that grants it."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, GROUPS, RESOURCES, VERBS)
        if given and not rbac.named(grant.rule):
            yield grant.fail(f"grants {given}: every Secret there can be read")
