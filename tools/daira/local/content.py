"""Keys by content: what the cache is keyed by, so that nothing stale is used and nothing is built twice."""

from __future__ import annotations

import hashlib
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
    for path in paths:
        for file in _files(path):
            data = file.read_bytes()
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            executable = bool(file.stat().st_mode & 0o100)
            digest.update(f"f{name}:{executable}:{len(data)}:".encode())
            digest.update(data)
    return digest.hexdigest()[:KEY_LENGTH]
