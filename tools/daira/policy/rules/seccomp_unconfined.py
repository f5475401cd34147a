"""No seccomp profile is turned off.

What it checks:
    Where a pod or a container sets `securityContext.seccompProfile`, its type is RuntimeDefault or Localhost. The
    annotations of Kubernetes before 1.19 are not looked at: from 1.25 the standard reads the field alone.

Why:
    The runtime's profile keeps a container from some sixty system calls that it never needs and that exploits of
    the kernel do.

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
            seccompProfile:
              type: Unconfined

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
    Set the type of seccompProfile to RuntimeDefault or Localhost.

Standard:
    Pod Security Standards, baseline, "Seccomp": a profile may be absent. At the restricted level upstream replaces
    it by what seccomp-profile checks, so it is not in the group pss-restricted. A profile without a type is
    refused, as by the API server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Pod, Release, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline"),
    standards=("pss:seccompProfile_baseline", "nsa:C-0055", "cis:5.6.2", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each profile that is none of the allowed ones."""
    places: Iterable[Pod | Container] = chain(release.pods, release.containers)
    for place in places:
        profile = place.security.get("seccompProfile")
        if profile is not None:
            kind = mapping(profile).get("type")
            if kind not in ("RuntimeDefault", "Localhost"):
                path = ("securityContext", "seccompProfile", "type")
                yield fail(place, path, f"the seccomp profile is {kind or 'without a type'}")
