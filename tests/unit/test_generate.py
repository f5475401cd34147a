"""Keeping made files up to date: only what changed is written, all or none, what lost its source goes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from daira.errors import DairaError, UsageError
from daira.generate import everything
from daira.generate.files import Written, headline, write

Make = Callable[[Path], dict[Path, str]]


@pytest.fixture
def makers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replaces what can be made by modules of the test's own, in the order given."""

    def put(places: tuple[str, ...] = (), **makers: Make) -> None:
        monkeypatch.setattr(everything, "WHAT", {name: f"fake_{name}" for name in makers})
        for name, make in makers.items():
            module = ModuleType(f"daira.generate.fake_{name}")
            module.__dict__.update(made=make, PLACES=places)
            monkeypatch.setitem(sys.modules, module.__name__, module)

    return put


def copy_of(source: str, target: str) -> Make:
    """Makes `target` of the text of `source`."""
    return lambda root: {Path(target): (root / source).read_text(encoding="utf-8")}


def test_a_file_that_is_made_from_a_made_one_is_up_to_date_after_one_run(
    tmp_path: Path, makers: Callable[..., None]
) -> None:
    makers(first=copy_of("in/source", "out/first"), second=copy_of("out/first", "other/second"))
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "source").write_text("new", encoding="utf-8")
    (tmp_path / "out" / "first").write_text("old", encoding="utf-8")
    (tmp_path / "out" / "beside").write_text("stays", encoding="utf-8")
    found = everything.stale(tmp_path)
    assert [(str(one.path), one.after) for one in found] == [("out/first", "new"), ("other/second", "new")]
    assert (tmp_path / "out" / "first").read_text(encoding="utf-8") == "old", "nothing is written by looking"
    write(tmp_path, found)
    assert everything.stale(tmp_path) == []
    assert (tmp_path / "out" / "beside").read_text(encoding="utf-8") == "stays"


def test_a_failure_names_the_file_in_the_repository(tmp_path: Path, makers: Callable[..., None]) -> None:
    """Also where it was read beside the repository, because something before it changed."""

    def fail(root: Path) -> dict[Path, str]:
        raise DairaError(f"{root}/in/source is broken")

    makers(first=copy_of("in/source", "out/first"), second=fail)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "source").write_text("new", encoding="utf-8")
    with pytest.raises(DairaError, match=r"^in/source is broken$"):
        everything.stale(tmp_path)


def test_what_lost_its_source_goes_and_what_is_somebodys_own_stays(tmp_path: Path, makers: Callable[..., None]) -> None:
    makers(places=("k8s/*",), it=lambda _: {Path("k8s/new"): f"# {headline('it', 'x')}\n"})
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "old").write_text(f"# {headline('it', 'gone')}\n", encoding="utf-8")
    (tmp_path / "k8s" / "other").write_text(f"# {headline('them', 'x')}\n", encoding="utf-8")
    (tmp_path / "k8s" / "own").write_text("by hand\n", encoding="utf-8")
    found = everything.stale(tmp_path)
    assert [(str(one.path), one.verb) for one in found] == [("k8s/new", "made"), ("k8s/old", "removed")]
    assert "+++ /dev/null" in found[1].diff
    write(tmp_path, found)
    assert sorted(path.name for path in (tmp_path / "k8s").iterdir()) == ["new", "other", "own"]


def test_only_what_changed_is_written(tmp_path: Path, makers: Callable[..., None]) -> None:
    makers(it=lambda _: {Path("a"): "a\n", Path("b"): "b\n"})
    (tmp_path / "a").write_text("a\n", encoding="utf-8")
    assert [str(one.path) for one in everything.stale(tmp_path)] == ["b"]


def test_an_unknown_name_is_refused_before_anything_is_made(tmp_path: Path, makers: Callable[..., None]) -> None:
    def never(root: Path) -> dict[Path, str]:
        raise AssertionError(root)

    makers(it=never)
    with pytest.raises(UsageError, match=r"there are it$"):
        everything.stale(tmp_path, ["it", "that"])


def test_a_file_of_another_encoding_is_stale_and_is_as_it_was_when_writing_fails(
    tmp_path: Path, makers: Callable[..., None]
) -> None:
    makers(it=lambda _: {Path("a"): "a\n", Path("full/b"): "b\n"})
    (tmp_path / "a").write_bytes(b"\xff\r\n")
    (tmp_path / "full").write_text("a file where a folder has to be", encoding="utf-8")
    found = everything.stale(tmp_path)
    assert [one.verb for one in found] == ["changed", "made"]
    with pytest.raises(UsageError, match="nothing was changed"):
        write(tmp_path, found)
    assert (tmp_path / "a").read_bytes() == b"\xff\r\n"


def test_what_was_removed_is_back_when_writing_fails(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old", encoding="utf-8")
    (tmp_path / "b").mkdir()
    with pytest.raises(UsageError, match="nothing was changed"):
        write(tmp_path, [Written(Path("a"), "old", ""), Written(Path("new/c"), "", "c"), Written(Path("b"), "", "b")])
    assert (tmp_path / "a").read_text(encoding="utf-8") == "old"
    assert not (tmp_path / "new").exists()


def test_the_diffs_of_two_files_without_a_last_line_end_do_not_run_together() -> None:
    diff = Written(Path("a"), "x", "y").diff
    assert diff.splitlines()[-4:] == ["-x", "\\ No newline at end of file", "+y", "\\ No newline at end of file"]
    assert diff.endswith("\n")
