"""Pods that serve traffic from outside wait before they end.

What it checks:
    In each Deployment behind an Ingress, a Gateway route, or a Service of type LoadBalancer or NodePort, at least
    one plain container that declares a port has a preStop hook.

Why:
    A pod gets requests for some seconds after it was told to end, until every proxy knows: without a pause each
    rollout answers some of them with 502.

Bad:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 80}]}]}}}

Good:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: a, ports: [{containerPort: 80}], lifecycle: {preStop: {sleep: {seconds: 10}}}}]}

Fix:
    Add a preStop hook that sleeps as long as the proxies need, and a longer grace period.

Standard:
    Kubernetes' documentation of pod termination; no peer has it. A program that waits by itself is for an
    exemption.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import remembered, service_pods
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, deep, mappings, pod_of, text

RULE = Rule(
    severity="info",
    groups=("reliability",),
    standards=("kubernetes:pod-lifecycle",),
    decides="release",
)
ROUTES = ("gateway.networking.k8s.io/HTTPRoute", "gateway.networking.k8s.io/GRPCRoute")


def check(release: Release) -> Iterator[Violation]:
    """Yield each Deployment that ends at once while it is still asked."""
    for owner in release.of("Deployment"):
        pod = pod_of(owner)
        if not pod or id(owner) not in remembered(release, _reached):
            continue
        serving = [one for one in pod.containers if one.kind == "container" and one.data.get("ports")]
        if serving and not any(deep(one.data, ("lifecycle", "preStop")) for one in serving):
            yield fail(serving[0], ("lifecycle", "preStop"), "requests still come in when the process ends")


def _reached(release: Release) -> set[int]:
    """The objects whose pods get traffic from outside."""
    names: set[tuple[str, str]] = set()
    for ingress in release.all_of("Ingress"):
        namespace = release.namespace_of(ingress)
        backends = [ingress.spec.get("defaultBackend"), ingress.spec.get("backend")]
        for _, rule in mappings(ingress.spec.get("rules")):
            backends += [path.get("backend") for _, path in mappings(deep(rule, ("http", "paths")))]
        for backend in backends:
            names.add((namespace, text(deep(backend, ("service", "name"))) or text(deep(backend, ("serviceName",)))))
    for route in release.all_of(*ROUTES):
        for _, rule in mappings(route.spec.get("rules")):
            for _, backend in mappings(rule.get("backendRefs")):
                names.add((text(backend.get("namespace")) or release.namespace_of(route), text(backend.get("name"))))
    reached: set[int] = set()
    seen: set[int] = set()
    for service in release.all_of("Service"):
        public = service.spec.get("type") in ("LoadBalancer", "NodePort")
        if public or (release.namespace_of(service), service.name) in names:
            pods = service_pods(release, service)
            if id(pods) not in seen:
                seen.add(id(pods))
                reached.update(id(pod.object) for pod in pods)
    return reached
