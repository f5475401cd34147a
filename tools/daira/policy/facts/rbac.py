"""What RBAC objects grant to whom: roles as the authorizer reads them, bindings and their subjects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from daira.policy.rule import Violation, fail
from daira.render.release import Object, Pod, Release, items, mapping, mappings, text

GROUP = "rbac.authorization.k8s.io"
# What the apiserver makes itself; everything that starts with "system:" belongs to the cluster too.
BUILT_IN_CLUSTER_ROLES = frozenset(["cluster-admin", "admin", "edit", "view"])
BUILT_IN_ROLES = frozenset(["extension-apiserver-authentication-reader"])
DEFAULT_ACCOUNT = "default"


class Grant(NamedTuple):
    """One entry of a role's `rules`. role: the Role or ClusterRole. number: its place in the list."""

    role: Object
    number: int
    rule: dict[str, Any]
    verbs: list[str]
    resources: list[str]

    def fail(self, message: str, *path: str | int) -> Violation:
        """A violation at this rule, or at a field of it."""
        return fail(self.role, ("rules", self.number, *path), message)


class Subject(NamedTuple):
    """One subject of a binding. namespace: of a ServiceAccount, the binding's own where it names none."""

    binding: Object
    number: int
    kind: str
    name: str
    namespace: str

    def fail(self, message: str) -> Violation:
        """A violation at this subject."""
        return fail(self.binding, ("subjects", self.number), message)


def words(value: object) -> list[str]:
    """The strings of a list."""
    return [word for word in items(value) if isinstance(word, str)]


def aggregated(role: Object) -> bool:
    """Whether the controller manager writes the role's rules, so that those in the manifest never count."""
    return role.kind == "ClusterRole" and isinstance(role.data.get("aggregationRule"), dict)


@lru_cache(maxsize=2)
def grants(release: Release) -> tuple[Grant, ...]:
    """Every rule of every role that is judged, but those of aggregated roles: the controller overwrites them."""
    return tuple(
        Grant(role, index, rule, words(rule.get("verbs")), words(rule.get("resources")))
        for role in release.of("Role", "ClusterRole")
        if not aggregated(role)
        for index, rule in mappings(role.data.get("rules"))
    )


def granted(grant: Grant, groups: Iterable[str], resources: Iterable[str], verbs: Iterable[str]) -> str:
    """Which of the verbs a rule grants on which of the resources, as text; "" for none.

    Wildcards count as the authorizer counts them: "*" everywhere, "*/exec" for the subresource of every resource. A
    rule without apiGroups, which the apiserver refuses, is read as if it meant these.
    """
    held = grant.verbs
    given = [verb for verb in verbs if verb in held]
    if not given:
        if "*" not in held:
            return ""
        given = ["every verb (*)"]
    reached = grant.resources
    hit = [name for name in resources if name in reached]
    if not hit:
        if "*" in reached:
            hit = ["every resource (*)"]
        else:
            hit = [
                f"*/{sub}" for _, _, sub in (name.partition("/") for name in resources) if sub and f"*/{sub}" in reached
            ]
    if not hit:
        return ""
    own = words(grant.rule.get("apiGroups"))
    if own and "*" not in own and not any(group in own for group in groups):
        return ""
    return f"{', '.join(given)} on {', '.join(dict.fromkeys(hit))}"


def named(rule: dict[str, Any]) -> bool:
    """Whether a rule is narrowed to objects by name. A name "*" is none: written by people who mean all."""
    names = words(rule.get("resourceNames"))
    return bool(names) and "*" not in names


def reaches_cluster(grant: Grant, resources: Iterable[str]) -> bool:
    """Whether a rule may be about cluster-wide resources: a Role gives none, unless it names one and so means to."""
    if grant.role.kind == "ClusterRole":
        return True
    return any(name in grant.resources for name in resources)


def bindings(release: Release) -> Iterator[Object]:
    """The RoleBindings and ClusterRoleBindings that are judged."""
    return release.of("RoleBinding", "ClusterRoleBinding")


def role_of(binding: Object) -> tuple[str, str]:
    """Kind and name of the role a binding gives."""
    reference = mapping(binding.data.get("roleRef"))
    return text(reference.get("kind")), text(reference.get("name"))


def subjects(release: Release, binding: Object) -> Iterator[Subject]:
    """The subjects of a binding."""
    own = release.namespace_of(binding) if binding.kind == "RoleBinding" else ""
    for index, one in mappings(binding.data.get("subjects")):
        namespace = text(one.get("namespace")) or own
        yield Subject(binding, index, text(one.get("kind")), text(one.get("name")), namespace)


@lru_cache(maxsize=2)
def bound_accounts(release: Release) -> frozenset[tuple[str, str]]:
    """Namespace and name of each ServiceAccount that a binding of the input gives rights to; name "*" is all of it."""
    found = set()
    for binding in release.all_of("RoleBinding", "ClusterRoleBinding"):
        for one in subjects(release, binding):
            if one.kind == "ServiceAccount":
                found.add((one.namespace, one.name))
            elif one.kind == "Group" and one.name.startswith("system:serviceaccounts:"):
                found.add((one.name.removeprefix("system:serviceaccounts:"), "*"))
            elif one.kind == "User" and one.name.startswith("system:serviceaccount:"):
                namespace, _, name = one.name.removeprefix("system:serviceaccount:").partition(":")
                found.add((namespace, name))
    return frozenset(found)


def account_of(pod: Pod) -> str:
    """The name of a pod's ServiceAccount; `serviceAccount` is the field's old name."""
    return text(pod.spec.get("serviceAccountName")) or text(pod.spec.get("serviceAccount")) or DEFAULT_ACCOUNT


def mounts_token(release: Release, pod: Pod) -> bool | None:
    """Whether the kubelet mounts an API token: the pod's word, else its ServiceAccount's, else yes.

    None where the ServiceAccount is not in the input. A "default" that is not in the input mounts it: so the cluster
    makes it.
    """
    own = pod.spec.get("automountServiceAccountToken")
    if isinstance(own, bool):
        return own
    name = account_of(pod)
    account = release.find("ServiceAccount", name, release.namespace_of(pod))
    if account is None:
        return True if name == DEFAULT_ACCOUNT else None
    return account.data.get("automountServiceAccountToken") is not False
