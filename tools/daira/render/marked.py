"""The second render of a chart, from a marked copy."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from daira import shell
from daira.errors import CommandFailed
from daira.render import chartfiles, markers, marks, merge
from daira.render.helm import RENDER_TIMEOUT_S, Job
from daira.render.marks import Marked

# How often a render that the marks broke is tried again.
ATTEMPTS = 3


@dataclass
class Ready:
    """The marked render. rendered: by Helm's name of the template; show: how the copy's files are called to the user.

    values: None where the chart could not be copied.
    """

    made: Marked
    rendered: dict[str, marks.Rendered]
    show: dict[str, str] = field(default_factory=dict)
    values: merge.Values | None = None

    def shown(self, file: str) -> str:
        """How a template of the copy is called to the user."""
        return self.show.get(file, file)


def prepare(jobs: Sequence[Job], helm: Path) -> list[Ready]:
    """Render the marked copy of a chart once for each job, all of the same chart; it is marked only once.

    Never raises for what a chart does: then all answers are guesses.
    """
    with tempfile.TemporaryDirectory(prefix="daira-origin-") as folder:
        try:
            copy = chartfiles.copy(jobs[0].chart, Path(folder))
            texts = copy.templates()
            show = {file: copy.show(copy.root / file) for file in texts}
            shared = markers.mark(texts)
            _write(copy.root, texts, shared)
        except (OSError, StopIteration, tarfile.TarError):
            return [Ready(Marked(), {}) for _ in jobs]

        def first(job: Job) -> Ready | None:
            return _attempt(job, helm, copy, shared, show)[0]

        with ThreadPoolExecutor(min(len(jobs), 4)) as pool:
            made = list(pool.map(first, jobs))
        return [ready or _again(job, helm, copy, texts, show) for job, ready in zip(jobs, made, strict=True)]


def _attempt(
    job: Job, helm: Path, copy: chartfiles.Copy, made: Marked, show: dict[str, str]
) -> tuple[Ready | None, str]:
    """One marked render, or None and what Helm said."""
    try:
        done = shell.run(job.command(helm, copy.root), timeout=RENDER_TIMEOUT_S, check=False)
        if done.code == 0:
            return Ready(made, marks.read(done.out, made), show, merge.load(copy.root, job.values, copy.show)), ""
    except (OSError, CommandFailed):
        return None, ""
    return None, done.err


def _again(job: Job, helm: Path, copy: chartfiles.Copy, texts: dict[str, str], show: dict[str, str]) -> Ready:
    """What the marks broke: with the marked templates beside the others, then without those that Helm blames."""
    left_out: set[str] = set()
    for _ in range(ATTEMPTS):
        made = markers.mark(texts, beside=True, left_out=frozenset(left_out))
        _write(copy.root, texts, made)
        ready, said = _attempt(job, helm, copy, made, show)
        blamed = {file for file in texts if f"/{file}" in said} - left_out
        if ready or not blamed:
            return ready or Ready(made, {}, show)
        left_out |= blamed
    return Ready(Marked(), {}, show)


def _write(root: Path, texts: dict[str, str], made: Marked) -> None:
    """Make the copy's templates the marked ones."""
    for file, text in texts.items():
        (root / (file + marks.BESIDE)).unlink(missing_ok=True)
        with (root / file).open("w", encoding="utf-8", newline="") as out:
            out.write(text)
    for file, text in made.files.items():
        with (root / file).open("w", encoding="utf-8", newline="") as out:
            out.write(text)
