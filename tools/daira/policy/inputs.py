"""From what the command line names to what is judged: releases, the project, and how to find a violation's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daira.errors import UsageError
from daira.policy.result import Problem
from daira.policy.rule import Violation
from daira.render import manifests, positions
from daira.render.release import NEWEST, OLDEST, Object, Release, Version

CHART = Path("charts/daira")
VALUES = Path("values")

Located = tuple[str, int, int, bool, str | None, str | None, int]


@dataclass
class Inputs:
    """What is judged. releases: one set of manifests, and one a chart and environment. project: the repository's files.

    problems: what could not be read or rendered. notes: what a user should know. start: where an exemption file is
    looked for from, upwards.
    """

    releases: list[Release] = field(default_factory=list)
    project: Release = field(default_factory=lambda: Release([]))
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    start: Path = field(default_factory=Path.cwd)


def version(given: str) -> Version:
    """ "1.34" (a leading v and a patch number are fine) as (1, 34). Raises UsageError for what is not known."""
    parts = given.removeprefix("v").split(".")
    if len(parts) in (2, 3) and all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        found = int(parts[0]), int(parts[1])
        if OLDEST <= found <= NEWEST:
            return found
    known = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    raise UsageError(f"--kube-version {given} is not known: give one from {known}")


def environments(names: Sequence[str], folder: Path = VALUES) -> dict[str, Path]:
    """Environment -> its values file in a folder; all there are, or those that are named. Raises UsageError."""
    there = {path.stem: path for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])}
    if not there:
        raise UsageError(f"{folder}/ has no values file, so there is no environment: give values with -f FILE")
    missing = [name for name in names if name not in there]
    if missing:
        raise UsageError(f"there is no environment {missing[0]}: {folder}/ has {', '.join(there)}")
    return {name: there[name] for name in (dict.fromkeys(names) or there)}
