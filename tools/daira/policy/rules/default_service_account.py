"""No pod and no binding uses the default ServiceAccount.

What it checks:
    Every pod that gets an API token names a ServiceAccount other than "default", and no binding gives rights to a
    "default" account.

Why:
    Every pod of the namespace that names no account is this account: what one of them may do, all may.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: a, image: a}]}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {serviceAccountName: worker, containers: [{name: a, image: a}]}

Fix:
    Give the workload a ServiceAccount of its own, or automountServiceAccountToken: false.

Standard:
    CIS 5.1.5; checkov's CKV_K8S_42 for bindings. kube-linter's default-service-account also fails pods that get no
    token (its issue 135), and checkov's CKV_K8S_41 a default account that can be mounted: that is
    service-account-token-mounted.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("rbac",),
    standards=("cis:5.1.5", "checklist:rbac"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod that runs as the default account with its token, and each binding that gives it rights."""
    for pod in release.pods:
        if rbac.account_of(pod) == rbac.DEFAULT_ACCOUNT and rbac.mounts_token(release, pod):
            yield fail(pod, ("serviceAccountName",), "runs as the default ServiceAccount, with its token")
    for binding in rbac.bindings(release):
        for one in rbac.subjects(release, binding):
            if one.kind == "ServiceAccount" and one.name == rbac.DEFAULT_ACCOUNT:
                yield one.fail("gives rights to the default ServiceAccount")
