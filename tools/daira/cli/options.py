"""The options that are the same everywhere."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
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
