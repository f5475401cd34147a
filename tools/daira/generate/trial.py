"""A change tried on a copy of the repository: what is generated of it, and whether it holds, before it is written."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from daira import shell
from daira.errors import DairaError, UsageError
from daira.generate.everything import stale
from daira.generate.files import Written, write

# What is never changed here and too big to copy, or not part of the repository.
LINKED = {".git", ".tools", ".venv", "images", "node_modules", "tools", "benchmarks", "cluster"}
# The commands whose word the result has to pass, those of them that this program has.
UNDECIDED = "\nUndecidable here\n"  # from here on it tells what is no reason
PROOFS = ("lint", "check", "validate")


def tried(root: Path, files: list[Written]) -> list[Written]:
    """The files and what is generated of them, after they were proven on a copy of `root`; nothing is written there.

    Raises UsageError with the reason where the result would not be clean.
    """
    with tempfile.TemporaryDirectory(prefix="daira-new-") as folder:
        copy = Path(folder) / "daira"
        _copy(root, copy)
        write(copy, files)
        try:
            generated = stale(copy)
        except DairaError as error:
            said = str(error).replace(f"{copy}/", "")
            raise UsageError(f"nothing was changed: {said}") from error
        write(copy, generated)
        _prove(copy)
    made = {file.path: file for file in files}
    for file in generated:
        before = made[file.path].before if file.path in made else file.before
        made[file.path] = Written(file.path, before, file.after)
    return list(made.values())


def _copy(root: Path, copy: Path) -> None:
    copy.mkdir()
    for entry in root.iterdir():
        if entry.name in LINKED or entry.is_symlink():
            (copy / entry.name).symlink_to(entry.resolve())
        elif entry.is_dir():
            if not (entry / "pyvenv.cfg").exists():
                shutil.copytree(entry, copy / entry.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(entry, copy / entry.name)


def _prove(copy: Path) -> None:
    from daira.cli import COMMANDS

    for command in PROOFS:
        if command not in COMMANDS:
            continue
        words = [sys.executable, "-m", "daira", command]
        path = str(Path(__file__).resolve().parents[2])
        done = shell.run(words, timeout=300, cwd=copy, env={"PYTHONPATH": path}, check=False)
        if done.code:
            said = (done.out + done.err).replace(f"{copy}/", "")
            raise UsageError(
                f"`daira {command}` would not pass, so nothing was changed:\n{said.partition(UNDECIDED)[0].strip()}"
            )
