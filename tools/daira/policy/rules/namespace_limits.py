"""Namespaces have a ResourceQuota and a LimitRange.

What it checks:
    For each Namespace of the input there is a ResourceQuota and a LimitRange with its name as namespace. Kubernetes'
    own namespaces (kube-…) and namespaces that are not in the input are not asked.

Why:
    Without a quota one team's mistake takes the whole cluster, and without default limits one forgotten container does.

Bad:
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop

Good:
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
    ---
    apiVersion: v1
    kind: ResourceQuota
    metadata:
      name: shop
      namespace: shop
    spec:
      hard:
        limits.memory: 16Gi
    ---
    apiVersion: v1
    kind: LimitRange
    metadata:
      name: shop
      namespace: shop
    spec:
      limits:
        - type: Container
          default:
            memory: 256Mi

Fix:
    Add a ResourceQuota and a LimitRange to the namespace.

Standard:
    trivy's KSV-0039 and KSV-0040, NSA/CISA "Resource policies". The peers ask each manifest file for both, also those
    that make no namespace; this rule asks the Namespace.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("resource-limits",),
    standards=("nsa:C-0009", "checklist:resource-limits"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each Namespace without a quota or limits."""
    held = {
        kind: {release.namespace_of(owner) for owner in release.all_of(kind)}
        for kind in ("ResourceQuota", "LimitRange")
    }
    for owner in release.of("Namespace"):
        if owner.name.startswith("kube-"):
            continue
        for kind, namespaces in held.items():
            if owner.name not in namespaces:
                yield fail(owner, ("metadata", "name"), f"the namespace {owner.name} has no {kind} here")
