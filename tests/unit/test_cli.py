"""The command line's contract: exit codes, one-sentence errors, and a program that starts fast."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest
from tests.unit.conftest import ROOT, FakeShell

import daira
from daira.cli import COMMANDS, main
from daira.errors import CommandFailed, DairaError, UsageError
from daira.local import addons, cluster, engine, toolchain
from daira.local.engine import Engine
from daira.local.toolchain import Toolchain

Boom = Callable[[BaseException | None], None]


@pytest.fixture
def boom(monkeypatch: pytest.MonkeyPatch) -> Boom:
    """Makes `daira boom` end with an exception, or well."""

    def install(error: BaseException | None) -> None:
        @click.command()
        @click.option("-v", "--verbose", count=True)
        def command(verbose: int) -> None:
            if error is not None:
                raise error

        module = ModuleType("daira.cli.boom")
        module.boom = command  # type: ignore[attr-defined]
        monkeypatch.setitem(COMMANDS, "boom", "boom")
        monkeypatch.setitem(sys.modules, "daira.cli.boom", module)

    return install


def _code(*argv: str) -> object:
    with pytest.raises(SystemExit) as caught:
        main(list(argv))
    return caught.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (DairaError("what, where, what to do"), 3),
        (CommandFailed("kind ended with exit code 1: why"), 3),
        (UsageError("values.yaml is not YAML"), 2),
        (click.UsageError("wrong"), 2),
        (click.BadParameter("wrong"), 2),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_codes(boom: Boom, error: BaseException | None, code: int) -> None:
    boom(error)
    assert _code("boom") == code


def test_an_error_is_one_sentence_without_a_traceback(boom: Boom, capsys: pytest.CaptureFixture[str]) -> None:
    boom(DairaError("the sentence"))
    for verbosity in ([], ["-v"]):
        assert _code("boom", *verbosity) == 3
        shown = capsys.readouterr()
        assert shown.err == "error: the sentence\n"
        assert shown.out == ""


def test_the_programs_last_lines_follow_indented(boom: Boom, capsys: pytest.CaptureFixture[str]) -> None:
    boom(CommandFailed("helm ended with exit code 1; its output is in x.log", output="one\ntwo"))
    _code("boom")
    assert capsys.readouterr().err.splitlines()[1:] == ["  | one", "  | two"]


def test_vv_shows_the_traceback(boom: Boom, capsys: pytest.CaptureFixture[str]) -> None:
    boom(DairaError("the sentence"))
    assert _code("boom", "-vv") == 3
    shown = capsys.readouterr().err
    assert shown.startswith("error: the sentence\n")
    assert "Traceback (most recent call last)" in shown


@pytest.mark.parametrize("argv", [["nothing"], ["tools", "--nothing"], ["tools", "more"], ["cluster", "nothing"]])
def test_wrong_usage_is_2_and_says_what(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(*argv) == 2
    shown = capsys.readouterr().err
    assert "Usage:" in shown
    assert "Error:" in shown
    assert "Traceback" not in shown


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code() == 2
    shown = capsys.readouterr()
    assert all(f"  {name} " in shown.out + shown.err for name in COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code("--version") == 0
    assert daira.__version__ in capsys.readouterr().out
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{daira.__version__}"' in text


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(name: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(name, option) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Usage: daira {name}")
    assert lines[2].strip()


@pytest.mark.parametrize(
    "argv", [["images", "build"], ["images", "load"], *(["cluster", name] for name in ("up", "down", "status", "logs"))]
)
def test_every_subcommand_has_help(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(*argv, "--help") == 0
    assert capsys.readouterr().out.startswith(f"Usage: daira {' '.join(argv)}")


def test_starting_imports_nothing_heavy() -> None:
    heavy = ["cryptography", "yaml", "ruamel", "jsonschema", "kubernetes_validate", "daira.local"]
    program = f"import daira.cli, json, sys; print(json.dumps([name for name in {heavy} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout) == []


def test_outside_of_a_project_it_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _code("tools") == 2
    assert capsys.readouterr().err.startswith(f"error: no DAIRA project found from {tmp_path} upwards")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: Toolchain, podman: Engine) -> Path:
    """A working directory that is a project, with tools and an engine that answers."""
    (tmp_path / "clone" / "charts" / "daira").mkdir(parents=True)
    (tmp_path / "clone" / "charts" / "daira" / "Chart.yaml").touch()
    monkeypatch.chdir(tmp_path / "clone")
    monkeypatch.setenv("DAIRA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(toolchain, "ensure", lambda machine: tools)
    monkeypatch.setattr(engine, "ensure", lambda machine: podman)
    return tmp_path / "clone"


def test_tools_says_where_each_is(project: Path, tools: Toolchain, capsys: pytest.CaptureFixture[str]) -> None:
    assert _code("tools") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{tool.name}\tv0\tpath\t/tools/{tool.name}" for tool in tools.tools.values()]


def test_status_without_a_cluster_is_3(project: Path, fake: FakeShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert _code("cluster", "status") == 3
    assert capsys.readouterr().err == "error: no local cluster is there: run `daira up`\n"


def test_status_of_a_dead_cluster_is_3(project: Path, fake: FakeShell, capsys: pytest.CaptureFixture[str]) -> None:
    fake.on(" ps -a", out="daira-worker\n")
    assert _code("cluster", "status") == 3
    assert "it does not answer" in capsys.readouterr().err


def test_status_shows_nodes_and_pods(
    project: Path, fake: FakeShell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "exists", lambda *_: True)
    monkeypatch.setattr(cluster, "healthy", lambda *_: True)
    fake.on(" get nodes", out="the nodes\n")
    fake.on(f" get pods -n {addons.NAMESPACE}", out="the pods\n")
    assert _code("cluster", "status") == 0
    assert capsys.readouterr().out == "the nodes\nthe pods\n"


def test_load_without_a_cluster_is_3(project: Path, fake: FakeShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert _code("images", "load") == 3
    assert "run `daira cluster up` first" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["down"], ["cluster", "down"]])
def test_down_where_nothing_is_there(
    project: Path, fake: FakeShell, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    fake.on("network inspect", code=1)
    assert _code(*argv) == 0
    assert "skip  remove the cluster" in capsys.readouterr().err
    assert not fake.lines(" rm ")
    assert (project.parent / "cache").is_dir()


def test_down_all_removes_the_cache_with_gos_read_only_folders(project: Path, fake: FakeShell) -> None:
    module = project.parent / "cache" / "go-mod" / "m@v1"
    module.mkdir(parents=True)
    (module / "f.go").touch()
    module.chmod(0o555)
    fake.on("network inspect", code=1)
    assert _code("down", "--all") == 0
    assert not (project.parent / "cache").exists()


def test_images_build_wants_an_existing_folder(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _code("images", "build", "--backend", "/nowhere") == 2
    assert "does not exist" in capsys.readouterr().err
