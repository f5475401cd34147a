"""Workloads and Services say which application they belong to.

What it checks:
    Each Deployment, StatefulSet, DaemonSet, Job, CronJob and Service has the labels app.kubernetes.io/name and
    app.kubernetes.io/instance. Helm hooks are not asked.

Why:
    Dashboards, cost reports and people find what belongs together by these two labels.

Bad:
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {app: web}}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {app.kubernetes.io/name: web, app.kubernetes.io/instance: shop}}

Fix:
    Add the two labels.

Standard:
    Kubernetes' recommended labels, Helm's best practices.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("hygiene",),
    standards=("kubernetes:common-labels", "nsa:C-0077"),
    decides="object",
)
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Service")
LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/instance")


def check(release: Release) -> Iterator[Violation]:
    """Yield each object without the labels."""
    for owner in release.of(*KINDS):
        missing = [label for label in LABELS if not owner.labels.get(label)]
        if missing and "helm.sh/hook" not in owner.annotations:
            yield fail(owner, ("metadata", "labels"), f"{' and '.join(missing)} not set")
