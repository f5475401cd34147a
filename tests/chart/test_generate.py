"""`daira generate` on this repository: made files are up to date, say that they were made, and are found when stale."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.chart.conftest import ROOT, tools

from daira.cli import main
from daira.generate.everything import WHAT, stale
from daira.generate.files import mark, write

NOT_COPIED = {".git", ".tools", ".venv", "tests", "node_modules", "benchmarks"}


class Ran(NamedTuple):
    """How a command ended. code: its exit code."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@cache
def made_files() -> dict[str, list[Path]]:
    """What -> the files that are made for it. Made anew, not looked up in the repository."""
    import importlib

    return {name: list(importlib.import_module(f"daira.generate.{WHAT[name]}").made(ROOT)) for name in WHAT}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with every made file up to date, which is what the copies are made of."""
    folder = tmp_path_factory.mktemp("original") / "daira"
    names = [entry.name for entry in ROOT.iterdir() if entry.name.endswith("_cache") or entry.name == ".hypothesis"]
    shutil.copytree(ROOT, folder, ignore=lambda at, _: {*NOT_COPIED, *names} if Path(at) == ROOT else set())
    write(folder, stale(folder))
    return folder


@pytest.fixture
def repository(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, which is the working directory."""
    copy = tmp_path / "daira"
    shutil.copytree(original, copy)
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The program, with the pinned Helm."""
    monkeypatch.setenv("PATH", f"{tools()['helm'].parent}{os.pathsep}{os.environ['PATH']}")

    def do(*words: str) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        return Ran(int(ended.value.code or 0), *capfd.readouterr())

    return do


def snapshot(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """The content of every file and when it was written."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_every_made_file_of_the_repository_is_up_to_date(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(ROOT)
    ran = run("generate", "--check")
    assert ran.code == 0, ran.out + ran.err


@pytest.mark.parametrize("what", WHAT)
def test_every_made_file_says_so_at_its_top(what: str, original: Path) -> None:
    for path in made_files()[what]:
        lines = (original / path).read_text(encoding="utf-8").splitlines()
        # JSON has no comments: there it is a key of the first two
        top = lines[1:3] if path.suffix == ".json" else lines[:1]
        assert any(mark(what) in line for line in top), f"{path}: {top}"


@pytest.mark.parametrize("what", WHAT)
def test_a_stale_file_and_a_missing_one_fail_the_check_and_are_made_anew(what: str, repository: Path, run: Run) -> None:
    """The red control of every kind of file."""
    for path in made_files()[what][:2]:
        file = repository / path
        good = file.read_text(encoding="utf-8")
        file.write_text(good + "x\n", encoding="utf-8")
        ran = run("generate", "--check")
        assert ran.code == 1
        assert f"stale: {path}" in ran.err
        assert f"--- {path}\n+++ {path}\n" in ran.out
        assert "\n-x\n" in ran.out
        assert file.read_text(encoding="utf-8") == good + "x\n", "a check writes nothing"
        file.unlink()
        ran = run("generate", "--check", what)
        assert ran.code == 1
        assert f"--- /dev/null\n+++ {path}\n" in ran.out
        ran = run("generate", what)
        assert (ran.code, ran.out) == (0, f"made     {path}\n")
        assert file.read_text(encoding="utf-8") == good


def test_nothing_is_written_where_nothing_changed(repository: Path, run: Run) -> None:
    before = snapshot(repository)
    assert run("generate") == (0, "nothing to do: every file is up to date\n", "")
    assert snapshot(repository) == before


def test_only_what_changed_is_written(repository: Path, run: Run) -> None:
    before = snapshot(repository)
    values = repository / "values" / "staging.yaml"
    values.write_text(
        values.read_text(encoding="utf-8").replace("LOG_LEVEL: debug", "LOG_LEVEL: warn"), encoding="utf-8"
    )
    ran = run("generate", "manifests")
    assert ran.out == "changed  k8s/staging.yaml\n"
    after = snapshot(repository)
    assert {path.name for path in after if after[path] != before.get(path)} == {"staging.yaml"}
    assert "LOG_LEVEL: warn" in (repository / "k8s" / "staging.yaml").read_text(encoding="utf-8")


def test_an_environment_that_comes_and_goes(repository: Path, run: Run) -> None:
    shutil.copy("values/staging.yaml", "values/preview.yaml")
    assert "made     k8s/preview.yaml" in run("generate").out
    assert 'namespace: "daira-preview"' in (repository / "k8s" / "preview.yaml").read_text(encoding="utf-8")
    (repository / "values" / "preview.yaml").unlink()
    (repository / "k8s" / "by-hand.yaml").write_text("# mine\n", encoding="utf-8")
    ran = run("generate", "--check")
    assert ran.code == 1
    assert "k8s/preview.yaml" in ran.err
    assert "removed  k8s/preview.yaml" in run("generate").out
    assert not (repository / "k8s" / "preview.yaml").exists()
    assert (repository / "k8s" / "by-hand.yaml").exists()


@pytest.mark.parametrize("broken", ["global: {environment: [", "global:\n\tenvironment: x\n"])
def test_a_values_file_that_does_not_parse_is_one_sentence_and_nothing_is_written(
    broken: str, repository: Path, run: Run
) -> None:
    (repository / "values" / "staging.yaml").write_text(broken, encoding="utf-8")
    (repository / "k8s" / "production.yaml").unlink()
    before = snapshot(repository)
    ran = run("generate")
    assert ran.code == 3
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1, ran.err
    assert "values/staging.yaml:" in ran.err
    assert str(repository) not in ran.err
    assert "Traceback" not in ran.err
    assert snapshot(repository) == before


def test_values_the_chart_refuses_are_one_sentence_and_nothing_is_written(repository: Path, run: Run) -> None:
    values = repository / "values" / "staging.yaml"
    values.write_text(
        values.read_text(encoding="utf-8").replace("enabled: true", "enabled: true\n    maxReplicas: 1", 1),
        encoding="utf-8",
    )
    before = snapshot(repository)
    ran = run("generate")
    assert ran.code == 3
    assert "minReplicas" in ran.err
    assert snapshot(repository) == before


def test_an_unknown_name_is_wrong_usage(repository: Path, run: Run) -> None:
    ran = run("generate", "everything")
    assert ran.code == 2
    assert "everything" in ran.err
    assert "manifests" in ran.err


def test_outside_the_repository_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("generate", "--check")
    assert ran.code == 2
    assert "top of DAIRA's repository" in ran.err
    assert list(tmp_path.iterdir()) == []
