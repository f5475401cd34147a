"""No AppArmor profile is turned off.

What it checks:
    Where a pod or a container sets `securityContext.appArmorProfile`, its type is RuntimeDefault or Localhost.
    Where the pod has an annotation `container.apparmor.security.beta.kubernetes.io/…`, its value is
    runtime/default, localhost/… or empty. Both are looked at for every version, as upstream does, though the field
    came with 1.30 only.

Why:
    On nodes with AppArmor the runtime's profile keeps containers from mounting, from writing to /proc and /sys and
    from tracing others; "Unconfined" takes that away.

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
            appArmorProfile:
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
          securityContext:
            appArmorProfile:
              type: RuntimeDefault

Fix:
    Remove the profile, or set its type to RuntimeDefault or Localhost (as an annotation: runtime/default or
    localhost/<profile>).

Standard:
    Pod Security Standards, baseline, "AppArmor". A profile without a type is refused, as by the API server. An
    annotation counts whether a container of that name exists or not. That a profile is set at all is asked by no
    level of the standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Pod, Release, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=("pss:appArmorProfile", "nsa:C-0055", "cis:5.6.3", "checklist:non-root"),
    decides="object",
)
ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


def check(release: Release) -> Iterator[Violation]:
    """Yield each profile, by field or annotation, that is none of the allowed ones."""
    places: Iterable[Pod | Container] = chain(release.pods, release.containers)
    for place in places:
        profile = place.security.get("appArmorProfile")
        if profile is not None:
            kind = mapping(profile).get("type")
            if kind not in ("RuntimeDefault", "Localhost"):
                path = ("securityContext", "appArmorProfile", "type")
                yield fail(place, path, f"the AppArmor profile is {kind or 'without a type'}")
    for pod in release.pods:
        for key, value in pod.annotations.items():
            if isinstance(key, str) and key.startswith(ANNOTATION) and not _allowed(value):
                at = (*pod.metadata_path, "annotations", key)
                yield Violation(pod.object, at, f"the AppArmor profile is {value} by annotation")


def _allowed(value: object) -> bool:
    if isinstance(value, str):
        return value in ("", "runtime/default") or value.startswith("localhost/")
    return value is None
