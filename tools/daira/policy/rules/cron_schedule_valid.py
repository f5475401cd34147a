"""A CronJob's schedule is one Kubernetes reads.

What it checks:
    spec.schedule has five fields in their ranges (names of months and days too), or is a macro (@daily, @every 1h), and
    no TZ= or CRON_TZ= in front: the time zone belongs into spec.timeZone.

Why:
    The API server refuses other schedules.

Bad:
    {apiVersion: batch/v1, kind: CronJob, metadata: {name: night}, spec: {schedule: "0 25 * * *"}}

Good:
    {apiVersion: batch/v1, kind: CronJob, metadata: {name: night}, spec: {schedule: "0 1 * * *", timeZone: Etc/UTC}}

Fix:
    Write minute, hour, day of the month, month and day of the week.

Standard:
    Kubernetes' cron library (robfig/cron, standard parser); no peer has it. A day of the week is 0 to 6 there, not 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:cron-jobs",),
    decides="object",
)
MONTHS = dict(
    zip(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), range(1, 13), strict=True)
)
DAYS = dict(zip(("sun", "mon", "tue", "wed", "thu", "fri", "sat"), range(7), strict=True))
FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 6, DAYS),
)
MACROS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
EVERY = re.compile(r"@every ([0-9.]+(ns|us|µs|ms|s|m|h))+")


def check(release: Release) -> Iterator[Violation]:
    """Yield each schedule that is refused."""
    for job in release.of("CronJob"):
        reason = _wrong(job.spec.get("schedule"))
        if reason:
            yield fail(job, ("spec", "schedule"), reason)


def _wrong(schedule: object) -> str:
    if not isinstance(schedule, str) or not schedule.strip():
        return "schedule is not set"
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        return "the time zone belongs into timeZone, not into the schedule"
    if schedule.startswith("@"):
        known = schedule in MACROS or EVERY.fullmatch(schedule)
        return "" if known else f"{schedule} is no schedule"
    fields = schedule.split()
    if len(fields) != len(FIELDS):
        return f"the schedule {schedule!r} has {len(fields)} fields, not 5"
    for given, (name, low, high, names) in zip(fields, FIELDS, strict=True):
        if not all(_part(part, low, high, names) for part in given.split(",")):
            return f"{given} is no {name}"
    return ""


def _part(part: str, low: int, high: int, names: dict[str, int]) -> bool:
    span, slash, step = part.partition("/")
    if slash and (not step.isdecimal() or int(step) == 0):
        return False
    if span in ("*", "?"):
        return True
    first, dash, last = span.partition("-")
    start = _number(first, names)
    end = _number(last, names) if dash else start
    return start is not None and end is not None and low <= start <= end <= high


def _number(word: str, names: dict[str, int]) -> int | None:
    if word.isdecimal() and word.isascii():
        return int(word)
    return names.get(word.lower())
