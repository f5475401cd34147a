"""A Helm hook is named as Helm knows it, and can run a second time.

What it checks:
    helm.sh/hook holds known events, helm.sh/hook-weight is an integer as a string, helm.sh/hook-delete-policy holds
    known policies, before-hook-creation among them where the hook is a Job or Pod (without the annotation it is Helm's
    default).

Why:
    An unknown event is never run; a Job that is still there after a failure makes the next upgrade fail with "already
    exists".

Bad:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: hook-succeeded}}

Good:
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: migrate
      annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}

Fix:
    Add before-hook-creation to the delete policy.

Standard:
    Helm's documentation of chart hooks; no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Object, Release

RULE = Rule(
    severity="error",
    groups=("hygiene", "reliability"),
    standards=("kubernetes:job",),
    decides="object",
)
EVENTS = {f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete", "rollback")}
EVENTS |= {"test", "test-success", "crd-install"}
POLICIES = {"before-hook-creation", "hook-succeeded", "hook-failed"}


def check(release: Release) -> Iterator[Violation]:
    """Yield what Helm does not understand about a hook, and hooks that can't run again."""
    for owner in release.subjects:
        if "helm.sh/hook" in owner.annotations:
            yield from _hook(owner)


def _words(owner: Object, name: str) -> list[str]:
    return [word.strip() for word in str(owner.annotations.get(name, "")).split(",") if word.strip()]


def _hook(owner: Object) -> Iterator[Violation]:
    where = ("metadata", "annotations")
    for event in _words(owner, "helm.sh/hook"):
        if event not in EVENTS:
            yield fail(owner, (*where, "helm.sh/hook"), f"{event} is no event of Helm")
    weight = owner.annotations.get("helm.sh/hook-weight")
    if weight is not None and not (isinstance(weight, str) and weight.lstrip("+-").isdecimal()):
        yield fail(owner, (*where, "helm.sh/hook-weight"), f"the weight {weight!r} is no integer as a string")
    policies = _words(owner, "helm.sh/hook-delete-policy")
    for policy in policies:
        if policy not in POLICIES:
            yield fail(owner, (*where, "helm.sh/hook-delete-policy"), f"{policy} is no delete policy of Helm")
    if policies and "before-hook-creation" not in policies and owner.kind in ("Job", "Pod"):
        message = "a hook that is still there makes the next run fail: before-hook-creation is missing"
        yield fail(owner, (*where, "helm.sh/hook-delete-policy"), message)
