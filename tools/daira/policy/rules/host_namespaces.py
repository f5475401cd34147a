"""Pods share no namespace of the node: not its network, not its processes, not its IPC.

What it checks:
    The pod's `hostNetwork`, `hostPID` and `hostIPC` are false or absent. Every one that is set is a finding of its
    own.

Why:
    In the node's network a pod reaches every service that listens on the node's loopback and no NetworkPolicy holds
    it; with its processes or its IPC it sees and disturbs those of everybody else on the node.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      hostNetwork: true
      containers:
        - name: nginx
          image: nginx:1.29

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29

Fix:
    Remove hostNetwork, hostPID and hostIPC from the pod's spec.

Standard:
    Pod Security Standards, baseline, "Host Namespaces". The same fields as kube-linter's host-network, host-pid and
    host-ipc, checkov's CKV_K8S_17 to 19 and kubescape's C-0038 and C-0041, in one rule, as upstream has one check
    for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=(
        "pss:hostNamespaces",
        "nsa:C-0038",
        "nsa:C-0041",
        "cis:5.2.3",
        "cis:5.2.4",
        "cis:5.2.5",
        "checklist:non-root",
    ),
    decides="object",
)
FIELDS = {"hostNetwork": "network", "hostPID": "processes", "hostIPC": "IPC"}


def check(release: Release) -> Iterator[Violation]:
    """Yield each namespace of the node that a pod shares."""
    for pod in release.pods:
        for field, shared in FIELDS.items():
            value = pod.spec.get(field)
            if value is not None and value is not False:
                yield fail(pod, (field,), f"the pod shares the node's {shared}: {field} is set")
