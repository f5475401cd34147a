"""Steps with their time: a moving line on a terminal, plain lines in a log."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

HEARTBEAT_S = 60.0


@dataclass
class Step:
    """A running step; `note` is shown when it ends, `skipped` says that nothing had to be done."""

    title: str
    note: str = ""
    skipped: bool = False
    started: float = field(default_factory=time.monotonic)

    def skip(self, why: str) -> None:
        """Say that the step had nothing to do, and why."""
        self.skipped = True
        self.note = why


class Progress:
    """Prints steps to a stream. Colour and the moving line only on a terminal, and never with NO_COLOR."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.live = not quiet and self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.color = self.live and not os.environ.get("NO_COLOR")

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.color else text

    def say(self, text: str) -> None:
        """Print a line of its own, unless quiet."""
        if self.quiet:
            return
        self.stream.write(f"{text}\n")
        self.stream.flush()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show `title` while the body runs, then its time in seconds and how it ended."""
        step = Step(title)
        stop = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(step, stop), daemon=True)
        if not self.live:
            self.say(f"  ..  {title}")
        ticker.start()
        try:
            yield step
        except BaseException:
            self._end(step, stop, ticker, self._paint("31", "fail"))
            raise
        self._end(step, stop, ticker, self._paint("2", "skip") if step.skipped else self._paint("32", " ok "))

    def _end(self, step: Step, stop: threading.Event, ticker: threading.Thread, mark: str) -> None:
        stop.set()
        ticker.join()
        took = time.monotonic() - step.started
        clear = "\r\033[K" if self.live else ""
        note = f"  {step.note}" if step.note else ""
        self.say(f"{clear}{mark}  {step.title} ({took:.1f} s){note}")

    def _tick(self, step: Step, stop: threading.Event) -> None:
        pause = 0.5 if self.live else HEARTBEAT_S
        while not stop.wait(pause):
            took = time.monotonic() - step.started
            if self.live:
                self.stream.write(f"\r\033[K  ..  {step.title} {took:.0f} s {step.note}")
                self.stream.flush()
            else:
                self.say(f"  ..  {step.title}: still running, {took:.0f} s {step.note}".rstrip())
