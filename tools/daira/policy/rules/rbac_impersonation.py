"""Roles impersonate nobody.

What it checks:
    No rule grants impersonate on users, groups, serviceaccounts, uids or userextras, unless resourceNames names them
    and none of them is a system: name.

Why:
    Who may impersonate any group acts as system:masters, which no role limits.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [""]
        resources: [users, groups]
        verbs: [impersonate]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: worker}
    rules:
      - apiGroups: [""]
        resources: [users]
        resourceNames: [jane]
        verbs: [impersonate]

Fix:
    Name who may be impersonated in resourceNames.

Standard:
    CIS 5.1.8. trivy's KSV-0043 asks only about groups, and only where the API group is a wildcard.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("cis:5.1.8", "checklist:rbac"),
    decides="object",
)

API_GROUPS = ("", "authentication.k8s.io")
WHO = ("users", "groups", "serviceaccounts", "uids")


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule that grants impersonate on more than named, ordinary identities."""
    for grant in rbac.grants(release):
        if not any(verb in ("impersonate", "*") for verb in grant.verbs):
            continue
        extras = [name for name in grant.resources if name.startswith("userextras")]
        given = rbac.granted(grant, API_GROUPS, (*WHO, *extras), ("impersonate",))
        names = rbac.words(grant.rule.get("resourceNames"))
        # The wildcard verb on serviceaccounts is common and takes this verb in: it counts.
        if given and (not rbac.named(grant.rule) or any(name.startswith("system:") for name in names)):
            yield grant.fail(f"grants {given}: its holder acts as anybody")
