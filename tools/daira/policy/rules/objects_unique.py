"""No object is there twice.

What it checks:
    Of all objects of the release, no two have the same API group, kind, namespace and name. Objects without a name
    (generateName), and the files of a project, are not asked.

Why:
    The second one overwrites the first, or Helm refuses the release.

Bad:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "1"}}
    ---
    {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "2"}}

Good:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "1"}}
    ---
    {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {x: "2"}}

Fix:
    Rename or remove one of the two.

Standard:
    DAIRA's own; kubeconform and the linters judge each object alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.workloads import remembered
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, text

RULE = Rule(
    severity="error",
    groups=("hygiene",),
    standards=("kubernetes:names",),
    decides="release",
)
FILES = ("daira.dev/", "actions.github.com/", "kind.x-k8s.io/", "audit.k8s.io/", "apiserver.config.k8s.io/")


def check(release: Release) -> Iterator[Violation]:
    """Yield each object that is there already."""
    again = remembered(release, _again)
    for owner in release.subjects:
        if id(owner) in again:
            yield fail(owner, ("metadata", "name"), f"{owner!r} is there twice")


def _again(release: Release) -> set[int]:
    seen: set[tuple[str, str, str]] = set()
    again: set[int] = set()
    for owner in release.objects:
        name = text(owner.metadata.get("name"))
        if not name or owner.kind.startswith(FILES):
            continue
        # a kind of Kubernetes' own is one, whatever group and version it is spelt with
        key = (owner.kind, release.namespace_of(owner), name)
        if key in seen:
            again.add(id(owner))
        seen.add(key)
    return again
