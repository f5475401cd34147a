"""`daira new rule`: three files that fit the repository, red until it is written; nothing where it can not be."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.policy import harness

from daira.cli import cli
from daira.errors import UsageError
from daira.generate import rule as generate
from daira.generate.files import Written, write
from daira.policy.catalog import HEADINGS, entry, sections
from daira.policy.rule import GROUPS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what `daira new rule` reads and writes, and the working directory."""
    for folder in (generate.RULES, generate.CASES):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / generate.RULES / "__init__.py", tmp_path / generate.RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("group", GROUPS)
def test_makes_three_files_that_fit(repository: Path, group: str) -> None:
    """The module is a documented rule, clean for ruff; the registry has it once in each list; the cases are YAML."""
    files = generate.new_rule(repository, "my-new-rule", group)
    write(repository, files)
    path = repository / generate.RULES / "my_new_rule.py"
    spec = importlib.util.spec_from_file_location("daira.policy.rules.my_new_rule", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = entry(module)
    assert made.name == "my-new-rule"
    assert list(sections(made.doc)) == ["", *HEADINGS]
    assert made.meta.groups == (group,)
    cases = yaml.safe_load((repository / generate.CASES / "my-new-rule.yaml").read_text())
    assert set(cases) == {"bad", "good", "near_miss", "mutation"}
    registry = (repository / generate.RULES / "__init__.py").read_text()
    assert registry.count("    my_new_rule,\n") == 2
    ruff = Path(sys.executable).with_name("ruff")
    for words in (["check", "--quiet"], ["format", "--quiet", "--check"]):
        command = [ruff, *words, "--config", ROOT / "pyproject.toml", path, path.with_name("__init__.py")]
        subprocess.run([str(word) for word in command], check=True)


def test_its_tests_are_red_until_it_is_written(repository: Path) -> None:
    """The bad case of the template is not found by the template's check."""
    write(repository, generate.new_rule(repository, "my-new-rule", "hygiene"))
    case = yaml.safe_load((repository / generate.CASES / "my-new-rule.yaml").read_text())["bad"][0]
    path = repository / generate.RULES / "my_new_rule.py"
    spec = importlib.util.spec_from_file_location("my_new_rule", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert harness.places(module.check(harness.release_of(case["objects"]))) != case["at"]


@pytest.mark.parametrize(
    "name", ["", "Upper", "two words", "under_score", "-x", "x-", "a--b", "9x", "../x", "import", "x" * 51]
)
def test_bad_names_change_nothing(repository: Path, name: str) -> None:
    """A clear sentence, and no file."""
    before = _snapshot(repository)
    with pytest.raises(UsageError):
        generate.new_rule(repository, name, "hygiene")
    assert _snapshot(repository) == before


def test_a_taken_name_changes_nothing(repository: Path) -> None:
    """Made once; the second time it is refused, and the first one stays as it was."""
    write(repository, generate.new_rule(repository, "my-new-rule", "hygiene"))
    before = _snapshot(repository)
    with pytest.raises(UsageError, match="already"):
        generate.new_rule(repository, "my-new-rule", "hygiene")
    assert _snapshot(repository) == before


def test_a_failed_write_is_undone(repository: Path) -> None:
    """The last of three files can't be written: the other two are gone again."""
    files = generate.new_rule(repository, "my-new-rule", "hygiene")
    in_the_way = Path("file")
    (repository / in_the_way).write_text("")
    before = _snapshot(repository)
    broken = [*files[:2], Written(Path("new/folder/x"), "", "x"), Written(in_the_way / "x.py", "", "x")]
    with pytest.raises(UsageError, match="nothing was changed"):
        write(repository, broken)
    assert _snapshot(repository) == before
    assert not (repository / "new").exists()


def test_dry_run_shows_the_diff_and_writes_nothing(repository: Path) -> None:
    """The command line's way."""
    before = _snapshot(repository)
    done = CliRunner().invoke(cli, ["new", "rule", "my-new-rule", "--group", "tls", "--dry-run"])
    assert done.exit_code == 0
    assert "+    my_new_rule," in done.output
    assert "+++ tests/policy/cases/my-new-rule.yaml" in done.output
    assert _snapshot(repository) == before
    made = CliRunner().invoke(cli, ["new", "rule", "my-new-rule", "--group", "tls"])
    assert made.exit_code == 0
    assert len(_snapshot(repository)) == len(before) + 2


def test_an_unknown_group_or_place_is_refused(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Which groups there are, and where to run it."""
    with pytest.raises(UsageError, match="the groups are"):
        generate.new_rule(repository, "my-new-rule", "nonsense")
    with pytest.raises(UsageError, match="top of DAIRA's repository"):
        generate.new_rule(tmp_path_factory.mktemp("elsewhere"), "my-new-rule", "hygiene")
