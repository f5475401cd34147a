"""Roles open no shells in pods.

What it checks:
    No rule grants create or get on pods/exec, pods/attach or pods/portforward, unless it names the pods. `get` was
    enough to open a shell over a websocket before Kubernetes 1.35.

Why:
    A shell in a pod is everything the pod has: its secrets, its ServiceAccount, its way into the network.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [pods/exec]
        verbs: [create]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [pods/log]
        verbs: [get]

Fix:
    Take the rule away; give people such access for an hour, by a binding outside of the chart.

Standard:
    NSA/CISA C-0002, C-0063. trivy's KSV-0053 asks for pods/exec alone and also fails update and delete, which the API
    does not have there; its KSV-0054 fails pods/attach only next to a get on pods. polaris has the pair as
    rolePodExecAttach.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("nsa:C-0002", "nsa:C-0063", "checklist:rbac"),
    decides="object",
)

GROUPS = ("",)
RESOURCES = ("pods/exec", "pods/attach", "pods/portforward")
VERBS = ("create", "get")


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule of a role that grants it."""
    for grant in rbac.grants(release):
        given = rbac.granted(grant, GROUPS, RESOURCES, VERBS)
        if given and not rbac.named(grant.rule):
            yield grant.fail(f"grants {given}: a way into every pod there")
