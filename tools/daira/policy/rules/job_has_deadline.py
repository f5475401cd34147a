"""A Job ends, also when its program does not.

What it checks:
    Each Job and CronJob's Job sets activeDeadlineSeconds, on the Job or on its pod, and a backoffLimit, where it sets
    one, of at most 20.

Why:
    A Job that hangs waits for ever, and holds up the CronJob's next run or the release that waits for it.

Bad:
    {apiVersion: batch/v1, kind: Job, metadata: {name: migrate}, spec: {template: {spec: {restartPolicy: Never}}}}

Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec: {activeDeadlineSeconds: 1800, template: {spec: {restartPolicy: Never}}}

Fix:
    Set activeDeadlineSeconds to the longest run that is still acceptable.

Standard:
    Kubernetes' documentation of Jobs (Job termination and cleanup); no peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Path, Release, deep, integer, mapping

RULE = Rule(
    severity="info",
    groups=("reliability",),
    standards=("kubernetes:job",),
    decides="object",
)
MOST_TRIES = 20


def check(release: Release) -> Iterator[Violation]:
    """Yield each Job that may run or retry for ever."""
    for owner in release.of("Job", "CronJob"):
        where: Path = ("spec",) if owner.kind == "Job" else ("spec", "jobTemplate", "spec")
        spec = mapping(deep(owner.data, where))
        own = integer(spec.get("activeDeadlineSeconds"))
        if own is None and integer(deep(spec, ("template", "spec", "activeDeadlineSeconds"))) is None:
            yield fail(owner, (*where, "activeDeadlineSeconds"), "the Job has no deadline")
        tries = integer(spec.get("backoffLimit"))
        if tries is not None and tries > MOST_TRIES:
            yield fail(owner, (*where, "backoffLimit"), f"the Job is tried again {tries} times")
