"""A StatefulSet has the headless Service that names its pods.

What it checks:
    spec.serviceName of each StatefulSet is set, and a Service of that name in its namespace is headless (clusterIP
    None) and selects its pods. A chart's complete render has to hold the Service; in other input a missing one is
    undecidable.

Why:
    Without it the pods have no stable names in DNS: peers and clients can't address one of them.

Bad:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec: {serviceName: db, template: {metadata: {labels: {app: db}}}}

Good:
    {apiVersion: v1, kind: Service, metadata: {name: db}, spec: {clusterIP: None, selector: {app: db}}}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec: {serviceName: db, template: {metadata: {labels: {app: db}}}}

Fix:
    Add a Service with clusterIP None and the pods' labels as its selector, and name it in spec.serviceName.

Standard:
    kube-score's "StatefulSet has ServiceName". A single replica that nobody addresses by its own name (one replica
    and a Service that is not headless) is accepted here, because the Service's name is its stable name.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release, mapping, matches, pod_of, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:statefulset",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each StatefulSet without the Service it needs."""
    for owner in release.of("StatefulSet"):
        where = ("spec", "serviceName")
        name = text(owner.spec.get("serviceName"))
        if not name:
            yield fail(owner, where, "serviceName is not set")
            continue
        service = release.find("Service", name, release.namespace_of(owner))
        if service is None:
            if release.chart:
                yield fail(owner, where, f"there is no Service {name}")
            else:
                yield undecidable(owner, where, f"Service {name} is not in the input: it is needed to decide")
            continue
        pod = pod_of(owner)
        if not matches({"matchLabels": mapping(service.spec.get("selector"))}, pod.labels if pod else {}):
            yield fail(owner, where, f"Service {name} does not select the pods")
        elif service.spec.get("clusterIP") != "None" and owner.spec.get("replicas") != 1:
            yield fail(owner, where, f"Service {name} is not headless")
