"""A CronJob does not pile up: it says what happens when a run is late, long or failed.

What it checks:
    Each CronJob sets startingDeadlineSeconds (at least 10, which is how often the controller looks) and a
    concurrencyPolicy of Forbid or Replace, and keeps a failed run (failedJobsHistoryLimit is not 0).

Why:
    By default slow runs overlap without end, a suspended or late CronJob may stop for good after 100 missed runs, and
    a failure leaves nothing to look at.

Bad:
    {apiVersion: batch/v1, kind: CronJob, metadata: {name: backup}, spec: {schedule: "@daily"}}

Good:
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup}
    spec: {schedule: "@daily", startingDeadlineSeconds: 600, concurrencyPolicy: Forbid}

Fix:
    Set startingDeadlineSeconds, and concurrencyPolicy: Forbid.

Standard:
    kube-score's "CronJob has deadline", polaris' missing concurrency checks; an overlap that is meant is for an
    exemption with a reason.
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
    """Yield what each CronJob leaves open."""
    for job in release.of("CronJob"):
        deadline = integer(job.spec.get("startingDeadlineSeconds"))
        if deadline is None or deadline < 10:
            said = "is not set" if deadline is None else f"is {deadline}, the controller looks every 10 s"
            yield fail(job, ("spec", "startingDeadlineSeconds"), f"startingDeadlineSeconds {said}")
        if job.spec.get("concurrencyPolicy") not in ("Forbid", "Replace"):
            yield fail(job, ("spec", "concurrencyPolicy"), "runs may overlap without end")
        if integer(job.spec.get("failedJobsHistoryLimit")) == 0:
            yield fail(job, ("spec", "failedJobsHistoryLimit"), "a failed run leaves nothing to look at")
