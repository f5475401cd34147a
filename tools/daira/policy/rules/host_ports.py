"""Containers take no port of the node.

What it checks:
    No port of a container, init, sidecar and ephemeral ones included, has a `hostPort` other than 0.

Why:
    A port of the node is open to everything that reaches the node, past Services and most NetworkPolicies, and only
    one such pod fits on a node.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          ports:
            - containerPort: 8080
              hostPort: 80

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          ports:
            - containerPort: 8080

Fix:
    Remove hostPort and expose the container with a Service.

Standard:
    Pod Security Standards, baseline, "Host Ports": the text lets a policy allow a list of known ports, the API
    server allows none, and neither does this rule. The ports that hostNetwork opens are host-namespaces' business.
    checkov's CKV_K8S_26 fails an explicit 0 too.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=("pss:hostPorts", "nsa:C-0044", "cis:5.2.12", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each port of the node that a container takes."""
    for container in release.containers:
        ports = container.data.get("ports")
        if ports:
            for index, port in mappings(ports):
                value = port.get("hostPort")
                if value is not None and value != 0:
                    yield fail(container, ("ports", index, "hostPort"), f"the container takes the node's port {value}")
