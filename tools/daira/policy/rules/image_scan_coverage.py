"""CI scans the images that are deployed.

What it checks:
    Each image of the workloads in the input is scanned by a step that can fail the build: its repository is named
    there, with the same tag where both are written out. A matrix and the environment are resolved; where a tag is made
    by the pipeline (`app:${{ github.sha }}`) the repository is enough. The registry's name is not compared, because a
    mirror holds the same images. What a step scans by an expression that can't be resolved is undecidable. Images with
    `imagePullPolicy: Never` are made on the node and not asked.

Why:
    The list of scanned images is written once and then forgotten: what is deployed today is another version, or the
    database next to the application, which nobody ever scanned.

Bad:
    name: CI
    on: [push]
    jobs:
      scan:
        runs-on: ubuntu-24.04
        steps:
          - run: trivy image --exit-code 1 shop/web:1.4.1
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: shop/web:1.4.2

Good:
    name: CI
    on: [push]
    jobs:
      scan:
        runs-on: ubuntu-24.04
        steps:
          - run: trivy image --exit-code 1 shop/web:1.4.2
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: shop/web:1.4.2

Fix:
    Add the image to the scanning step, for example to its matrix.

Standard:
    The checklist's own; no peer compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.image import Reference, images_of, parse, short
from daira.policy.facts.pipelines import pipelines, scans
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("image-scanning",),
    standards=("checklist:image-scanning",),
    decides="project",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each deployed image that is not scanned."""
    found = [scan for owner in pipelines(release) for scan in scans(owner) if scan.verdict != "cannot"]
    if not found:
        return  # image-scan-in-ci says so
    deployed = sorted(
        {
            image.reference
            for pod in release.all_pods
            for image in images_of(pod)
            if isinstance(image.reference, str) and image.policy != "Never"
        }
    )
    if not deployed:
        needed = "no workload is in the input: give the chart or the manifests whose images are deployed"
        yield undecidable(None, (), needed)
        return
    scanned: dict[str, set[str]] = {}
    open_ended = False
    for scan in found:
        open_ended |= not scan.images
        for given in scan.images:
            name, expression, _ = given.partition("$")
            target = parse(name.rstrip(":@") if expression else given)
            if target is not None and (not expression or name.endswith((":", "@"))):
                scanned.setdefault(short(target), set()).add("" if expression else _version(target))
            open_ended |= bool(expression) and not name.endswith((":", "@"))
    for image in deployed:
        wanted = parse(image)
        if wanted is None:
            continue
        versions = scanned.get(short(wanted), set())
        if "" in versions or _version(wanted) in versions:
            continue
        if versions:
            others = ", ".join(sorted(versions))
            yield fail(found[0].object, found[0].path, f"{image} is deployed, and what is scanned of it is {others}")
        elif open_ended:
            needed = f"whether {image} is scanned can't be seen: what the step scans is made when it runs"
            yield undecidable(found[0].object, found[0].path, needed)
        else:
            yield fail(found[0].object, found[0].path, f"{image} is deployed and no step scans it")


def _version(found: Reference) -> str:
    return found.tag or found.digest or "latest"
