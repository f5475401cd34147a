"""Images have a tag, and it is not `latest`.

What it checks:
    Every image of a pod (init, sidecar and ephemeral containers and image volumes included) has a tag other than
    `latest`, or a digest. A colon that belongs to the registry's port is no tag.

Why:
    What `latest` names changes without a release: two pods of one rollout may run different code, and a rollback brings
    nothing back.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: registry.example.com:5000/shop/web

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
    Name the version that was tested, for example image: web:1.4.2, or its digest.

Standard:
    Kubernetes, "Images"; kube-linter's latest-tag, kube-score's container-image-tag, checkov's CKV_K8S_14, trivy's
    KSV-0013. As with kube-linter a digest is enough, whatever the tag. kube-score takes a registry's port for a tag.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.image import images, unpinned
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("image-scanning",),
    standards=("kubernetes:images", "checklist:image-scanning"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each image without a tag, or with latest."""
    for image, found in images(release):
        if unpinned(found):
            said = f"the image {image.reference} has "
            yield Violation(
                image.object, image.path, said + ("the tag latest" if found.tag else "no tag: it is latest")
            )
