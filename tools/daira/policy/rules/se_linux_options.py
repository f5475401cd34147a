"""No SELinux user or role is set, and no type but those of containers.

What it checks:
    Where a pod or a container sets `securityContext.seLinuxOptions`, its `user` and `role` are empty, and its
    `type` is empty or one of container_t, container_init_t, container_kvm_t and, from Kubernetes 1.31,
    container_engine_t. `level` is free.

Why:
    On nodes with SELinux the type is the wall around a container; spc_t, for example, is no wall at all.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        seLinuxOptions:
          type: spc_t
      containers:
        - name: nginx
          image: nginx:1.29

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        seLinuxOptions:
          level: "s0:c123,c456"
      containers:
        - name: nginx
          image: nginx:1.29

Fix:
    Remove user and role from seLinuxOptions, and use one of the container types or none.

Standard:
    Pod Security Standards, baseline, "SELinux". An empty mapping and empty strings are fine, an unknown type is
    not. kubescape's C-0055 is content when any SELinux option is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Pod, Release

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=("pss:seLinuxOptions", "nsa:C-0055", "cis:5.6.3", "checklist:non-root"),
    decides="object",
)
TYPES = (None, "", "container_t", "container_init_t", "container_kvm_t")
TYPES_SINCE_1_31 = (*TYPES, "container_engine_t")


def check(release: Release) -> Iterator[Violation]:
    """Yield each forbidden type, user and role."""
    types = TYPES_SINCE_1_31 if release.kube_version >= (1, 31) else TYPES
    places: Iterable[Pod | Container] = chain(release.pods, release.containers)
    for place in places:
        options = place.security.get("seLinuxOptions")
        if not isinstance(options, dict):
            continue
        for field in ("type", "user", "role"):
            value = options.get(field)
            if value not in (types if field == "type" else (None, "")):
                yield fail(place, ("securityContext", "seLinuxOptions", field), f"the SELinux {field} is {value}")
