"""Files that are made: what would change, as a diff, and writing all of them or none."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from daira.errors import UsageError


@dataclass(frozen=True)
class Written:
    """A file that is made or changed. path: below the repository's root. before: "" where it is new."""

    path: Path
    before: str
    after: str

    @property
    def diff(self) -> str:
        """The change as a unified diff."""
        old = str(self.path) if self.before else "/dev/null"
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), old, str(self.path)
        )
        return "".join(lines)


def write(root: Path, files: list[Written]) -> None:
    """Write the files, with the folders they need; where one fails, all is as it was. Raises UsageError."""
    done: list[Written] = []
    folders: list[Path] = []
    try:
        for file in files:
            for folder in reversed(file.path.parents):
                if not (root / folder).exists():
                    (root / folder).mkdir()
                    folders.append(root / folder)
            done.append(file)
            (root / file.path).write_text(file.after, encoding="utf-8")
    except OSError as error:
        for file in done:
            if file.before:
                (root / file.path).write_text(file.before, encoding="utf-8")
            elif (root / file.path).exists():
                (root / file.path).unlink()
        for folder in reversed(folders):
            folder.rmdir()
        where = Path(error.filename or done[-1].path)
        raise UsageError(f"{where} can't be written: {error.strerror}; nothing was changed") from error
