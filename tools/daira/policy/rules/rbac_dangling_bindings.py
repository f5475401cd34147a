"""Bindings give a role that exists to accounts that exist.

What it checks:
    The roleRef of each binding and its ServiceAccounts are there: in the release, or made by the cluster itself
    (cluster-admin, admin, edit, view, system:…, the account "default"). A ClusterRoleBinding can only give a
    ClusterRole, a binding has subjects, and a ServiceAccount in a ClusterRoleBinding has a namespace.

Why:
    A binding into nothing works for whoever makes the missing role or account, and until then for nobody.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: give, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: worker}
    subjects:
      - {kind: ServiceAccount, name: worker}

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: worker, namespace: shop}
    rules:
      - apiGroups: [""]
        resources: [pods]
        verbs: [get]
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: worker, namespace: shop}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: give, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: worker}
    subjects:
      - {kind: ServiceAccount, name: worker}

Fix:
    Name a role and an account of the release, or make them.

Standard:
    kube-linter's flag-roles-not-found and non-existent-service-account fail what is not in the input; here that is a
    failure only in a chart's complete render, and only in a namespace the release puts ServiceAccounts or workloads
    into; elsewhere it is undecidable.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Release

RULE = Rule(
    severity="warning",
    groups=("rbac",),
    standards=("checklist:rbac", "kubernetes:reference/access-authn-authz/rbac"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each reference that leads nowhere."""
    namespaces = {release.namespace}
    for found in release.all_of("ServiceAccount", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"):
        namespaces.add(release.namespace_of(found))
    for binding in rbac.bindings(release):
        yield from _role(release, binding)
        if binding.data.get("subjects") in (None, []):
            yield fail(binding, ("subjects",), "has no subjects: it gives its role to nobody")
        for one in rbac.subjects(release, binding):
            if one.kind != "ServiceAccount" or not one.name:
                continue
            if not one.namespace:
                yield one.fail(f"ServiceAccount {one.name} has no namespace")
            elif one.name != rbac.DEFAULT_ACCOUNT and not release.find("ServiceAccount", one.name, one.namespace):
                what = f"ServiceAccount {one.name} is not in the input, in namespace {one.namespace}"
                if release.chart and one.namespace in namespaces:
                    yield one.fail(what)
                else:
                    message = f"{what}: give the manifest that makes it"
                    yield undecidable(binding, ("subjects", one.number), message)


def _role(release: Release, binding: Object) -> Iterator[Violation]:
    kind, name = rbac.role_of(binding)
    if not name:
        yield fail(binding, ("roleRef",), "has no roleRef")
        return
    if kind == "Role" and binding.kind == "ClusterRoleBinding":
        yield fail(binding, ("roleRef", "kind"), f"a ClusterRoleBinding can not give the Role {name}")
        return
    if name.startswith(("system:", "kubeadm:")):
        return
    if kind == "ClusterRole":
        known = name in rbac.BUILT_IN_CLUSTER_ROLES or release.find("ClusterRole", name)
    else:
        known = name in rbac.BUILT_IN_ROLES or release.find("Role", name, release.namespace_of(binding))
    if known:
        return
    what = f"{kind or 'role'} {name} is not in the input"
    if release.chart:
        yield fail(binding, ("roleRef", "name"), what)
    else:
        yield undecidable(binding, ("roleRef", "name"), f"{what}: give the manifest that makes it")
