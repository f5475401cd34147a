"""The only place that starts processes: always from an argument list, always with a time limit."""

from __future__ import annotations

import contextlib
import os
import pickle
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from daira.errors import CommandFailed

TAIL_LINES = 12
Made = TypeVar("Made")


@dataclass(frozen=True)
class Done:
    """A finished process: its exit code and what it printed (empty where the output went to a log)."""

    code: int
    out: str
    err: str


def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(env or {})}


def _tail(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return "\n".join(lines[-TAIL_LINES:])


def run(
    argv: Sequence[object],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    log: Path | None = None,
    check: bool = True,
) -> Done:
    """Run a program to its end.

    argv: the program and its arguments; a secret never goes here, it goes into `stdin`.
    timeout: seconds until the program is ended.
    env: additions to this process's environment.
    log: a file that the command line and all output are appended to; `out` and `err` are then empty.
    check: whether an exit code other than 0 raises.
    Raises CommandFailed, a sentence that names the program, how it ended, and the log or its last lines.
    """
    words = [str(word) for word in argv]
    name = Path(words[0]).name
    try:
        if log is None:
            return _finish(name, words, _run(words, timeout, cwd, env, stdin, None), None, check)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="replace") as sink:
            sink.write(f"$ {shlex.join(words)}\n")
            sink.flush()
            return _finish(name, words, _run(words, timeout, cwd, env, stdin, sink), log, check)
    except FileNotFoundError as error:
        missing = cwd if cwd is not None and not cwd.exists() else words[0]
        raise CommandFailed(f"{name} could not be started: {missing} does not exist") from error
    except PermissionError as error:
        raise CommandFailed(f"{name} could not be started: {error}") from error
    except subprocess.TimeoutExpired as error:
        place = f"; its output is in {log}" if log else ""
        raise CommandFailed(f"{name} was ended after {timeout:.0f} s without finishing{place}") from error


def _run(
    words: list[str],
    timeout: float,
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdin: str | None,
    sink: IO[str] | None,
) -> Done:
    """Run in a process group of its own, so that what the program started ends with it when its time is up."""
    with subprocess.Popen(
        words,
        cwd=cwd,
        env=_environment(env),
        stdin=subprocess.PIPE,
        stdout=sink or subprocess.PIPE,
        stderr=subprocess.STDOUT if sink else subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(stdin or "", timeout=timeout)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    return Done(process.returncode, out or "", err or "")


def _finish(name: str, words: list[str], done: Done, log: Path | None, check: bool) -> Done:
    if not check or done.code == 0:
        return done
    what = f"{name} {words[1]}" if len(words) > 1 and not words[1].startswith(("-", "/")) else name
    if log is not None:
        tail = _tail(log.read_text(encoding="utf-8", errors="replace"))
        raise CommandFailed(f"{what} ended with exit code {done.code}; its output is in {log}", output=tail)
    tail = _tail(done.err or done.out)
    last = tail.splitlines()[-1] if tail else "it printed nothing"
    raise CommandFailed(f"{what} ended with exit code {done.code}: {last}", output=tail)


def answers(argv: Sequence[object], *, timeout: float = 20, env: Mapping[str, str] | None = None) -> bool:
    """Whether a program is there and ends with 0 within `timeout` seconds."""
    try:
        return run(argv, timeout=timeout, env=env, check=False).code == 0
    except CommandFailed:
        return False


def in_parallel(tasks: Sequence[Callable[[], Made]]) -> list[Made]:
    """What each task returns, in order; each runs in a copy of this process, the first in this process itself.

    For pure computations: a task shares what is in memory now and hands back what can be pickled. Where processes can't
    be copied, the tasks run one after the other. Raises CommandFailed when a copy ended without an answer.
    """
    if not hasattr(os, "fork") or len(tasks) < 2:
        return [task() for task in tasks]
    copies = [_copy(task) for task in tasks[1:]]
    try:
        answers = [tasks[0]()]
        written: list[bytes] = []
        for _, pipe in copies:
            with os.fdopen(os.dup(pipe), "rb") as stream:
                written.append(stream.read())
    finally:
        ended = []
        for child, pipe in copies:
            os.close(pipe)
            ended.append(os.waitpid(child, 0)[1])
    if any(ended):
        raise CommandFailed("a worker process ended without an answer (out of memory?): try a smaller input")
    return answers + [pickle.loads(one) for one in written]  # noqa: S301 - our own bytes


def _copy(task: Callable[[], object]) -> tuple[int, int]:
    """Start a task in a copy of this process; returns the process and the pipe that its answer comes through."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as stream:
            pickle.dump(task(), stream, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)
