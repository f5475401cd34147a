"""From what the command line names to what is judged: releases, the project, and how to find a violation's place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daira import environments
from daira.environments import CHART
from daira.errors import CommandFailed, DairaError, UsageError
from daira.policy.engine import Located
from daira.policy.rule import Violation
from daira.render import manifests, positions, read
from daira.render.release import NEWEST, OLDEST, Object, Release, Version
from daira.report.result import Problem


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

    def locate(self, violation: Violation) -> Located:
        """Where a violation is: in the manifest, or in the chart's template with the values key that feeds it."""
        item, path = violation.object, violation.path
        if item is None:
            return "", 0, 0, False, None, None, 0
        come = item.source.origin
        if come is None:
            line, column = positions.place_of(item, path)
            return item.source.file, line, column, False, None, None, 0
        try:
            if not come.rendering.is_ready:
                from daira.render import origin  # a clean chart is rendered once and needs none of it

                origin.prepare_all(self.releases)
            place = come.rendering.locate(item, path)
        except (CommandFailed, OSError):  # the finding stays, its place is told as far as it is known
            return item.source.file, 1, 1, True, None, None, 0
        key = place.key
        where = (key.key, key.file, key.line or 0) if key else (None, None, 0)
        return place.file, place.line, place.column, not place.exact, *where


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for; see `daira check --help`.

    namespace: where objects go that name none; None is "default" for manifests and the release's name for a chart.
    project: whether a rule looks at the repository.
    """

    targets: tuple[str, ...] = ()
    values: tuple[Path, ...] = ()
    environments: tuple[str, ...] = ()
    kube_version: Version = NEWEST
    namespace: str | None = None
    project: bool = True


def version(given: str) -> Version:
    """ "1.34" (a leading v and a patch number are fine) as (1, 34). Raises UsageError for what is not known."""
    parts = given.removeprefix("v").split(".")
    if len(parts) in (2, 3) and all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        found = int(parts[0]), int(parts[1])
        if OLDEST <= found <= NEWEST:
            return found
    known = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    raise UsageError(f"--kube-version {given} is not known: give one from {known}")


def gather(wanted: Wanted) -> Inputs:
    """Read and render everything that is asked for.

    Raises UsageError for what can't be meant; what is broken in the input is a problem in the answer.
    """
    made = Inputs()
    targets = wanted.targets
    if not targets:
        if not (CHART / "Chart.yaml").is_file():
            raise UsageError(
                f"no target was given and there is no chart at {CHART}: name a chart, manifests, or - for stdin"
            )
        targets = (str(CHART),)
    targets = tuple(dict.fromkeys(target if target == "-" else os.path.normpath(target) for target in targets))
    for target in targets:
        if target != "-" and _missing(target):
            raise UsageError(
                f"{target} does not exist: name a chart, a manifest file, a folder, or - for standard input"
            )
    archives = [target for target in targets if target.endswith((".tgz", ".tar.gz")) and Path(target).is_file()]
    loaded = manifests.load([target for target in targets if target not in archives])
    charts = [Path(chart) for chart in (*loaded.charts, *archives)]
    made.problems += _problems(loaded.errors)
    made.notes += _problems(problem for problem in loaded.problems if problem.severity != "error")
    made.notes += [Problem(note) for note in loaded.notes]
    if (wanted.values or wanted.environments) and not charts:
        raise UsageError("values (-f, --env) are for charts, and no chart is among the targets")
    if loaded.objects:
        made.releases.append(
            Release(loaded.objects, kube_version=wanted.kube_version, namespace=wanted.namespace or "default")
        )
    if charts:
        _charts(made, wanted, charts)
    first = next((target for target in targets if target != "-"), None)
    made.start = Path(first) if first else Path.cwd()
    if wanted.project:
        _project(made, wanted, first, charts)
    return made


def _missing(target: str) -> bool:
    """Whether there is nothing of this name; what is there and can't be looked at is said when it is read."""
    try:
        os.stat(target)  # noqa: PTH116 - a name may hold what no path may
    except PermissionError:
        return False
    except (OSError, ValueError):
        return True
    return False


def _problems(found: Iterable[read.Problem]) -> list[Problem]:
    return [Problem(one.sentence, one.file, one.line, one.column) for one in found]


def _charts(made: Inputs, wanted: Wanted, charts: Sequence[Path]) -> None:
    """Render each chart with the values that are named, in each environment; without any, with its own and ci/'s."""
    from daira.render import helm  # only charts need it

    try:
        program = helm.find_helm()
    except DairaError as error:  # manifests among the targets are checked without it
        made.problems.append(Problem(str(error)))
        return
    jobs = [
        helm.Job(
            chart,
            (*files, *wanted.values),
            environment,
            release_name=name,
            namespace=wanted.namespace or name,
            kube_version=wanted.kube_version,
        )
        for chart in charts
        for name in [_release_name(chart)]
        for environment, files in environments.chosen(
            chart, wanted.environments, wanted.values, shipped=not wanted.targets
        )
    ]
    for job, answer in zip(jobs, helm.render_each(jobs, program), strict=True):
        if isinstance(answer, UsageError):
            raise answer
        if isinstance(answer, DairaError):
            made.problems.append(Problem(str(answer)))
        elif not answer.objects:
            made.notes.append(Problem("renders no object", str(job.chart)))
        else:
            made.releases.append(answer)


def _release_name(chart: Path) -> str:
    """The release's name: the folder's, as far as it can be one."""
    name = re.sub("[^a-z0-9-]+", "-", chart.resolve().name.removesuffix(".tgz").lower()).strip("-")
    return name[:53].strip("-") or "release"


def _project(made: Inputs, wanted: Wanted, target: str | None, charts: Sequence[Path]) -> None:
    """The files of the repository that the first target is in, and every manifest (of one environment)."""
    objects: list[Object] = []
    if target is not None:
        from daira.render import project  # nothing of it for stdin

        known = {item.source.file for release in made.releases for item in release.objects if not release.chart}
        root = project.project_root(target)
        known |= {os.path.realpath(file) for file in known if os.path.islink(file)}  # noqa: PTH114 - thousands of them
        found = project.project(root, [chart for chart in charts if chart.is_dir()], wanted.values, known)
        # what Helm could not render for was said with its chart
        said = "\n".join(problem.message for problem in made.problems)
        made.problems += [
            problem
            for problem in _problems(problem for problem in found.problems if problem.severity == "error")
            if f"{problem.file}:" not in said
        ]
        objects += found.objects
    for release in made.releases:
        if not release.chart or release is next(one for one in made.releases if one.chart):
            objects += release.objects
    made.project = Release(objects, kube_version=wanted.kube_version, namespace=wanted.namespace or "default")
