"""Image tags name one version, not whatever is newest of a line.

What it checks:
    An image's tag is no moving name: it has a digit (`stable`, `main` and `alpine` have none) and more than a major
    version (`18-alpine`, `v2`). A commit, a date, a second number or a digest makes it one version. Two numbers
    (`15.18`, `1.29`) are accepted, because for some projects that is the whole version.

Why:
    Nodes that pulled at different times run different code under one name, a scan's result is true for another image
    than the one that runs, and a rollback brings nothing back.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: node:24-alpine

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: node:24.11.1-alpine3.22

Fix:
    Write the full version, for example 24.11.1-alpine3.22 and not 24-alpine, or add a digest.

Standard:
    Kubernetes, "Images" ("avoid the tag that moves"). Peers look for `latest` alone (image-tag-latest).
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.image import floating, images
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("image-scanning",),
    standards=("kubernetes:images", "checklist:image-scanning"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each image whose tag moves."""
    for image, found in images(release):
        if floating(found):
            yield Violation(image.object, image.path, f"the tag {found.tag} of {image.reference} names what is newest")
