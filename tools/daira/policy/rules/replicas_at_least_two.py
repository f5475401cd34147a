"""Deployments that serve traffic have at least two replicas.

What it checks:
    A Deployment whose pods a Service selects has spec.replicas, or an autoscaler's minimum, of at least 2. Not asked: a
    Deployment that only hands out metrics (every port a Service leads to is named after metrics), an autoscaler that
    scales to zero on purpose (KEDA), and environments called development, dev or local.

Why:
    One replica is an outage at each node drain, crash and eviction.

Bad:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 1
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a}]}}

Good:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a}]}}

Fix:
    Set replicas, or the autoscaler's minReplicas, to 2 or more.

Standard:
    kube-score's "Deployment Replicas" (two, and only behind a Service). kube-linter's minimum-three-replicas wants
    three of every Deployment.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import DEVELOPMENT, is_served, replicas, scale_of, unsaid
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release, mappings, pod_of, text

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:disruptions",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each Deployment behind a Service that may have a single pod."""
    if release.environment in DEVELOPMENT:
        return
    for deployment in release.of("Deployment"):
        pod = pod_of(deployment)
        count = replicas(release, deployment)
        if not pod or not count or count[0] >= 2 or not is_served(release, deployment):
            continue
        ports = [text(port.get("name")) for one in pod.containers for _, port in mappings(one.data.get("ports"))]
        if (ports and all("metrics" in name for name in ports)) or (scale_of(release, deployment) and count[0] == 0):
            continue
        if unsaid(release, deployment):
            message = "replicas is not set: whether an autoscaler outside of the input sets it is needed"
            yield undecidable(deployment, ("spec", "replicas"), message)
        else:
            least = f"at least {count[0]}" if scale_of(release, deployment) else str(count[0])
            yield fail(deployment, ("spec", "replicas"), f"a Service leads here, and the number of pods is {least}")
