"""No container is privileged.

What it checks:
    No container, init, sidecar and ephemeral ones included, sets `securityContext.privileged` to true.

Why:
    A privileged container has every capability and every device of the node: who gets into it has the node.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          securityContext:
            privileged: true

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          securityContext:
            privileged: false

Fix:
    Remove privileged from the container's securityContext, and add the one capability that is needed instead.

Standard:
    Pod Security Standards, baseline, "Privileged Containers". kube-linter's privileged-container, checkov's
    CKV_K8S_16 and kubescape's C-0057 mean the same field.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=("pss:privileged", "nsa:C-0057", "cis:5.2.2", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each privileged container."""
    for container in release.containers:
        value = container.security.get("privileged")
        if value is not None and value is not False:
            yield fail(container, ("securityContext", "privileged"), "the container is privileged")
