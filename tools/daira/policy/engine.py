"""Rules applied to releases: every rule to every object, large inputs in as many processes as there are processors.

A rule that raises is a problem of the run and stops no other rule. Lines are looked up only for what was found.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import chain

from daira.policy.catalog import Entry, by_name
from daira.policy.rule import Violation
from daira.render.release import Object, Path, Release, deep, text
from daira.report.result import Finding, Problem, Result, Subject

# Below so many objects a second process costs more than it saves.
OBJECTS_PER_WORKER = 250
CONTAINERS = frozenset(["containers", "initContainers", "ephemeralContainers"])
NO_SUBJECT = Subject()

# file, line, column, whether that is a guess, the values key, its file and its line
Located = tuple[str, int, int, bool, str | None, str | None, int]
Locate = Callable[[Violation], Located]


def run(releases: Sequence[Release], project: Release, rules: Sequence[Entry], locate: Locate) -> Result:
    """Apply the rules.

    releases: one render or one set of manifests each. project: the repository's files and all manifests, for the rules
    that decide from the project; judged once. locate: where a violation is.
    """
    result = Result(by_name(), objects=sum(len(release.objects) for release in releases), rules=len(rules))
    by_object = [rule for rule in rules if rule.decides != "project"]
    by_project = [rule for rule in rules if rule.decides == "project"]
    _collect(result, judge(project, by_project, locate))
    for release in releases:
        workers = 1 if release.chart else _workers(len(release.objects))
        for part in _parts(release, by_object, locate, workers):
            _collect(result, part)
    return result


Judged = tuple[list[Finding], list[Problem]]


def _collect(result: Result, part: Judged) -> None:
    result.findings += part[0]
    result.problems += [problem for problem in part[1] if problem not in result.problems]


def _workers(objects: int) -> int:
    return max(1, min(len(os.sched_getaffinity(0)), objects // OBJECTS_PER_WORKER))


def _parts(release: Release, rules: Sequence[Entry], locate: Locate, workers: int) -> Iterable[Judged]:
    if workers == 1:
        return [judge(release, rules, locate)]
    size = -(-len(release.objects) // workers)
    shares = [
        release.share(release.objects[start : start + size], leads=start == 0)
        for start in range(0, len(release.objects), size)
    ]
    from daira import shell  # only large inputs need it, and importing it takes milliseconds

    # objects stay where they are: no collection walks over them, and the workers share their pages
    gc.freeze()
    return shell.in_parallel([partial(judge, share, rules, locate) for share in shares])


def judge(release: Release, rules: Sequence[Entry], locate: Locate) -> Judged:
    """Apply the rules to a release's subjects: findings in the order of the objects, and the rules that failed."""
    found: dict[int, list[tuple[Entry, Violation]]] = {}
    problems: list[Problem] = []
    for rule in rules:
        try:
            for violation in rule.check(release):
                found.setdefault(id(violation.object), []).append((rule, violation))
        except Exception as error:
            problems.append(
                Problem(f"internal failure in rule {rule.name}: {type(error).__name__}: {error}; please report it")
            )
    findings: list[Finding] = []
    whole: list[Object | None] = [None]
    for subject in chain(whole, release.subjects):
        here = found.pop(id(subject), None)
        if here:
            named = _subject(subject)
            findings += [_finding(release, named, rule, violation, locate, problems) for rule, violation in here]
    # a rule may complain about an object that is not a subject of this share: it is still told
    for left in found.values():
        named = _subject(left[0][1].object)
        findings += [_finding(release, named, rule, violation, locate, problems) for rule, violation in left]
    return findings, problems


def _subject(owner: Object | None) -> Subject:
    """An object as findings name it; findings of one object share it."""
    if owner is None:
        return NO_SUBJECT
    return Subject(owner.api_version, text(owner.data.get("kind")), owner.namespace, owner.name)


def _finding(
    release: Release, subject: Subject, rule: Entry, violation: Violation, locate: Locate, problems: list[Problem]
) -> Finding:
    owner, path, message, status = violation
    container = None
    if owner is not None:
        at = container_path(path)
        if at:
            container = text(deep(owner.data, (*at, "name"))) or None
    try:
        file, line, column, guess, key, key_file, key_line = locate(violation)
    except Exception as error:  # the finding stays
        file = owner.source.file if owner else ""
        line, column, guess, key, key_file, key_line = 0, 0, True, None, None, 0
        said = f"internal failure in finding lines: {type(error).__name__}: {error}; please report it"
        problems.append(Problem(said, file))
    return Finding(
        rule.name,
        rule.severity if status == "fail" else "info",
        status,
        message,
        release.environment,
        subject,
        pointer(path),
        container,
        file,
        line,
        column,
        guess,
        key,
        key_file,
        key_line,
    )


@cache
def pointer(path: Path) -> str:
    """A path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


@cache
def container_path(path: Path) -> Path:
    """The part of a path that leads to a container; () when it leads to none."""
    for at in range(len(path) - 1):
        if path[at] in CONTAINERS and isinstance(path[at + 1], int):
            return path[: at + 2]
    return ()
