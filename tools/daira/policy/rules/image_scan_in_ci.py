"""CI scans images for vulnerabilities, in a step that can fail the build.

What it checks:
    Some workflow of the repository has a step that calls an image scanner (trivy, grype, docker scout, snyk, clair,
    osv-scanner and others, as an action or on a command line), and a finding makes that step fail: its exit code or
    severity is set where the scanner needs that, and nothing swallows it (`continue-on-error: true`, `|| true`, a pipe
    without pipefail, `if: false`, GitLab's `allow_failure`, a workflow that only a clock starts). A scan of files, of
    configuration or of a repository is none of images.

Why:
    A scan whose result stops nothing is read by nobody: the image with the known hole is deployed all the same.

Bad:
    name: CI
    on: [push]
    jobs:
      scan:
        runs-on: ubuntu-24.04
        steps:
          - uses: aquasecurity/trivy-action@0123456789abcdef0123456789abcdef01234567
            with:
              image-ref: shop/web:1.4.2

Good:
    name: CI
    on: [push]
    jobs:
      scan:
        runs-on: ubuntu-24.04
        steps:
          - uses: aquasecurity/trivy-action@0123456789abcdef0123456789abcdef01234567
            with:
              image-ref: shop/web:1.4.2
              severity: CRITICAL
              exit-code: "1"

Fix:
    Add a scanning step that fails on findings (trivy: exit-code 1; grype: fail-on), and let nothing swallow that.

Standard:
    The checklist's own; NSA/CISA asks for images to be scanned, and no peer looks for it in CI.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.pipelines import pipelines, scans, unseen
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("image-scanning",),
    standards=("checklist:image-scanning",),
    decides="project",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield what keeps the scans from failing the build, or that there is none."""
    owners = pipelines(release)
    if not owners:
        if release.leads:
            needed = "no CI workflow is in the input: give .github/workflows/*.yml or .gitlab-ci.yml"
            yield undecidable(None, (), needed)
        return
    found = [scan for owner in owners for scan in scans(owner)]
    if any(scan.verdict == "can" for scan in found):
        return
    if found:
        for scan in found:
            if scan.verdict == "maybe":
                needed = f"whether {scan.tool} can fail the build depends on a value that is not here: {scan.reason}"
                yield undecidable(scan.object, scan.path, needed)
            else:
                yield fail(scan.object, scan.path, f"{scan.tool} scans and can't fail the build: {scan.reason}")
        return
    elsewhere = [(owner, path, called) for owner in owners for path, called in unseen(owner)]
    for owner, path, called in elsewhere:
        yield undecidable(
            owner, path, f"whether `{called}` scans images and can fail can't be seen here: give its file too"
        )
    if not elsewhere:
        yield fail(owners[0], (), f"none of the {len(owners)} workflows scans images")
