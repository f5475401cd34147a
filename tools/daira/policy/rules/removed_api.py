"""Every API version that is used is served by the Kubernetes it is for.

What it checks:
    The apiVersion and kind of each object are not removed in the version that is judged for (--kube-version). The
    table is made from Kubernetes' own Go sources and proved by the API schemas of each version from 1.25 on.

Why:
    The apiserver refuses such an object, and an upgrade of the cluster makes the next `helm upgrade` fail.

Bad:
    apiVersion: batch/v1beta1
    kind: CronJob
    metadata:
      name: backup

Good:
    apiVersion: batch/v1
    kind: CronJob
    metadata:
      name: backup

Fix:
    Write the apiVersion that the message names.

Standard:
    Kubernetes' deprecated API migration guide. Pluto knows the same removals, but not when alphas really went;
    kube-score's stable-version and kube-linter's no-extensions-v1beta know some of them and no target version.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.deprecations import deprecation
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("deprecated-api",),
    standards=("kubernetes:reference/using-api/deprecation-guide",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each object whose API version is gone."""
    minor = release.kube_version[1]
    for item in release.subjects:
        found = deprecation(item)
        if found and found.removed is not None and found.removed <= minor:
            what = f"{item.api_version} {item.data['kind']} is removed since Kubernetes 1.{found.removed}"
            yield fail(item, ("apiVersion",), f"{what}: {found.advice}")
