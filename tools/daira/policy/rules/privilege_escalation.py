"""No container's process may get more privileges than its parent.

What it checks:
    Every container, init, sidecar and ephemeral ones included, sets `securityContext.allowPrivilegeEscalation:
    false`. The pod has no such field, and absent means true. Windows pods (`os.name: windows`) are not asked: the
    field is refused there.

Why:
    With false the kernel ignores set-user-ID bits and file capabilities (no_new_privs): a forgotten sudo or a buggy
    helper makes no root out of an ordinary user.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
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
          securityContext:
            allowPrivilegeEscalation: false

Fix:
    Set securityContext.allowPrivilegeEscalation: false in every container.

Standard:
    Pod Security Standards, restricted, "Privilege Escalation". kube-linter's privilege-escalation-container fails
    only an explicit true; the standard wants the explicit false.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-restricted"),
    standards=("pss:allowPrivilegeEscalation", "nsa:C-0016", "cis:5.2.6", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container that may escalate."""
    for container in release.containers:
        value = container.security.get("allowPrivilegeEscalation")
        if value is not False and not container.pod.windows:
            said = "not set to false" if value is None else "not false"
            path = ("securityContext", "allowPrivilegeEscalation")
            yield fail(container, path, f"allowPrivilegeEscalation is {said}")
