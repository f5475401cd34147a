"""A pod has time to end after its preStop hook.

What it checks:
    terminationGracePeriodSeconds (default 30) is longer than each container's preStop sleep: the sleep action, exec
    [sleep, n], or sleeps in a shell's -c script, added up.

Why:
    The grace period includes the hook: when the sleep uses it up, the process is killed with its requests.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, lifecycle: {preStop: {sleep: {seconds: 30}}}}]}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      terminationGracePeriodSeconds: 45
      containers: [{name: a, lifecycle: {preStop: {sleep: {seconds: 10}}}}]

Fix:
    Raise terminationGracePeriodSeconds to the sleep and the time the process needs to drain.

Standard:
    Kubernetes' documentation of pod termination; no peer has it. What other commands take is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, deep, integer, items, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:pod-lifecycle",),
    decides="object",
)
SHELLS = ("sh", "bash", "ash", "dash")
SLEEP = re.compile(r"(?:^|[;&|\s])sleep\s+(\d{1,6})(?:\.\d*)?(s|m)?(?=$|[;&|\s])")


def check(release: Release) -> Iterator[Violation]:
    """Yield each container whose preStop hook uses the grace period up."""
    for container in release.containers:
        hook = deep(container.data, ("lifecycle", "preStop"))
        if not isinstance(hook, dict):
            continue
        given = container.pod.spec.get("terminationGracePeriodSeconds")
        grace = 30 if given is None else integer(given)
        asleep = integer(deep(hook, ("sleep", "seconds")))
        if asleep is None:
            asleep = _command([text(word) for word in items(deep(hook, ("exec", "command")))])
        if grace is not None and asleep and asleep >= grace:
            message = f"preStop sleeps {asleep} s of {grace} s that the pod has to end"
            yield fail(container, ("lifecycle", "preStop"), message)


def _command(words: list[str]) -> int:
    if not words:
        return 0
    program = words[0].rpartition("/")[2]
    script = " ".join(["sleep", *words[1:]]) if program == "sleep" else ""
    if program in SHELLS and "-c" in words[1:-1]:
        script = words[words.index("-c") + 1]
    return sum(int(number) * (60 if unit == "m" else 1) for number, unit in SLEEP.findall(script))
