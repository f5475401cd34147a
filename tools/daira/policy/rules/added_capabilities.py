"""Containers add no capability beyond a runtime's default set.

What it checks:
    Every entry of a container's `securityContext.capabilities.add` is one of those that a container runtime gives
    anyway: AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID,
    SETPCAP, SETUID, SYS_CHROOT. The names are compared as they are written, without a CAP_ in front.

Why:
    NET_RAW lets a container forge packets of its neighbours, SYS_ADMIN is nearly all of root.

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
            capabilities:
              add: [NET_RAW]

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
            capabilities:
              add: [NET_BIND_SERVICE]

Fix:
    Remove the capability from securityContext.capabilities.add, or do what needs it in a workload of its own that
    is exempted.

Standard:
    Pod Security Standards, baseline, "Capabilities". At the restricted level upstream replaces it by what
    drop-capabilities checks, so it is not in the group pss-restricted. checkov's CKV_K8S_25 and trivy's KSV-0022
    fail any added capability, NET_BIND_SERVICE included; checkov's CKV_K8S_39 fails only SYS_ADMIN.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, items, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline"),
    standards=("pss:capabilities_baseline", "nsa:C-0046", "cis:5.2.8", "cis:5.2.9", "checklist:non-root"),
    decides="object",
)
# A tuple, because what stands in a manifest need not be hashable.
DEFAULT_SET = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each capability that is added beyond the default set."""
    for container in release.containers:
        for index, name in enumerate(items(mapping(container.security.get("capabilities")).get("add"))):
            if name not in DEFAULT_SET:
                path = ("securityContext", "capabilities", "add", index)
                yield fail(container, path, f"the capability {name} is added, which is not in the default set")
