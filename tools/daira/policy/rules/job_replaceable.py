"""A Job of a chart can be upgraded.

What it checks:
    In a chart's render, a Job that is no Helm hook has a generateName, a name that ends in a hash, number or
    version (so that a new template brings a new name), or a ttlSecondsAfterFinished, after which the old one is
    gone.

Why:
    A Job's pod template can't be changed: the first upgrade with a new image is refused while the old Job is there.

Bad:
    {apiVersion: batch/v1, kind: Job, metadata: {name: migrate}, spec: {template: {spec: {restartPolicy: Never}}}}

Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate-4b6c4183}
    spec: {template: {spec: {restartPolicy: Never}}}

Fix:
    Put a hash of the Job's template at the end of its name, or make it a hook.

Standard:
    The migration pains of many charts; no peer has it. One render can't show that the name changes: a name that
    ends like a hash is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, integer, text

RULE = Rule(
    severity="warning",
    groups=("hygiene", "reliability"),
    standards=("kubernetes:job",),
    decides="object",
)
CHANGING = re.compile(r".*[-.]v?([0-9]+|(?=[a-f0-9]*[0-9])[a-f0-9]{5,}|(?=[a-z]*[0-9])[a-z0-9]{8,})")


def check(release: Release) -> Iterator[Violation]:
    """Yield each Job whose next version would be refused."""
    if not release.chart:
        return
    for job in release.of("Job"):
        name = text(job.metadata.get("name"))
        if not name or "helm.sh/hook" in job.annotations or CHANGING.fullmatch(name):
            continue
        if integer(job.spec.get("ttlSecondsAfterFinished")) is None:
            message = f"the name {name} stays while the template changes, which is refused"
            yield fail(job, ("metadata", "name"), message)
