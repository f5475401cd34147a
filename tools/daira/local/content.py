"""Files by content: keys for the cache, so that nothing stale is used, and writes that are whole or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

KEY_LENGTH = 16
BUILT = {"node_modules", "dist", "__pycache__"}  # made from the rest, so they say nothing of their own


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and not BUILT & set(p.relative_to(path).parts))
    return [path]


def key_of(*parts: str, paths: Iterable[Path] = ()) -> str:
    """16 hex digits of sha256 over the strings and over names, modes and bytes of the files and folders."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"s{len(part)}:{part}".encode())
    for number, path in enumerate(paths):
        for file in _files(path):
            data = file.read_bytes()
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            executable = bool(file.stat().st_mode & 0o100)
            digest.update(f"f{number}:{len(name)}:{name}:{executable}:{len(data)}:".encode())
            digest.update(data)
    return digest.hexdigest()[:KEY_LENGTH]


def write_private(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file in one move; nobody else can read it even for a moment."""
    part = path.with_suffix(path.suffix + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    part.replace(path)
