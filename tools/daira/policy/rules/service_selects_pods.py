"""A Service selects pods.

What it checks:
    The selector of each Service selects a pod template or pod of the same namespace. Services without a selector and of
    type ExternalName are not asked. Undecidable where the input is not a chart's complete render, or where objects of
    an operator may make the pods.

Why:
    A Service without pods refuses every connection.

Bad:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}

Good:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {metadata: {labels: {app: web}}}}

Fix:
    Give the Service the labels of the pod template as its selector.

Standard:
    kube-linter's dangling-service, kube-score's "Service Targets Pod"; both fail also where the input is not all there
    is, and kube-score a Service without a selector, which Kubernetes has for endpoints made by others.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import foreign_kinds, service_pods
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:service",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each Service that selects nothing."""
    for service in release.of("Service"):
        if not service.spec.get("selector") or service.spec.get("type") == "ExternalName":
            continue
        if service_pods(release, service):
            continue
        if release.chart and not foreign_kinds(release):
            yield fail(service, ("spec", "selector"), "the Service selects no pod")
        else:
            message = "the Service selects no pod of the input: the pods it is for are needed to decide"
            yield undecidable(service, ("spec", "selector"), message)
