"""What an audit Policy logs of a request: the first rule that matches decides, as in the apiserver's policy checker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from daira.policy.facts.rbac import words
from daira.render.release import Object, items, mapping, mappings

KIND = "audit.k8s.io/Policy"
BODIES = frozenset(["Request", "RequestResponse"])
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
# Who a rule may be about and still be about everybody.
EVERYBODY = frozenset(["system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:masters"])


class Verdict(NamedTuple):
    """What some or all of the requests in question get. number: the deciding rule, None where none matches.

    level: "None" where none does. narrow: whether it is only about some users, namespaces or names.
    """

    number: int | None
    level: str
    narrow: bool


def rules(policy: Object) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rules of a policy."""
    return mappings(policy.data.get("rules"))


def verdicts(policy: Object, group: str, resource: str, verb: str) -> Iterator[Verdict]:
    """What becomes of a request, by whoever and wherever, in the order in which rules decide; the last is not narrow.

    resource: "secrets" or "pods/exec". A rule whose every condition an earlier rule has too never decides.
    """
    before: list[dict[str, Any]] = []
    for index, rule in rules(policy):
        verbs = words(rule.get("verbs"))
        if (verbs and verb not in verbs) or not _is_about(rule, group, resource):
            continue
        if any(_covers(earlier, rule) for earlier in before):
            continue
        before.append(rule)
        level = rule.get("level")
        narrow = _narrow(rule, group, resource)
        yield Verdict(index, level if isinstance(level, str) else "", narrow)
        if not narrow:
            return
    yield Verdict(None, "None", False)


def _is_about(rule: dict[str, Any], group: str, resource: str) -> bool:
    resources = items(rule.get("resources"))
    if not resources:
        return bool(items(rule.get("namespaces"))) or not items(rule.get("nonResourceURLs"))
    return any(_matches(entry, group, resource) for _, entry in mappings(resources))


def _matches(entry: dict[str, Any], group: str, resource: str) -> bool:
    given = entry.get("group")
    if (given or "") not in (group, "*"):
        return False
    named = words(entry.get("resources"))
    if not named:
        return True
    parent, _, sub = resource.partition("/")
    return resource in named or "*" in named or f"{parent}/*" in named or (bool(sub) and f"*/{sub}" in named)


def _narrow(rule: dict[str, Any], group: str, resource: str) -> bool:
    """Whether a matching rule is only about some users, groups, namespaces or objects by name."""
    if words(rule.get("users")) or words(rule.get("namespaces")) or words(rule.get("userGroups")):
        return True
    matching = [entry for _, entry in mappings(rule.get("resources")) if _matches(entry, group, resource)]
    return bool(matching) and all(items(entry.get("resourceNames")) for entry in matching)


def _covers(earlier: dict[str, Any], later: dict[str, Any]) -> bool:
    """Whether all that a rule is narrowed to, an earlier rule about the same request is too."""
    for field in ("users", "userGroups", "namespaces"):
        had, has = words(earlier.get(field)), words(later.get(field))
        if had and (not has or not set(has) <= set(had)):
            return False
    return not any(mapping(entry).get("resourceNames") for entry in items(earlier.get("resources")))


def for_everybody(policy: Object, index: int | None) -> bool:
    """Whether a rule that names users or groups names everybody."""
    for number, rule in rules(policy):
        if number == index:
            return not EVERYBODY.isdisjoint(words(rule.get("userGroups")))
    return False
