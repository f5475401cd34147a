"""No container is a process of its Windows node.

What it checks:
    Neither a pod nor a container sets `securityContext.windowsOptions.hostProcess` to true, whatever `os.name`
    says.

Why:
    A HostProcess container runs on the node itself, with its network and its files: it is Windows' privileged.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      os: {name: windows}
      hostNetwork: true
      securityContext:
        windowsOptions:
          hostProcess: true
      containers:
        - name: agent
          image: registry.example.com/agent:1.0

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      os: {name: windows}
      securityContext:
        windowsOptions:
          runAsUserName: ContainerUser
      containers:
        - name: agent
          image: registry.example.com/agent:1.0

Fix:
    Remove hostProcess from windowsOptions.

Standard:
    Pod Security Standards, baseline, "HostProcess". A container that says false where its pod says true does not
    help: the pod is found, as by the API server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Container, Pod, Release, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=("pss:windowsHostProcess", "cis:5.2.10", "checklist:non-root"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each pod and container that runs on the node itself."""
    places: Iterable[Pod | Container] = chain(release.pods, release.containers)
    for place in places:
        value = mapping(place.security.get("windowsOptions")).get("hostProcess")
        if value is not None and value is not False:
            yield fail(place, ("securityContext", "windowsOptions", "hostProcess"), "hostProcess is set")
