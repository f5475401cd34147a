"""Steps with their time: plain in a log, moving and coloured on a terminal only."""

from __future__ import annotations

import io
import re
import threading

import pytest

from daira.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def _run(stream: io.StringIO) -> str:
    progress = Progress(stream)
    with progress.step("good") as step:
        step.note = "2 things"
    with progress.step("idle") as step:
        step.skip("all there")
    with pytest.raises(ValueError, match="bad"), progress.step("broken"):
        raise ValueError("bad")
    progress.say("the end")
    return re.sub(r"\(\d+\.\d s\)", "(T)", stream.getvalue())


def test_a_log_has_plain_lines_that_say_how_each_step_ended() -> None:
    assert _run(io.StringIO()).splitlines() == [
        "  ..  good",
        " ok   good (T)  2 things",
        "  ..  idle",
        "skip  idle (T)  all there",
        "  ..  broken",
        "fail  broken (T)",
        "the end",
    ]


def test_a_terminal_has_colour() -> None:
    shown = _run(Terminal())
    for code, word in (("32", " ok "), ("2", "skip"), ("31", "fail")):
        assert f"\033[{code}m{word}\033[0m" in shown


def test_no_color_is_kept_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\033\[\d+m", _run(Terminal()))


def test_a_dumb_terminal_gets_no_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "\033" not in _run(Terminal())


def test_an_interruption_is_shown_and_goes_on() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt), Progress(stream).step("long"):
        raise KeyboardInterrupt
    assert stream.getvalue().splitlines()[-1].startswith("fail  long (")


def test_a_log_hears_of_a_long_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daira.progress.HEARTBEAT_S", 0.001)

    beat = threading.Event()

    class Heard(io.StringIO):
        """Tells when the heartbeat was written."""

        def write(self, text: str) -> int:
            if "still running" in text:
                beat.set()
            return super().write(text)

    stream = Heard()
    with Progress(stream).step("long") as step:
        step.note = "half"
        assert beat.wait(10)
    assert re.search(r"^  \.\.  long: still running, 0 s( half)?$", stream.getvalue(), re.MULTILINE)
