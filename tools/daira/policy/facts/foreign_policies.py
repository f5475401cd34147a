"""NetworkPolicies of plugins: which pods they isolate, as far as their selectors can be read without the plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from daira.policy.facts import rbac
from daira.render.release import Object, Pod, Release, items, mapping, mappings, matches, text

CILIUM = ("cilium.io/CiliumNetworkPolicy", "cilium.io/CiliumClusterwideNetworkPolicy")
CALICO = (
    "projectcalico.org/NetworkPolicy",
    "crd.projectcalico.org/NetworkPolicy",
    "projectcalico.org/GlobalNetworkPolicy",
    "crd.projectcalico.org/GlobalNetworkPolicy",
)
# They allow and deny, yet a pod they select is not isolated by that alone: perhaps.
OTHERS = (
    "crd.antrea.io/ClusterNetworkPolicy",
    "crd.antrea.io/NetworkPolicy",
    "policy.networking.k8s.io/AdminNetworkPolicy",
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
    "policy.networking.k8s.io/ClusterNetworkPolicy",
)
# Sources of labels in Cilium's keys ("k8s:app") that are the pod's own; others ("reserved:", "cidr:") are not.
OWN = ("k8s", "any")
NAMESPACE = "io.kubernetes.pod.namespace"
ACCOUNT = "io.cilium.k8s.policy.serviceaccount"


class Foreign(NamedTuple):
    """One policy of a plugin. namespace: None for the whole cluster. directions: those it isolates.

    selector: of labels as Kubernetes reads it, None when it can't be read. denies: the directions without any rule
    that lets something through.
    """

    policy: Object
    namespace: str | None
    directions: tuple[str, ...]
    selector: dict[str, Any] | None
    denies: tuple[str, ...]

    def pods(self, release: Release) -> Iterator[tuple[Pod, bool]]:
        """The pods it selects, or may select, with whether that is sure."""
        if self.selector is not None and self.namespace is not None and not _beyond_labels(self.selector):
            yield from ((pod, True) for pod in release.selected(self.selector, self.namespace))
            return
        for pod in release.all_pods if self.namespace is None else release.pods_in(self.namespace):
            if self.selector is None:
                yield pod, False
            else:
                own = {NAMESPACE: release.namespace_of(pod), ACCOUNT: rbac.account_of(pod)}
                if matches(self.selector, {**pod.labels, **own}):
                    yield pod, True


def read(release: Release) -> Iterator[Foreign]:
    """Every policy of a plugin in the input."""
    for policy in release.all_of(*CILIUM):
        wide = policy.kind == CILIUM[1]
        for spec in [policy.spec, *(one for _, one in mappings(policy.data.get("specs")))]:
            # a nodeSelector is about hosts
            if "endpointSelector" in spec:
                yield _cilium(policy, spec, None if wide else release.namespace_of(policy))
    for policy in release.all_of(*CALICO):
        yield _calico(policy, None if "Global" in policy.kind else release.namespace_of(policy))
    for policy in release.all_of(*OTHERS):
        namespace = release.namespace_of(policy) if policy.kind == OTHERS[1] else None
        yield Foreign(policy, namespace, ("Ingress", "Egress"), None, ())


def _beyond_labels(selector: dict[str, Any]) -> bool:
    keys = [
        *mapping(selector.get("matchLabels")),
        *(one.get("key") for _, one in mappings(selector["matchExpressions"])),
    ]
    return NAMESPACE in keys or ACCOUNT in keys


def _cilium(policy: Object, spec: dict[str, Any], namespace: str | None) -> Foreign:
    """Cilium isolates in a direction when there is a rule for it, be it {}, unless enableDefaultDeny says no."""
    directions, denies = [], []
    for name, field in (("Ingress", "ingress"), ("Egress", "egress")):
        allowing = items(spec.get(field))
        default = bool(allowing or items(spec.get(f"{field}Deny")))
        said = mapping(spec.get("enableDefaultDeny")).get(field)
        if said if isinstance(said, bool) else default:
            directions.append(name)
            if not any(allowing):
                denies.append(name)
    return Foreign(policy, namespace, tuple(directions), _own_labels(spec.get("endpointSelector")), tuple(denies))


def _own_labels(selector: object) -> dict[str, Any] | None:
    """A Cilium selector with its keys as the pod's labels have them; None when it is about other labels."""
    if not isinstance(selector, dict):
        return None
    labels: dict[str, Any] = {}
    for key, value in mapping(selector.get("matchLabels")).items():
        own = _key(key)
        if own is None:
            return None
        labels[own] = value
    expressions = []
    for _, expression in mappings(selector.get("matchExpressions")):
        own = _key(expression.get("key"))
        if own is None:
            return None
        expressions.append({**expression, "key": own})
    return {"matchLabels": labels, "matchExpressions": expressions}


def _key(key: object) -> str | None:
    source, colon, name = text(key).partition(":")
    if colon and source not in OWN:
        return None
    own = name if colon else source
    known = own in (NAMESPACE, ACCOUNT) or not own.startswith(("io.kubernetes.pod.", "io.cilium."))
    return own if own and known else None


def _calico(policy: Object, namespace: str | None) -> Foreign:
    """Calico isolates in spec.types; without them in the directions that have rules, and ingress when none has."""
    spec = policy.spec
    given = [name for name in ("Ingress", "Egress") if name in items(spec.get("types"))]
    if not given:
        ingress, egress = items(spec.get("ingress")), items(spec.get("egress"))
        given = [name for name, there in (("Ingress", ingress or not egress), ("Egress", egress)) if there]
    denies = [
        name for name in given if all(mapping(rule).get("action") == "Deny" for rule in items(spec.get(name.lower())))
    ]
    narrower = spec.get("namespaceSelector") or spec.get("serviceAccountSelector")
    selector = None if narrower else _calico_selector(spec.get("selector"))
    return Foreign(policy, namespace, tuple(given), selector, tuple(denies))


def _calico_selector(written: object) -> dict[str, Any] | None:
    """The plain part of Calico's language: all(), key == 'value', key != 'value', has(key), joined by &&."""
    if written in (None, "", "all()"):
        return {"matchLabels": {}, "matchExpressions": []}
    if not isinstance(written, str) or "||" in written:
        return None
    labels: dict[str, Any] = {}
    expressions: list[dict[str, Any]] = []
    for term in (part.strip() for part in written.split("&&")):
        if term == "all()":
            continue
        if term.startswith(("has(", "!has(")) and term.endswith(")"):
            operator = "DoesNotExist" if term.startswith("!") else "Exists"
            expressions.append({"key": term.partition("(")[2][:-1].strip(), "operator": operator})
            continue
        operator = "==" if "==" in term else "!="
        key, found, value = (part.strip() for part in term.partition(operator))
        if not found or len(value) < 2 or value[0] not in "'\"" or value[-1] != value[0] or set(key) & set(" ()!{}"):
            return None
        if operator == "==" and key not in labels:
            labels[key] = value[1:-1]
        else:
            expressions.append({"key": key, "operator": "In" if operator == "==" else "NotIn", "values": [value[1:-1]]})
    return {"matchLabels": labels, "matchExpressions": expressions}
