"""Every container names an image that a container runtime can read.

What it checks:
    `image` is there and follows the grammar `[registry[:port]/]path[:tag][@algorithm:hex]`: the path in lower case, the
    tag at most 128 letters, digits, `_`, `.` and `-`, a sha256 digest of 64 hex digits. Image volumes likewise.
    Left-over placeholders such as `${TAG}` are found by it.

Why:
    The API server takes nearly any text; the pod then hangs in InvalidImageName, after the rollout has begun.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: Shop/Web:1.4.2

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: registry.example.com:5000/shop/web:1.4.2

Fix:
    Write the image as [registry[:port]/]path:tag, the path in lower case and without spaces.

Standard:
    The reference grammar of the container runtimes (distribution/reference), as the kubelet applies it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.image import images_of, parse
from daira.policy.facts.quantity import said
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("image-scanning", "reliability"),
    standards=("kubernetes:images", "checklist:image-scanning"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each image that is missing or can't be read."""
    for pod in release.pods:
        for image in images_of(pod):
            given = image.reference
            if given is None or given == "":
                yield Violation(image.object, image.path, "there is no image")
            elif not isinstance(given, str):
                yield Violation(image.object, image.path, f"the image is {said(given)} and not a text")
            elif parse(given) is None:
                yield Violation(image.object, image.path, f"{said(given)!r} is not the name of an image")
