"""`helm template` to a Release: one run an environment, one Source a rendered document, one sentence when it fails."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from daira import shell
from daira.errors import DairaError, UsageError
from daira.render import read
from daira.render.chartfiles import template_path
from daira.render.manifests import objects_of
from daira.render.release import NEWEST, Release, Source, Version

RENDER_TIMEOUT_S = 120
_DOCUMENT = re.compile(r"^---\n# Source: (.*)\n", re.MULTILINE)
# What Helm's messages begin with and nobody needs.
_NOISE = re.compile(
    r"^(?:Error: |execution error at |template: |parse error at |INSTALLATION FAILED: |Use --debug .*$)", re.MULTILINE
)
# A place in a template, as Helm names it: (chart/templates/x.yaml:3:5).
_PLACE = re.compile(r"\(?(?P<file>[^\s()]+/(?:templates|crds|charts)/[^\s():]+)(?P<at>(?::\d+)*)\)?:? ?")


class RenderFailed(DairaError):  # noqa: N818 - says what happened
    """Helm could not render. exit_code: 3."""


@dataclass(frozen=True)
class Job:
    """What is rendered: a chart (a folder or an archive) with values files, merged in order, for one environment.

    kube_version: what the chart is told it is installed on.
    """

    chart: Path
    values: tuple[Path, ...] = ()
    environment: str | None = None
    release_name: str = "release-name"
    namespace: str = "default"
    kube_version: Version = NEWEST

    def command(self, helm: Path, chart: Path | None = None, values: Sequence[Path] = ()) -> list[object]:
        """The words of the command. chart: another one instead, values: more of them."""
        files = [word for path in (*self.values, *values) for word in ("--values", _word(path))]
        version = f"{self.kube_version[0]}.{self.kube_version[1]}"
        return [
            *(helm, "template", self.release_name, chart or self.chart, *files, "--namespace", self.namespace),
            *("--kube-version", version, "--include-crds"),
        ]


def _word(path: Path) -> str:
    """A file's name as Helm takes it, which reads a line of CSV."""
    name = str(path)
    if not any(odd in name for odd in ',"\n'):
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def find_helm(start: Path | None = None) -> Path:
    """helm from PATH, else from the nearest .tools/bin upwards. Raises DairaError with what to do."""
    return find_program("helm", "charts are rendered with it: install Helm 3 or 4, or run `daira tools`", start)


def find_program(name: str, why: str, start: Path | None = None) -> Path:
    """A program from PATH, else from the nearest .tools/bin upwards. why: what for, and what to do without it.

    Raises DairaError.
    """
    found = shutil.which(name)
    if found:
        return Path(found)
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, *Path(__file__).resolve().parents):
        candidate = folder / ".tools" / "bin" / name
        if candidate.is_file():
            return candidate
    raise DairaError(f"{name} was not found, and {why}")


def render(job: Job, helm: Path) -> Release:
    """A chart's complete render: hooks, test pods and CRDs included.

    Raises UsageError for files that do not exist, RenderFailed with Helm's own reason.
    """
    return _release(job, helm, _output(job, helm))


def _output(job: Job, helm: Path) -> str:
    """What Helm prints. Raises what render() raises."""
    _look(job)
    done = shell.run(job.command(helm), timeout=RENDER_TIMEOUT_S, check=False)
    if done.code:
        raise RenderFailed(_reason(job, done.err or done.out))
    return done.out


def _release(job: Job, helm: Path, output: str) -> Release:
    """What Helm printed as a Release."""
    from daira.render.origin import From, Rendering  # what tells origins is needed by those who render only

    rendering = Rendering(job, helm)
    sources = [
        Source(str(template_path(job.chart, name)), text, From(rendering, name)) for name, text in documents(output)
    ]
    objects = [found for source in sources for found in objects_of(source)]
    return Release(
        objects,
        environment=job.environment,
        kube_version=job.kube_version,
        namespace=job.namespace,
        chart=True,
    )


def render_each(jobs: Sequence[Job], helm: Path) -> list[Release | DairaError]:
    """Several renders at the same time, in the order of `jobs`; an error stands in the place of what it kept away."""

    def attempt(job: Job) -> str | DairaError:
        try:
            return _output(job, helm)
        except DairaError as error:
            return error

    if len(jobs) < 2:
        outputs = [attempt(job) for job in jobs]
    else:
        with ThreadPoolExecutor(min(len(jobs), 4)) as pool:
            outputs = list(pool.map(attempt, jobs))
    # Parsed here and not in the threads: the fast YAML parser must not run in two of them at once.
    return [
        found if isinstance(found, DairaError) else _release(job, helm, found)
        for job, found in zip(jobs, outputs, strict=True)
    ]


def documents(output: str) -> list[tuple[str, str]]:
    """What `helm template` printed: of each document the path after `# Source:` and its text."""
    pieces = _DOCUMENT.split(output)
    return list(zip(pieces[1::2], pieces[2::2], strict=True))


def _look(job: Job) -> None:
    """What can be said without Helm."""
    chart = job.chart
    if not chart.exists():
        raise UsageError(f"there is no chart at {chart}: name a chart's folder or its .tgz archive")
    if chart.is_dir() and not (chart / "Chart.yaml").is_file():
        raise UsageError(f"{chart} is not a chart: it holds no Chart.yaml")
    for path in job.values:
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise UsageError(f"the values file {path} {what}: correct the path after -f")
        if _nested(path) and (broken := broken_yaml(path)):
            raise RenderFailed(f"{_what(job)}: {broken}")


def _what(job: Job) -> str:
    return f"{job.chart} could not be rendered" + (f" for {job.environment}" if job.environment else "")


def _reason(job: Job, output: str) -> str:
    """Helm's reason as one sentence: which chart and environment, where, why."""
    what = _what(job)
    for path in job.values:
        broken = broken_yaml(path)
        if broken:
            return f"{what}: {broken}"
    lines = [
        line for line in output.splitlines() if line.strip() and not line.startswith(("level=", "WARNING: ", "time="))
    ]
    text = "\n".join(lines).strip()
    if "missing in charts/ directory" in text:
        missing = text.rpartition("missing in charts/ directory:")[2].strip()
        return f"{what}: its dependencies are not there ({missing}): run `helm dependency build {job.chart}`"
    text = _NOISE.sub("", text)
    text = _NOISE.sub("", text).strip()
    found = _PLACE.search(text)
    if found:
        where = f"{template_path(job.chart, found['file'])}{found['at']}: "
        before = text[: found.start()].strip().removesuffix(" on")
        text = where + (f"{before}: " if before and not before.endswith(":") else before) + text[found.end() :].lstrip()
    text = re.sub(r'executing "[^"]*" at (<.*?>):\s+', r"\1: ", text, flags=re.DOTALL)
    return f"{what}: {' '.join(text.split()) or 'helm gave no reason'}"


def broken_yaml(path: Path) -> str | None:
    """What is wrong with a YAML file, beginning with file:line:column, or None."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return f"{path}: not a text in UTF-8 ({error.reason} at byte {error.start})"
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror}): correct its permissions"
    for problem in read.documents(content, str(path))[1]:
        if problem.severity == "error":
            return f"{problem.file}:{problem.line}:{problem.column}: {problem.sentence}"
    return None


def _nested(path: Path) -> bool:
    """Whether a file could be nested so deep that what reads it runs out of stack: never for what people write."""
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return True
    return content.count("[") + content.count("{") > read.MANY or read.DEEP in content or "- - - -" in content
