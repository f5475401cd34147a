"""No environment variable is set twice in a container.

What it checks:
    The names in each container's env are different; init, sidecar and ephemeral containers too. A name that envFrom
    brings as well is not asked: env goes first by design.

Why:
    The last one wins silently, and server-side apply refuses the list.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, env: [{name: X, value: a}, {name: X, value: b}]}]}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, env: [{name: X, value: a}, {name: Y, value: b}]}]}

Fix:
    Remove one of the two.

Standard:
    kube-linter's duplicate-env-var, kube-score's "Environment Variable Key Duplication". Names are case-sensitive.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings, text

RULE = Rule(
    severity="error",
    groups=("reliability", "hygiene"),
    standards=("kubernetes:define-environment-variable-container",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each variable that is set again."""
    for container in release.containers:
        seen: set[str] = set()
        for index, variable in mappings(container.data.get("env")):
            name = text(variable.get("name"))
            if name and name in seen:
                yield fail(container, ("env", index, "name"), f"variable {name} is set twice")
            seen.add(name)
