"""No API version that is used is deprecated in the Kubernetes it is for.

What it checks:
    The apiVersion and kind of each object are not deprecated in the version that is judged for (--kube-version). What
    is removed already is the rule removed-api's.

Why:
    A deprecated API goes away a few versions later, and then the object can no longer be applied.

Bad:
    apiVersion: v1
    kind: Endpoints
    metadata:
      name: outside

Good:
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata:
      name: outside
    addressType: IPv4
    endpoints: []

Fix:
    Write the apiVersion that the message names.

Standard:
    Kubernetes' deprecated API migration guide and the lifecycle that its Go types declare. The apiserver's warnings
    say the same; Pluto does not know Endpoints, deprecated since 1.33.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.deprecations import deprecation
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("deprecated-api",),
    standards=("kubernetes:reference/using-api/deprecation-guide",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each object whose API version is going away."""
    minor = release.kube_version[1]
    for item in release.subjects:
        found = deprecation(item)
        if found and found.deprecated <= minor and (found.removed is None or found.removed > minor):
            end = f" and removed in 1.{found.removed}" if found.removed else ""
            what = f"{item.api_version} {item.data['kind']} is deprecated since Kubernetes 1.{found.deprecated}{end}"
            yield fail(item, ("apiVersion",), f"{what}: {found.advice}")
