"""Files that are made: what would change, as a diff, and writing all of them or none."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from daira.errors import UsageError


@dataclass(frozen=True)
class Written:
    """A file that is made, changed or removed.

    path: below the repository's root. before: "" where it is new. after: "" where it goes.
    """

    path: Path
    before: str
    after: str

    @property
    def verb(self) -> str:
        """What happens to it: made, changed or removed."""
        return ("changed" if self.before else "made") if self.after else "removed"

    @property
    def diff(self) -> str:
        """The change as a unified diff."""
        old = str(self.path) if self.before else "/dev/null"
        new = str(self.path) if self.after else "/dev/null"
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), old, new
        )
        # a last line without an end would run into the next file's diff
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def headline(what: str, source: str) -> str:
    """What the first line of a made file says, below the comment's sign. what: of `daira generate WHAT`."""
    return f"{mark(what)} from {source}: do not edit."


def mark(what: str) -> str:
    """What a made file is known by."""
    return f"Made by `daira generate {what}`"


def write(root: Path, files: list[Written]) -> None:
    """Write and remove the files, with the folders they need; where one fails, all is as it was. Raises UsageError."""
    done: list[tuple[Path, bytes | None]] = []
    folders: list[Path] = []
    at = root
    try:
        for file in files:
            at = root / file.path
            for folder in reversed(file.path.parents):
                if not (root / folder).exists():
                    (root / folder).mkdir()
                    folders.append(root / folder)
            done.append((at, at.read_bytes() if at.exists() else None))
            if file.after:
                at.write_text(file.after, encoding="utf-8")
            else:
                at.unlink()
    except OSError as error:
        for path, old in reversed(done):
            if old is not None:
                path.write_bytes(old)
            elif path.exists():
                path.unlink()
        for folder in reversed(folders):
            folder.rmdir()
        raise UsageError(f"{error.filename or at} can't be written: {error.strerror}; nothing was changed") from error
