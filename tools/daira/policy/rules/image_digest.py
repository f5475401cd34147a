"""In production images are named by their digest.

What it checks:
    Every image has a digest (`name:tag@sha256:…`). Asked in an environment that is called production (or prod, prd,
    live) and where no environment is known, as with plain manifests; not in the others, which may follow tags.

Why:
    A tag can be moved to other bytes after the scan and after the signature. A digest is the bytes: what was scanned is
    what runs, on every node and after every rollback.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2@sha256:2d7a1f0c5e8b4e6f9a3c7d1b5e0f8a2c4d6e8f0a1b3c5d7e9f1a2b4c6d8e0f12

Fix:
    Add the digest that the build or the registry printed, for example web:1.4.2@sha256:…; in a chart by image.digest.

Standard:
    checkov's CKV_K8S_43, kyverno's require-image-checksum, gatekeeper's imagedigests: they ask in every environment,
    this rule in production.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.image import images
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("image-scanning",),
    standards=("kubernetes:images", "checklist:image-scanning"),
    decides="object",
)
PRODUCTION = ("prod", "prd", "live")


def check(release: Release) -> Iterator[Violation]:
    """Yield each image without a digest."""
    if release.environment is not None and not release.environment.lower().startswith(PRODUCTION):
        return
    for image, found in images(release):
        if not found.digest:
            yield Violation(image.object, image.path, f"the image {image.reference} has no digest")
