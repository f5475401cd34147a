"""Where things live: the project found upwards, one state folder, one cache folder."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tests.unit.conftest import ROOT

from daira.errors import UsageError
from daira.local import machine as machines
from daira.local.machine import Machine


def test_the_project_is_found_from_any_folder_of_it() -> None:
    assert machines.project_root(ROOT) == ROOT
    assert machines.project_root(ROOT / "charts" / "daira") == ROOT


def test_no_project_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"no DAIRA project found from {tmp_path} upwards"):
        machines.project_root(tmp_path)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"DAIRA_CACHE": "/a/b"}, "/a/b"),
        ({"DAIRA_CACHE": "/a/b", "XDG_CACHE_HOME": "/c"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/daira"),
        ({"HOME": "/h"}, "/h/.cache/daira"),
        ({"HOME": "/h", "DAIRA_CACHE": "", "XDG_CACHE_HOME": ""}, "/h/.cache/daira"),
        ({"HOME": "/h", "DAIRA_CACHE": "~/c"}, "/h/c"),
    ],
)
def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, env: dict[str, str], expected: str) -> None:
    for name in ("DAIRA_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert machines.cache_folder() == Path(expected)


def test_this_machine_makes_its_folders_and_keeps_the_users_kubeconfig_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "charts" / "daira").mkdir(parents=True)
    (tmp_path / "charts" / "daira" / "Chart.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAIRA_CACHE", str(tmp_path / "deep" / "cache"))
    monkeypatch.setenv("KUBECONFIG", "/home/user/.kube/config")
    machine = machines.this_machine()
    assert machine.state.is_dir()
    assert machine.cache.is_dir()
    assert machine.kube_env == {"KUBECONFIG": str(tmp_path / ".tools" / "kubeconfig")}
    assert machine.log("step") == tmp_path / ".tools" / "logs" / "step.log"


def _ended(screen: io.StringIO) -> list[str]:
    return [line.replace(" (0.0 s)", "") for line in screen.getvalue().splitlines() if not line.startswith("  ..")]


def test_a_step_that_made_nothing_is_shown_as_skipped(machine: Machine, screen: io.StringIO) -> None:
    with machine.making("one") as step:
        machine.made.append("kind")
        step.note = "1 from go"
    with machine.making("two") as step:
        step.note = "1 from go"
    with machine.making("three"):
        pass
    with machine.making("four") as step:
        step.skip("absent")
    assert _ended(screen) == [
        " ok   one  1 from go",
        "skip  two  there already (1 from go)",
        "skip  three  there already",
        "skip  four  absent",
    ]


def test_a_step_that_failed_is_not_shown_as_skipped(machine: Machine, screen: io.StringIO) -> None:
    with pytest.raises(ValueError, match="bad"), machine.making("broken"):
        raise ValueError("bad")
    assert _ended(screen) == ["fail  broken"]
