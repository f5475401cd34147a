"""Containers drop all capabilities and add none but NET_BIND_SERVICE.

What it checks:
    Every container's `securityContext.capabilities.drop` holds "ALL", written like this, and its `add` nothing but
    "NET_BIND_SERVICE". Windows pods (`os.name: windows`) are not asked: Windows has no capabilities.

Why:
    A program that listens, reads and writes needs no capability; each one it holds is a tool for whoever takes it
    over.

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
              drop: [NET_RAW]

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
              drop: [ALL]

Fix:
    Set securityContext.capabilities.drop to [ALL] in every container, and add nothing but NET_BIND_SERVICE.

Standard:
    Pod Security Standards, restricted, "Capabilities". kube-linter's drop-net-raw-capability is content with
    NET_RAW alone. Listing every capability instead of ALL is not enough, and neither is "all" in small letters,
    which trivy's KSV-0003 accepts: the API server compares the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, items, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-restricted"),
    standards=("pss:capabilities_restricted", "nsa:C-0046", "cis:5.2.8", "cis:5.2.9", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each container that keeps capabilities, and each capability that is added."""
    for container in release.containers:
        if container.pod.windows:
            continue
        capabilities = mapping(container.security.get("capabilities"))
        if "ALL" not in items(capabilities.get("drop")):
            path = ("securityContext", "capabilities", "drop")
            yield fail(container, path, "the container does not drop all capabilities")
        for index, name in enumerate(items(capabilities.get("add"))):
            if name != "NET_BIND_SERVICE":
                added = ("securityContext", "capabilities", "add", index)
                yield fail(container, added, f"the capability {name} is added; only NET_BIND_SERVICE may be")
