"""No deprecated field, annotation or node label is relied on.

What it checks:
    Of pods: serviceAccount, volumes of the in-tree cloud plugins and flexVolume, annotations that became fields
    (seccomp, AppArmor, critical-pod), the old node labels (beta.kubernetes.io/os, failure-domain.beta.kubernetes.io,
    node-role.kubernetes.io/master) in nodeSelector, affinity, tolerations and topology keys. Of Ingresses: the
    annotation kubernetes.io/ingress.class (GKE's gce and gce-internal excepted, which know nothing else). Of
    Services: topologyKeys, loadBalancerIP, tolerate-unready-endpoints, topology-aware-hints. Of volume claims and
    storage classes: the volume.beta and storageclass.beta annotations. Each from the version on that deprecated it.

Why:
    Such a field is ignored after some upgrade without a word: a pod then has no seccomp profile, or no node to run
    on.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      annotations:
        seccomp.security.alpha.kubernetes.io/pod: runtime/default
    spec:
      serviceAccount: web
      nodeSelector:
        beta.kubernetes.io/os: linux
      containers:
        - name: nginx
          image: nginx:1.29

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      serviceAccountName: web
      nodeSelector:
        kubernetes.io/os: linux
      securityContext:
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: nginx
          image: nginx:1.29

Fix:
    Write what the message names instead.

Standard:
    Kubernetes' reference of well-known labels, annotations and taints, and of its API fields. kube-linter's
    deprecated-service-account-field knows the first; kube-score's ingress and seccomp checks still ask for
    annotations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from daira.policy.facts.deprecated_names import ANNOTATIONS, LABELS, POD_ANNOTATIONS, VOLUMES
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Object, Path, Pod, Release, deep, items, mapping, mappings

RULE = Rule(
    severity="warning",
    groups=("deprecated-api",),
    standards=("kubernetes:reference/labels-annotations-taints",),
    decides="object",
)
AFFINITIES = ("nodeAffinity", "podAffinity", "podAntiAffinity")


def check(release: Release) -> Iterator[Violation]:
    """Yield each use of something deprecated."""
    minor = release.kube_version[1]
    for pod in release.pods:
        yield from _pod(pod, minor)
    for kind, known in ANNOTATIONS.items():
        for item in release.of(kind):
            yield from _annotations(item, ("metadata", "annotations"), item.annotations, known, minor)
    for item in release.of("Service"):
        for field, (since, use) in {"topologyKeys": (21, "trafficDistribution"), "loadBalancerIP": (24, "")}.items():
            if minor >= since and item.spec.get(field):
                instead = f"use {use}" if use else "use the annotation of the load balancer's provider"
                yield fail(item, ("spec", field), f"{field} of a Service is deprecated since 1.{since}: {instead}")


def _pod(pod: Pod, minor: int) -> Iterator[Violation]:
    if pod.spec.get("serviceAccount") and not pod.spec.get("serviceAccountName"):
        yield fail(pod, ("serviceAccount",), "serviceAccount is deprecated: use serviceAccountName")
    if pod.annotations:
        yield from _annotations(
            pod.object, (*pod.metadata_path, "annotations"), pod.annotations, POD_ANNOTATIONS, minor
        )
    for index, volume in mappings(pod.spec.get("volumes")):
        for source in volume:
            if isinstance(source, str) and source in VOLUMES and volume[source] is not None:
                message = f"volumes of type {source} are deprecated: use the CSI driver {VOLUMES[source]}"
                yield fail(pod, ("volumes", index, source), message)
    for path, label in _node_labels(pod):
        found = LABELS.get(label) if isinstance(label, str) else None
        if found and minor >= found[0]:
            yield fail(pod, path, f"the node label {label} is deprecated since 1.{found[0]}: use {found[1]}")


def _annotations(
    item: Object, at: Path, annotations: dict[str, Any], known: Iterable[tuple[str, int, str]], minor: int
) -> Iterator[Violation]:
    for key in annotations:
        if not isinstance(key, str) or "kubernetes.io/" not in key:
            continue
        for name, since, use in known:
            if minor >= since and (key == name or (name.endswith("/") and key.startswith(name))):
                if name == "kubernetes.io/ingress.class" and annotations[key] in ("gce", "gce-internal"):
                    continue
                yield Violation(item, (*at, key), f"the annotation {key} is deprecated since 1.{since}: use {use}")


def _node_labels(pod: Pod) -> Iterator[tuple[Path, Any]]:
    for key in mapping(pod.spec.get("nodeSelector")):
        yield ("nodeSelector", key), key
    for index, toleration in mappings(pod.spec.get("tolerations")):
        yield ("tolerations", index, "key"), toleration.get("key")
    for index, spread in mappings(pod.spec.get("topologySpreadConstraints")):
        yield ("topologySpreadConstraints", index, "topologyKey"), spread.get("topologyKey")
    affinity = mapping(pod.spec.get("affinity"))
    for kind in AFFINITIES if affinity else ():
        yield from _affinity(("affinity", kind), mapping(affinity.get(kind)))


def _affinity(at: Path, affinity: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    required, preferred = (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    )
    terms: list[tuple[Path, Any]] = [((*at, required, i), term) for i, term in enumerate(items(affinity.get(required)))]
    for index, weighted in mappings(affinity.get(preferred)):
        for inner in ("preference", "podAffinityTerm"):
            terms.append(((*at, preferred, index, inner), weighted.get(inner)))
    nodes = (*at, required, "nodeSelectorTerms")
    terms += [((*nodes, i), term) for i, term in enumerate(items(deep(affinity, (required, "nodeSelectorTerms"))))]
    for path, term in terms:
        yield (*path, "topologyKey"), mapping(term).get("topologyKey")
        if at[-1] == "nodeAffinity":
            for index, expression in mappings(mapping(term).get("matchExpressions")):
                yield (*path, "matchExpressions", index, "key"), expression.get("key")
