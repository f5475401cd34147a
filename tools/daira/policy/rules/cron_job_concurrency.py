"""Runs of a CronJob do not pile up, and failed ones are kept.

What it checks:
    Each CronJob has a concurrencyPolicy of Forbid or Replace, and keeps a failed run (failedJobsHistoryLimit is not 0).

Why:
    By default runs that take longer than their interval overlap without end; a failure that is not kept leaves
    nothing to look at.

Bad:
    {apiVersion: batch/v1, kind: CronJob, metadata: {name: backup}, spec: {schedule: "@daily"}}

Good:
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup}
    spec: {schedule: "@daily", concurrencyPolicy: Forbid}

Fix:
    Set concurrencyPolicy: Forbid.

Standard:
    Kubernetes' documentation of CronJobs; an overlap that is meant is for an exemption with a reason. No peer has it.
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
        if job.spec.get("concurrencyPolicy") not in ("Forbid", "Replace"):
            yield fail(job, ("spec", "concurrencyPolicy"), "runs may overlap without end")
        if integer(job.spec.get("failedJobsHistoryLimit")) == 0:
            yield fail(job, ("spec", "failedJobsHistoryLimit"), "a failed run leaves nothing to look at")
