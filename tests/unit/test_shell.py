"""shell.run: what a program printed, how it ended, and one readable sentence when that was not well."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from daira import shell
from daira.errors import CommandFailed


def test_output_and_exit_code_are_returned() -> None:
    done = shell.run(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout=5, check=False)
    assert done == shell.Done(3, "out\n", "err\n")


def test_a_failure_is_one_sentence_with_the_programs_last_line() -> None:
    with pytest.raises(CommandFailed) as caught:
        shell.run(["sh", "-c", "echo first >&2; echo the reason >&2; exit 4"], timeout=5)
    assert str(caught.value) == "sh ended with exit code 4: the reason"
    assert caught.value.output == "first\nthe reason"


def test_a_failure_names_the_subcommand(tmp_path: Path) -> None:
    program = tmp_path / "kind"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(CommandFailed, match=r"^kind create ended with exit code 1: it printed nothing$"):
        shell.run([program, "create", "cluster"], timeout=5)


def test_standard_output_explains_where_standard_error_is_empty() -> None:
    with pytest.raises(CommandFailed, match="said on stdout"):
        shell.run(["sh", "-c", "echo said on stdout; exit 1"], timeout=5)


def test_only_the_last_lines_are_kept() -> None:
    with pytest.raises(CommandFailed) as caught:
        shell.run(["sh", "-c", "for i in $(seq 50); do echo line $i; done; exit 1"], timeout=5)
    assert caught.value.output.splitlines() == [f"line {i}" for i in range(51 - shell.TAIL_LINES, 51)]


def test_a_program_that_does_not_end_is_ended() -> None:
    with pytest.raises(CommandFailed, match=r"^sleep was ended after 0 s without finishing$"):
        shell.run(["sleep", "60"], timeout=0.05)


def test_the_time_limit_names_the_log(tmp_path: Path) -> None:
    log = tmp_path / "step.log"
    with pytest.raises(CommandFailed) as caught:
        shell.run(["sleep", "60"], timeout=0.05, log=log)
    assert str(caught.value) == f"sleep was ended after 0 s without finishing; its output is in {log}"


def test_a_missing_program_is_named() -> None:
    with pytest.raises(CommandFailed) as caught:
        shell.run(["/nowhere/helm", "version"], timeout=5)
    assert str(caught.value) == "helm could not be started: /nowhere/helm does not exist"


def test_a_missing_folder_is_not_mistaken_for_a_missing_program(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(CommandFailed, match=f"{gone} does not exist"):
        shell.run(["true"], timeout=5, cwd=gone)


def test_a_file_that_is_no_program_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("text", encoding="utf-8")
    with pytest.raises(CommandFailed, match=r"^notes could not be started"):
        shell.run([file], timeout=5)


def test_the_log_is_appended_with_the_command_line(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "step.log"
    for word in ("one two", "three"):
        done = shell.run(["echo", word], timeout=5, log=log)
        assert done == shell.Done(0, "", "")
    assert log.read_text(encoding="utf-8") == "$ echo 'one two'\none two\n$ echo three\nthree\n"


def test_both_streams_go_to_the_log_and_a_failure_names_it(tmp_path: Path) -> None:
    log = tmp_path / "step.log"
    with pytest.raises(CommandFailed) as caught:
        shell.run(["sh", "-c", "echo out; echo err >&2; exit 2"], timeout=5, log=log)
    assert str(caught.value) == f"sh ended with exit code 2; its output is in {log}"
    assert caught.value.output.splitlines()[-2:] == ["out", "err"]


def test_stdin_reaches_the_program_and_never_the_log(tmp_path: Path) -> None:
    secret, log = "a-password-nobody-may-read", tmp_path / "step.log"
    assert shell.run(["cat"], timeout=5, stdin=secret).out == secret
    shell.run(["sh", "-c", "test $(wc -c) -eq 26"], timeout=5, stdin=secret, log=log)
    assert secret not in log.read_text(encoding="utf-8")


def test_a_program_cannot_wait_for_the_users_keyboard(tmp_path: Path) -> None:
    silent, keyboard = os.pipe()
    before = os.dup(0)
    os.dup2(silent, 0)
    try:
        assert shell.run(["cat"], timeout=5).out == ""
        shell.run(["cat"], timeout=5, log=tmp_path / "step.log")
    finally:
        os.dup2(before, 0)
        for handle in (before, silent, keyboard):
            os.close(handle)


def test_env_adds_to_this_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAIRA_TEST_KEPT", "kept")
    done = shell.run(["sh", "-c", "echo $DAIRA_TEST_KEPT $ADDED"], timeout=5, env={"ADDED": "added"})
    assert done.out == "kept added\n"


def test_bytes_that_are_no_text_do_not_stop_the_reading(tmp_path: Path) -> None:
    assert "\ufffd" in shell.run(["printf", "\\377"], timeout=5).out
    with pytest.raises(CommandFailed):
        shell.run(["sh", "-c", "printf '\\377'; exit 1"], timeout=5, log=tmp_path / "step.log")


def test_no_word_is_read_by_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    real = subprocess.Popen

    def watch(words: list[str], **options: object) -> object:
        started.append(options.get("shell"))
        return real(words, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", watch)
    assert shell.run(["echo", "$(id); *"], timeout=5).out == "$(id); *\n"
    assert started == [None]


@pytest.mark.parametrize(
    ("argv", "expected"), [(["true"], True), (["false"], False), (["/nowhere/docker"], False), (["sleep", "60"], False)]
)
def test_answers(argv: list[str], expected: bool) -> None:
    assert shell.answers(argv, timeout=0.1 if argv[0] == "sleep" else 5) is expected


def test_in_parallel_keeps_the_order() -> None:
    """Each task's answer, at its place, also when it does not fit a pipe's buffer."""
    tasks = [lambda n=n: bytes([n]) * 300_000 for n in range(3)]
    assert shell.in_parallel(tasks) == [bytes([n]) * 300_000 for n in range(3)]


def test_in_parallel_says_when_a_worker_dies() -> None:
    """A task that raises in its copy is an error, not an empty answer."""

    def broken() -> bytes:
        raise ValueError("worker")

    with pytest.raises(CommandFailed, match="worker process"):
        shell.in_parallel([lambda: b"", broken])
