"""A hard spread constraint counts only nodes that the pod may use.

What it checks:
    A topologySpreadConstraint with DoNotSchedule sets nodeTaintsPolicy: Honor (from Kubernetes 1.26, where the
    field is on by default).

Why:
    By default tainted nodes (control planes, drained ones) count as empty, and pods stay pending for want of
    balance.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor}

Fix:
    Set nodeTaintsPolicy: Honor.

Standard:
    Kubernetes' documentation of topology spread constraints; no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings

RULE = Rule(
    severity="info",
    groups=("reliability",),
    standards=("kubernetes:topology-spread-constraints",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each hard constraint that counts tainted nodes."""
    if release.kube_version < (1, 26):
        return
    for pod in release.pods:
        for index, given in mappings(pod.spec.get("topologySpreadConstraints")):
            if given.get("whenUnsatisfiable") == "DoNotSchedule" and given.get("nodeTaintsPolicy") != "Honor":
                where = ("topologySpreadConstraints", index, "nodeTaintsPolicy")
                yield fail(pod, where, "nodes the pod may not use count as empty, and it stays pending")
