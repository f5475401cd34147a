"""Every container runs with a seccomp profile.

What it checks:
    Every container's effective `seccompProfile` (its own, else the pod's) has the type RuntimeDefault or Localhost,
    and no other type stands anywhere, not even on a pod whose containers all say better. Windows pods (`os.name:
    windows`) are not asked.

Why:
    Without a profile a container may make every system call; the runtime's profile leaves out those that exploits
    of the kernel are made of. Kubernetes sets none by itself unless each kubelet is told to.

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
      securityContext:
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: nginx
          image: nginx:1.29

Fix:
    Set securityContext.seccompProfile.type: RuntimeDefault on the pod, and nothing else on its containers.

Standard:
    Pod Security Standards, restricted, "Seccomp". checkov's CKV_K8S_31 fails Localhost, accepts the annotations of
    Kubernetes before 1.19, which do not count here, and does not look at init containers.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-restricted"),
    standards=("pss:seccompProfile_restricted", "nsa:C-0055", "cis:5.6.2", "checklist:non-root"),
    decides="object",
)
PROFILE = ("securityContext", "seccompProfile")
TYPE = (*PROFILE, "type")
ALLOWED = ("RuntimeDefault", "Localhost")


def check(release: Release) -> Iterator[Violation]:
    """Yield each wrong profile, and each container that has none where the pod has none either."""
    for pod in release.pods:
        if pod.windows:
            continue
        shared = pod.security.get("seccompProfile")
        if shared is not None:
            kind = mapping(shared).get("type")
            if kind not in ALLOWED:
                yield fail(pod, TYPE, f"the seccomp profile is {kind or 'without a type'}")
        for container in pod.containers:
            own = container.security.get("seccompProfile")
            if own is not None:
                kind = mapping(own).get("type")
                if kind not in ALLOWED:
                    yield fail(container, TYPE, f"the seccomp profile is {kind or 'without a type'}")
            elif shared is None:
                yield fail(container, PROFILE, "neither the container nor its pod has a seccomp profile")
