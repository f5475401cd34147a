"""The options that are the same everywhere."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from daira.local.machine import Machine, this_machine
from daira.progress import Progress


def local(command: Callable[..., None]) -> Callable[..., None]:
    """For commands of the local machine: -q, -v and --no-color; the command gets a Machine as its first argument."""

    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors and the result.")
    @click.option("-v", "--verbose", count=True, help="More detail; -vv shows tracebacks.")
    @click.option("--no-color", is_flag=True, help="No colour, as with NO_COLOR in the environment.")
    @functools.wraps(command)
    def wrapped(*, quiet: bool, verbose: int, no_color: bool, **given: Any) -> None:
        if no_color:
            os.environ["NO_COLOR"] = "1"
        machine: Machine = this_machine(Progress(quiet=quiet))
        command(machine, **given)

    return wrapped


def own_sources(command: Callable[..., None]) -> Callable[..., None]:
    """For commands that build images: --backend and --frontend; the command gets `sources`, app -> folder."""
    folder = click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)

    @click.option("--backend", type=folder, help="DAIRA's own backend, instead of the reference application.")
    @click.option("--frontend", type=folder, help="DAIRA's own frontend, instead of the reference application.")
    @functools.wraps(command)
    def wrapped(*given: Any, backend: Path | None, frontend: Path | None, **more: Any) -> None:
        chosen = {"backend": backend, "frontend": frontend}
        command(*given, sources={app: source for app, source in chosen.items() if source}, **more)

    return wrapped
