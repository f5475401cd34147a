"""A CronJob says how late a run may start.

What it checks:
    Each CronJob sets startingDeadlineSeconds, to at least 10, which is how often the controller looks.

Why:
    Without it a CronJob stops for good after 100 missed runs, and a late run starts at any time of the day.

Bad:
    {apiVersion: batch/v1, kind: CronJob, metadata: {name: backup}, spec: {schedule: "@daily"}}

Good:
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup}
    spec: {schedule: "@daily", startingDeadlineSeconds: 600}

Fix:
    Set startingDeadlineSeconds to how late a run may start.

Standard:
    kube-score's "CronJob has deadline"; here a deadline that is too short fails as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, integer

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:cron-jobs",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each CronJob without a deadline that works."""
    for job in release.of("CronJob"):
        deadline = integer(job.spec.get("startingDeadlineSeconds"))
        if deadline is None or deadline < 10:
            said = "is not set" if deadline is None else f"is {deadline}, the controller looks every 10 s"
            yield fail(job, ("spec", "startingDeadlineSeconds"), f"startingDeadlineSeconds {said}")
