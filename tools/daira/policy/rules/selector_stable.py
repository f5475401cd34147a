"""Selectors and claim templates hold nothing that changes with a version.

What it checks:
    No key of spec.selector of a Deployment, StatefulSet, DaemonSet or ReplicaSet, and of the labels and annotations of
    a StatefulSet's volumeClaimTemplates, is made for a version or a chart (helm.sh/chart, chart, version, release-date,
    heritage, app.kubernetes.io/version, app.kubernetes.io/managed-by, a checksum).

Why:
    These fields can't be changed: the first upgrade that brings a new version is refused.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {selector: {matchLabels: {app: web, app.kubernetes.io/version: 1.2.3}}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {selector: {matchLabels: {app.kubernetes.io/name: web, app.kubernetes.io/instance: shop}}}

Fix:
    Select by name and instance only.

Standard:
    Helm's best practices for labels; no peer has it. `version: v1` as the only difference between two Deployments is a
    known canary pattern, and is told here too.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Path, Release, deep, mapping, mappings

RULE = Rule(
    severity="error",
    groups=("hygiene", "reliability"),
    standards=("kubernetes:labels",),
    decides="object",
)
CHANGING = (
    "helm.sh/chart",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "chart",
    "version",
    "heritage",
    "release-date",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each label of an immutable field that will change."""
    for owner in release.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        at: list[Path] = [("spec", "selector", "matchLabels")]
        if owner.kind == "StatefulSet":
            for index, _ in mappings(owner.spec.get("volumeClaimTemplates")):
                claim: Path = ("spec", "volumeClaimTemplates", index, "metadata")
                at += [(*claim, "labels"), (*claim, "annotations")]
        for where in at:
            for key in mapping(deep(owner.data, where)):
                if key in CHANGING or str(key).startswith("checksum/"):
                    yield fail(owner, (*where, key), f"{key} changes with a version, and this field can't be changed")
        for index, expression in mappings(deep(owner.spec, ("selector", "matchExpressions"))):
            if expression.get("key") in CHANGING:
                where = ("spec", "selector", "matchExpressions", index, "key")
                yield fail(owner, where, f"{expression['key']} changes with a version, and this field can't be changed")
