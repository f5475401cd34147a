"""A chart's custom resource definitions are not among its templates.

What it checks:
    A chart's render holds no CustomResourceDefinition, unless it is kept on uninstall by the annotation
    helm.sh/resource-policy: keep.

Why:
    Helm deletes a CRD that it rendered together with the release, and with it every object of that kind in the cluster.

Bad:
    {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: things.example.com}}

Good:
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: things.example.com, annotations: {helm.sh/resource-policy: keep}}

Fix:
    Move it into the chart's crds folder, or add the annotation helm.sh/resource-policy: keep.

Standard:
    Helm's best practices for CRDs; the annotation is cert-manager's way. No peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("hygiene",),
    standards=("kubernetes:custom-resources",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each definition that goes with the release."""
    if not release.chart:
        return
    for definition in release.of("CustomResourceDefinition"):
        if definition.annotations.get("helm.sh/resource-policy") != "keep":
            yield fail(
                definition, ("metadata", "annotations"), "Helm deletes the CRD, and all objects of it, on uninstall"
            )
