"""No Secret holds a token that never ends.

What it checks:
    No Secret has the type kubernetes.io/service-account-token.

Why:
    The controller fills such a Secret with a token that does not expire and is bound to no pod; whoever read it once
    has it for good.

Bad:
    apiVersion: v1
    kind: Secret
    metadata:
      name: worker
      annotations: {kubernetes.io/service-account.name: worker}
    type: kubernetes.io/service-account-token

Good:
    apiVersion: v1
    kind: Secret
    metadata: {name: worker}
    type: Opaque

Fix:
    Mount a projected serviceAccountToken volume, or ask for a token with kubectl create token.

Standard:
    Kubernetes' page on ServiceAccounts (since 1.24 no such Secret is made by itself). No peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("rbac",),
    standards=("kubernetes:concepts/configuration/secret", "checklist:rbac"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each Secret that is a ServiceAccount's token."""
    for secret in release.of("Secret"):
        if secret.data.get("type") == "kubernetes.io/service-account-token":
            yield fail(secret, ("type",), "holds a ServiceAccount token that never expires")
