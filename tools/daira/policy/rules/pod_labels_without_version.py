"""Pod templates carry no chart or application version in their labels.

What it checks:
    The labels of a pod template of a Deployment, StatefulSet or DaemonSet hold no helm.sh/chart, chart, heritage or
    app.kubernetes.io/version.

Why:
    Each release of the chart restarts every pod, also those in which nothing changed; databases among them.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {metadata: {labels: {app: web, helm.sh/chart: web-1.2.3}}}}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {app: web, helm.sh/chart: web-1.2.3}}
    spec: {template: {metadata: {labels: {app: web}}}}

Fix:
    Keep version and chart in the labels of the object, and out of its pod template.

Standard:
    DAIRA's own; no peer has it. A plain `version` label is left alone, because service meshes route by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("hygiene",),
    standards=("kubernetes:common-labels",),
    decides="object",
)
CHANGING = ("helm.sh/chart", "app.kubernetes.io/version", "chart", "heritage")


def check(release: Release) -> Iterator[Violation]:
    """Yield each label of a pod template that changes with a release."""
    for pod in release.pods:
        if pod.object.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
            continue
        for key in CHANGING:
            if key in pod.labels:
                where = (*pod.metadata_path, "labels", key)
                yield Violation(pod.object, where, f"label {key} restarts the pods at each new version")
