"""Data outlives its StatefulSet.

What it checks:
    persistentVolumeClaimRetentionPolicy of a StatefulSet does not say Delete, neither whenDeleted nor whenScaled.

Why:
    A deleted or scaled-down StatefulSet, also by mistake or by a renamed chart, takes its disks along.

Bad:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}

Good:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}}

Fix:
    Set whenDeleted and whenScaled to Retain, or leave them out.

Standard:
    Kubernetes' documentation of StatefulSets; no peer has it. Caches may well be deleted: that is for an exemption.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:statefulset",),
    decides="object",
)
FIELD = "persistentVolumeClaimRetentionPolicy"


def check(release: Release) -> Iterator[Violation]:
    """Yield each retention policy that deletes."""
    for owner in release.of("StatefulSet"):
        policy = mapping(owner.spec.get(FIELD))
        for field in ("whenDeleted", "whenScaled"):
            if policy.get(field) == "Delete":
                yield fail(owner, ("spec", FIELD, field), f"{field} deletes the disks")
