"""An autoscaler's target exists.

What it checks:
    scaleTargetRef of each HorizontalPodAutoscaler is a workload of the same namespace, by kind, name and API group. A
    chart's complete render has to hold it; in other input a missing one is undecidable, because it may be elsewhere.

Why:
    An autoscaler without its target scales nothing, silently.

Bad:
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wbe}}

Good:
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}

Fix:
    Correct kind, name or apiVersion of scaleTargetRef.

Standard:
    kube-linter's dangling-horizontalpodautoscaler, kube-score's "HorizontalPodAutoscaler has target"; both fail also
    where the input is not all there is. The group decides and not the version, as in Kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import BUILT_IN, Release, mapping, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:horizontal-pod-autoscale",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each autoscaler whose target is not there."""
    for scaler in release.of("HorizontalPodAutoscaler"):
        target = mapping(scaler.spec.get("scaleTargetRef"))
        kind, name = text(target.get("kind")), text(target.get("name"))
        where = ("spec", "scaleTargetRef")
        if not kind or not name:
            yield fail(scaler, where, "scaleTargetRef needs a kind and a name")
            continue
        group = text(target.get("apiVersion")).rpartition("/")[0]
        found = release.find(kind if group in BUILT_IN else f"{group}/{kind}", name, release.namespace_of(scaler))
        if found:
            if group != found.api_version.rpartition("/")[0] and (group or "apiVersion" in target):
                message = f"{kind} {name} is {found.api_version}, and the autoscaler looks for {target['apiVersion']}"
                yield fail(scaler, (*where, "apiVersion"), message)
        elif release.chart:
            yield fail(scaler, where, f"there is no {kind} {name}")
        else:
            yield undecidable(scaler, where, f"{kind} {name} is not in the input: it is needed to decide")
