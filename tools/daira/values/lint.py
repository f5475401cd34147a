"""`daira lint` from the command line's words to the reports and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from daira import environments, report
from daira.errors import DairaError, UsageError
from daira.render.merge import Layer, dotted
from daira.render.release import Path as Key
from daira.report.result import Finding, Problem, Result, Severity, Subject
from daira.values import helmlint, overrides
from daira.values.charts import Chart, opened
from daira.values.found import Found
from daira.values.judge import Judge
from daira.values.rules import rules


@dataclass(frozen=True)
class Order:
    """What `daira lint` was told; see its --help. formats and files are paired by their order."""

    chart: Path | None
    values: tuple[Path, ...]
    environments: tuple[str, ...]
    fix: bool
    dry_run: bool
    helm: bool
    fail_on: Severity
    formats: tuple[str, ...]
    files: tuple[str, ...]
    quiet: bool
    verbose: int


@dataclass
class Answer:
    """What a run found. files: every values file that was read. judge: None where nothing was judged."""

    found: list[Found] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    files: dict[str, Layer] = field(default_factory=dict)

    def add(self, new: Found) -> None:
        """Keep a finding, unless the same was said: of the chart's own files once for all environments."""
        known = {(one.environment, *one.place) for one in self.found[-2000:]}
        if (new.environment, *new.place) not in known and (None, *new.place) not in known:
            self.found.append(new)


def lint_all(order: Order) -> int:
    """Lint, write the reports, return the exit code: 0 clean, 1 findings, 3 nothing or not all was checked.

    Raises UsageError for what can't be meant.
    """
    from daira.report.publish import publish

    outputs = report.outputs(order.formats, order.files)
    if order.dry_run and not order.fix:
        raise UsageError("--dry-run shows what --fix would change: give both")
    path, jobs = wanted(order.chart, order.values, order.environments)
    with opened(path) as chart:
        if order.fix:
            from daira.values import fix

            if order.dry_run:
                return fix.show(chart, jobs)
            fix.run(chart, jobs, quiet=order.quiet)
        answer = judged(chart, jobs, path if order.helm else None)
    publish(result(answer), outputs, quiet=order.quiet, verbose=order.verbose)
    return result(answer).exit_code(order.fail_on)


Jobs = list[tuple[str | None, tuple[Path, ...]]]


def wanted(chart: Path | None, values: tuple[Path, ...], names: tuple[str, ...]) -> tuple[Path, Jobs]:
    """The chart, and each environment with its values files in Helm's order. Raises UsageError."""
    path = chart or environments.CHART
    if chart is None and not (path / "Chart.yaml").is_file():
        raise UsageError(f"no chart was given and there is none at {path}: name a chart's folder or its .tgz archive")
    found = environments.chosen(path, names, values, shipped=chart is None)
    for file in values:
        if not file.is_file():
            what = "is no file" if file.exists() else "does not exist"
            raise UsageError(f"the values file {file} {what}: correct the path after -f")
    return path, [(name, (*files, *values)) for name, files in found]


def judged(chart: Chart, jobs: Jobs, helm: Path | None, texts: Mapping[Path, str] | None = None) -> Answer:
    """Lint a chart in every environment. helm: the chart for `helm lint`, None to leave that out.

    texts: files that are read as this instead.
    """
    answer = Answer()
    judge = Judge(chart)
    with ThreadPoolExecutor(2) as pool:
        said = _helm(pool, helm, jobs, answer) if helm else []
        answer.files.update({layer.file: layer for layer in chart.layers})
        for one in judge.chart_files():
            answer.add(one)
        layers = {file: _read(file, texts, answer) for _, files in jobs for file in files}
        kept = _kept(judge, jobs, layers, chart, answer)
        for name, files in jobs:
            mine = [layer for file in reversed(files) if (layer := layers[file])]
            for one in judge.environment(mine, name, kept.get(name or "", ())):
                answer.add(one)
        for (name, _), future in zip(jobs, said, strict=bool(said)):
            _say(future, chart, name, answer)
    _tell(chart, judge, answer)
    answer.found.sort(key=lambda one: (one.file, one.line, one.column, one.rule))
    return answer


def _read(file: Path, texts: Mapping[Path, str] | None, answer: Answer) -> Layer | None:
    """A values file as a layer; what can't be read is told and left out."""
    if str(file) in answer.files:
        return answer.files[str(file)]
    try:
        text = texts[file] if texts and file in texts else file.read_bytes().decode()
    except OSError as error:
        answer.problems.append(Problem(f"it can't be read: {error.strerror}", str(file)))
        return None
    except UnicodeDecodeError as error:
        message = f"Helm cannot read this: byte {error.start} is no UTF-8"
        answer.found.append(Found("values-syntax", message, (), str(file), 1, 1))
        text = ""
    answer.files[str(file)] = layer = Layer(str(file), text)
    return layer


def _kept(
    judge: Judge, jobs: Jobs, layers: dict[Path, Layer | None], chart: Chart, answer: Answer
) -> dict[str, set[Key]]:
    """Tell the drift of stages; returns by environment what it may set to the default, because a stage differs."""
    named = {name: files[0] for name, files in jobs if name and files}
    asked = set(named)
    if not asked:
        return {}
    named = {**environments.values_files(chart.path), **named}
    read = {name: layer for name, file in named.items() if (layer := layers.get(file) or _peek(file))}
    defaults = judge.defaults.merged
    changed = {name: set(overrides.drift(layer, Layer("", ""), defaults)) for name, layer in read.items()}
    kept: dict[str, set[Key]] = {}
    for lower, live in overrides.stages(sorted(read)):
        kept.setdefault(live, set()).update(changed[lower])
        for one in judge.drift(read[lower], read[live], lower, live) if asked & {lower, live} else ():
            answer.add(one)
    for name in asked & set(read):
        others = [other for other in read if other != name]
        if len(others) > 1:  # what all others decide, this one may decide too
            decided = {key for other in others for key in changed[other]}
            everywhere = {key for key in decided if all(overrides.has(read[other], key) for other in others)}
            kept.setdefault(name, set()).update(everywhere)
    return kept


def _peek(file: Path) -> Layer | None:
    """A file that is only held against another."""
    try:
        return Layer(str(file), file.read_bytes().decode())
    except (OSError, UnicodeDecodeError):
        return None


def _helm(pool: ThreadPoolExecutor, chart: Path, jobs: Jobs, answer: Answer) -> list[Future[str]]:
    from daira.render.helm import find_helm

    try:
        helm = find_helm()
    except DairaError as error:
        answer.problems.append(Problem(f"helm lint did not run: {error}; `--no-helm` leaves it out"))
        return []
    return [pool.submit(helmlint.run, helm, chart, files) for _, files in jobs]


def _say(future: Future[str], chart: Chart, name: str | None, answer: Answer) -> None:
    try:
        output = future.result()
    except DairaError as error:
        answer.problems.append(Problem(str(error)))
        return
    broken = [one for one in answer.found if one.environment in (name, None) and rules()[one.rule].severity == "error"]
    if any(one.rule == "values-syntax" for one in broken):
        return  # Helm reads nothing either, and says so less exactly
    for one in helmlint.findings(output, chart.path, name, schema=bool(broken)):
        answer.add(one)


def _tell(chart: Chart, judge: Judge, answer: Answer) -> None:
    for file, reason in {**chart.unreadable, **judge.broken}.items():
        answer.problems.append(Problem(f"the schema can't be used: {reason}", file))
    if not chart.schemas and not chart.unreadable:
        text = (
            "the chart has no values.schema.json, so keys are held against its values.yaml, and types are not checked"
        )
        answer.notes.append(Problem(text, str(chart.path)))
    if any(entry.get("import-values") for entry in chart.dependencies.values()):
        answer.notes.append(Problem("import-values of a dependency is not followed", str(chart.path / "Chart.yaml")))


def result(answer: Answer) -> Result:
    """The answer as reports take it."""
    made = Result(rules(), len(answer.files), len(rules()), command="daira lint", subject="values file")
    made.problems, made.notes = answer.problems, answer.notes
    for one in answer.found:
        rule = made.catalog[one.rule]
        pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in one.key)
        key = dotted(one.key) or None
        place = (one.file, one.line, one.column)
        where = (one.file, one.line) if key else (None, 0)
        made.findings.append(
            Finding(
                *(one.rule, rule.severity, "fail", one.message, one.environment, Subject(), pointer, None),
                *place,
                values_key=key,
                values_file=where[0],
                values_line=where[1],
            )
        )
    return made
