"""`daira lint --fix`: what is safe is mended in the values files that were given, and nothing else is touched.

Safe is: a string put in quotes, a key that can only be meant in one way renamed, a deprecated key's value moved to its
replacement, an override removed that changes nothing. Where a file serves several environments, only what all of them
find. The chart's own files, and files that Helm cannot read, are left alone.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

import click

from daira.errors import UsageError
from daira.generate.files import Written
from daira.render.merge import Layer, dotted
from daira.values import edits, overrides
from daira.values.charts import Chart
from daira.values.found import Edit, Found
from daira.values.lint import Jobs, judged

# Each round mends what the round before made visible; a file that needs more has something odd in it.
ROUNDS = 10
DONE = {
    "quote": "put `{}` in quotes",
    "rename": "renamed `{}` to `{}`",
    "remove": "removed `{}`, which changed nothing",
}


def show(chart: Chart, jobs: Jobs) -> int:
    """Print what would change; returns the exit code: 1 where something would."""
    files, said = mended(chart, jobs)
    for file in files:
        click.echo(file.diff, nl=False)
    for line in said:
        click.echo(f"would have {line}", err=True)
    if not files:
        click.echo("nothing to fix", err=True)
    return int(bool(files))


def run(chart: Chart, jobs: Jobs, *, quiet: bool) -> None:
    """Mend the files. Raises UsageError where one can't be written; then it is as it was."""
    files, said = mended(chart, jobs)
    for file in files:
        _write(file.path, file.after)
    if not quiet:
        for line in said or ["nothing to fix"]:
            click.echo(line, err=True)


def mended(chart: Chart, jobs: Jobs) -> tuple[list[Written], list[str]]:
    """The files that change, and what was done in each, a line an edit."""
    texts: dict[Path, str] = {}
    for _, files in jobs:
        for file in files:
            try:
                texts[file] = file.read_bytes().decode()
            except (OSError, UnicodeDecodeError):
                continue  # lint says so
    before = dict(texts)
    said: list[str] = []
    for _ in range(ROUNDS):
        found = judged(chart, jobs, None, texts).found
        if not _round(found, jobs, texts, before, said):
            break
    changed = [Written(file, before[file], text) for file, text in texts.items() if text != before[file]]
    return changed, said


def _round(found: list[Found], jobs: Jobs, texts: dict[Path, str], before: dict[Path, str], said: list[str]) -> bool:
    """Make every edit that all environments of its file agree on; whether there was one."""
    uses = Counter(str(file) for _, files in jobs for file in set(files))
    asked: dict[tuple[str, Edit], set[str | None]] = {}
    for one in found:
        if one.edit is not None and one.file in uses:
            asked.setdefault((one.file, one.edit), set()).add(one.environment)
    done = False
    for file in texts:
        wanted = [edit for (name, edit), named in asked.items() if name == str(file) and len(named) == uses[name]]
        # two keys for one place: which of them is meant nobody knows
        original = Layer("", before[file])
        targets = Counter(edit.to for edit in wanted if edit.kind == "rename")
        for edit in wanted:
            if edit.kind == "rename" and (targets[edit.to] > 1 or overrides.has(original, edit.to)):
                continue
            line = (Layer("", texts[file]).line(edit.key) or (1, 1))[0]
            text = edits.apply(texts[file], edit)
            if text is not None:
                texts[file] = text
                what = DONE[edit.kind].format(dotted(edit.key), dotted(edit.to))
                said.append(f"{what} ({file}:{line})")
                done = True
    return done


def _write(path: Path, text: str) -> None:
    """Replace a file at once, its mode kept."""
    real = path.resolve()
    made: Path | None = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=real.parent, prefix=f".{real.name}.", delete=False) as stream:
            made = Path(stream.name)
            stream.write(text.encode())
        made.chmod(real.stat().st_mode & 0o7777)
        os.replace(made, real)  # noqa: PTH105 - the one call that is atomic everywhere
    except OSError as error:
        if made is not None:
            made.unlink(missing_ok=True)
        raise UsageError(f"{path} can't be written: {error.strerror}; it is as it was") from error
