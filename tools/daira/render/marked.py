"""The second render of a chart, from a marked copy."""

from __future__ import annotations

import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from daira import shell
from daira.errors import CommandFailed
from daira.render import chartfiles, markers, marks, merge
from daira.render.helm import RENDER_TIMEOUT_S, Job
from daira.render.marks import Marked

# Marked renders that are tried: in place, beside the templates, and without templates that break the render.
ATTEMPTS = 4


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


def prepare(job: Job, helm: Path) -> Ready:
    """Render a chart's marked copy. Never raises for what a chart does: then all answers are guesses."""
    try:
        return _prepare(job, helm)
    except (OSError, StopIteration, tarfile.TarError, CommandFailed):
        return Ready(Marked(), {})


def _prepare(job: Job, helm: Path) -> Ready:
    with tempfile.TemporaryDirectory(prefix="daira-origin-") as folder:
        copy = chartfiles.copy(job.chart, Path(folder))
        texts = copy.templates()
        values = merge.load(copy.root, job.values, copy.show)
        show = {file: copy.show(copy.root / file) for file in texts}
        beside: bool | None = None
        left_out: set[str] = set()
        made = Marked()
        for _ in range(ATTEMPTS):
            made = markers.mark(texts, beside=beside, left_out=frozenset(left_out))
            _write(copy.root, texts, made)
            done = shell.run(job.command(helm, copy.root), timeout=RENDER_TIMEOUT_S, check=False)
            if done.code == 0:
                return Ready(made, marks.read(done.out, made), show, values)
            blamed = {file for file in texts if f"/{file}" in done.err} - left_out
            if beside is not True:
                beside = True
            elif blamed:
                left_out |= blamed
            else:
                break
        return Ready(made, {}, show, values)


def _write(root: Path, texts: dict[str, str], made: Marked) -> None:
    """Make the copy's templates the marked ones."""
    for file, text in texts.items():
        (root / (file + marks.BESIDE)).unlink(missing_ok=True)
        with (root / file).open("w", encoding="utf-8", newline="") as out:
            out.write(text)
    for file, text in made.files.items():
        with (root / file).open("w", encoding="utf-8", newline="") as out:
            out.write(text)
