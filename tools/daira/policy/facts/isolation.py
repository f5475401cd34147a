"""Which pods NetworkPolicies select, and what they let through: the semantics of the API, not of one network plugin.

Policies of plugins (Cilium, Calico, Antrea, AdminNetworkPolicy) are read as far as their selectors are plain: what can
be decided counts as covered, what can't is "perhaps", never "no".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from daira.policy.facts import foreign_policies
from daira.render.release import Object, Path, Pod, Release, items, mapping, mappings, text

Direction = Literal["Ingress", "Egress"]
DIRECTIONS: tuple[Direction, ...] = ("Ingress", "Egress")
# direction -> the field of its rules, and the field of a rule's peers.
RULES_AT = {"Ingress": "ingress", "Egress": "egress"}
PEERS_AT = {"Ingress": "from", "Egress": "to"}


class Rule(NamedTuple):
    """One ingress or egress rule. data: {} where it is null, which means the same."""

    policy: Object
    direction: Direction
    number: int
    data: dict[str, Any]

    @property
    def path(self) -> Path:
        """Where it is in the policy."""
        return ("spec", RULES_AT[self.direction], self.number)

    @property
    def peers(self) -> list[Any]:
        """Its peers; none means everybody."""
        return items(self.data.get(PEERS_AT[self.direction]))

    @property
    def ports(self) -> list[Any]:
        """Its ports; none means every port."""
        return items(self.data.get("ports"))


def types_of(policy: Object) -> tuple[Direction, ...]:
    """The directions a policy isolates, defaulted as the apiserver does: an empty list of egress rules is none."""
    given = items(policy.spec.get("policyTypes"))
    if given:
        return tuple(direction for direction in DIRECTIONS if direction in given)
    return DIRECTIONS if items(policy.spec.get("egress")) else ("Ingress",)


def selector_of(policy: Object) -> dict[str, Any] | None:
    """The policy's podSelector; absent or null is {}, everything. None when it is no selector at all."""
    selector = policy.spec.get("podSelector")
    if selector is None:
        return {}
    return selector if isinstance(selector, dict) else None


def selects_all(selector: object) -> bool:
    """Whether a selector is empty."""
    return isinstance(selector, dict) and not selector.get("matchLabels") and not selector.get("matchExpressions")


def rules(policy: Object, *directions: Direction) -> Iterator[Rule]:
    """The rules of a policy in the directions (both when none is named) that it isolates."""
    for direction in types_of(policy):
        if not directions or direction in directions:
            for index, data in enumerate(items(policy.spec.get(RULES_AT[direction]))):
                if data is None or isinstance(data, dict):
                    yield Rule(policy, direction, index, mapping(data))


def on_host(pod: Pod) -> bool:
    """Whether the pod lives in the node's network, where what a NetworkPolicy does is undefined."""
    return pod.spec.get("hostNetwork") is True


class Cover(NamedTuple):
    """What selects the pods, by direction. objects: owners of selected pods; namespaces: where all are.

    perhaps: owners of pods that a plugin's policy may select.
    """

    objects: dict[str, set[Object]]
    namespaces: dict[str, set[str]]
    perhaps: dict[str, set[Object]]

    def has(self, direction: Direction, pod: Pod, namespace: str) -> bool:
        """Whether a policy isolates the pod in this direction."""
        return pod.object in self.objects[direction] or namespace in self.namespaces[direction]


@lru_cache(maxsize=2)
def cover(release: Release) -> Cover:
    """Which pods the policies of the input isolate."""
    made = Cover(
        {direction: set() for direction in DIRECTIONS},
        {direction: set() for direction in DIRECTIONS},
        {direction: set() for direction in DIRECTIONS},
    )
    for policy in release.all_of("NetworkPolicy"):
        namespace, selector = release.namespace_of(policy), selector_of(policy)
        types = types_of(policy)
        if selects_all(selector):
            for direction in types:
                made.namespaces[direction].add(namespace)
            continue
        chosen = {pod.object for pod in release.selected(selector, namespace)}
        for direction in types:
            made.objects[direction] |= chosen
    for one in foreign_policies.read(release):
        for pod, sure in one.pods(release):
            for name in one.directions:
                (made.objects if sure else made.perhaps)[name].add(pod.object)
    return made


class Ports(NamedTuple):
    """The ports of some pods. numbers: (protocol, number); names; silent: whether some pod declares none at all."""

    numbers: set[tuple[str, int]]
    names: set[tuple[str, str]]
    silent: bool


def ports_of(pods: list[Pod]) -> Ports:
    """What the containers of these pods declare; init containers that end are left out."""
    found = Ports(set(), set(), False)
    silent = False
    for pod in pods:
        none = True
        for container in pod.containers:
            if container.kind not in ("container", "sidecar"):
                continue
            for _, port in mappings(container.data.get("ports")):
                protocol = text(port.get("protocol")) or "TCP"
                number, name = port.get("containerPort"), text(port.get("name"))
                if isinstance(number, int):
                    found.numbers.add((protocol, number))
                    none = False
                if name:
                    found.names.add((protocol, name))
        silent = silent or none
    return found._replace(silent=silent)


def allows(policy: Object, direction: Direction) -> bool:
    """Whether a policy has any rule in a direction; without one it denies there."""
    return bool(items(policy.spec.get(RULES_AT[direction])))
