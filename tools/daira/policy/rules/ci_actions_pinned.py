"""Actions of CI workflows are pinned by their commit.

What it checks:
    Each `uses:` of a workflow's steps and jobs ends in a full commit (40 or 64 hex digits), and each `docker://` image
    in a digest. Actions of the repository itself (`./…`) are not asked.

Why:
    A tag can be moved by whoever takes the action over, as has happened to scanning actions: the next run then
    executes foreign code with the pipeline's secrets.

Bad:
    name: CI
    on: [push]
    jobs:
      scan:
        runs-on: ubuntu-24.04
        steps:
          - uses: anchore/scan-action@v7

Good:
    name: CI
    on: [push]
    jobs:
      scan:
        runs-on: ubuntu-24.04
        steps:
          - uses: anchore/scan-action@e1165082ffb1fe366ebaf02d8526e7c4989ea9d2 # v7.4.0

Fix:
    Replace the tag by the commit that it stands for, with the tag as a comment behind it.

Standard:
    GitHub, "Security hardening for GitHub Actions"; zizmor's unpinned-uses accepts tags of GitHub's own actions, this
    rule does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.pipelines import WORKFLOW
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release, mapping, mappings

RULE = Rule(
    severity="warning",
    groups=("image-scanning",),
    standards=("checklist:image-scanning",),
    decides="project",
)
LENGTHS = (40, 64)


def check(release: Release) -> Iterator[Violation]:
    """Yield each action that is named by something that can move."""
    there = False
    for owner in release.of(WORKFLOW):
        there = True
        for name, job in mapping(owner.data.get("jobs")).items():
            if not isinstance(name, str) or not isinstance(job, dict):
                continue
            if _moves(job.get("uses")):
                yield fail(owner, ("jobs", name, "uses"), f"{job['uses']} is not pinned by a commit")
            for index, step in mappings(job.get("steps")):
                if _moves(step.get("uses")):
                    path = ("jobs", name, "steps", index, "uses")
                    yield fail(owner, path, f"{step['uses']} is not pinned by a commit")
    if not there and release.leads:
        yield undecidable(None, (), "no GitHub workflow is in the input: give .github/workflows/*.yml")


def _moves(uses: object) -> bool:
    if not isinstance(uses, str) or uses.startswith("./"):
        return False
    if uses.startswith("docker://"):
        return "@sha256:" not in uses
    reference = uses.partition("@")[2]
    return len(reference) not in LENGTHS or any(letter not in "0123456789abcdef" for letter in reference)
