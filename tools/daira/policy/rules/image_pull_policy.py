"""The pull policy fits the tag: what can move is always pulled, and nothing relies on what a node happens to hold.

What it checks:
    `imagePullPolicy` is Always, IfNotPresent or unset. IfNotPresent is refused for an image without a version (no tag,
    `latest`, or a moving tag such as `main`), also where it is only the default of such a tag; Never is always refused.

Why:
    With IfNotPresent a node keeps the first `main` it ever pulled, so that each node runs other code. With Never a pod
    starts only where somebody has put the image by hand.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:latest
          imagePullPolicy: IfNotPresent

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          imagePullPolicy: IfNotPresent

Fix:
    Name one version of the image, or set imagePullPolicy: Always.

Standard:
    Kubernetes, "Images", "Image pull policy". kube-score's container-image-pull-policy and checkov's CKV_K8S_15 want
    Always for every image; for an image that names one version IfNotPresent gives the same bytes without asking the
    registry at every start, so it is accepted here.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.image import floating, images, unpinned
from daira.policy.facts.quantity import said
from daira.policy.rule import Rule, Violation
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("image-scanning",),
    standards=("kubernetes:images", "checklist:image-scanning"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each pull policy that does not fit its image."""
    for image, found in images(release):
        policy = image.policy
        if policy == "Always" or (policy == "IfNotPresent" and found.digest):
            continue
        if policy == "Never":
            message = f"imagePullPolicy Never: {image.reference} runs only on nodes that happen to hold it"
        elif policy not in (None, "", "IfNotPresent"):
            message = f"imagePullPolicy is {said(policy)}, which is none of Always, IfNotPresent, Never"
        elif floating(found) or (policy == "IfNotPresent" and unpinned(found)):
            message = f"{image.reference} can move, and a node that once pulled it never asks again (IfNotPresent)"
        else:
            continue
        yield Violation(image.object, image.policy_path, message)
