"""content.key_of: equal for equal content, different for any other."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from daira.local.content import BUILT, KEY_LENGTH, key_of

TEXT = st.text("ab1:s0é€", max_size=5)
TEXTS = st.lists(TEXT, max_size=4)
NAMES = st.text("abcxyz", min_size=1, max_size=3)
TREES = st.dictionaries(NAMES, st.binary(max_size=6), min_size=1, max_size=4)


def _tree(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@given(TEXTS, TEXTS)
def test_other_parts_other_key(one: list[str], other: list[str]) -> None:
    assert (key_of(*one) == key_of(*other)) is (one == other)


@given(st.lists(TEXT, min_size=2, max_size=4))
def test_where_one_part_ends_matters(parts: list[str]) -> None:
    joined = "".join(parts)
    assume([joined] != parts)
    assert key_of(*parts) != key_of(joined)


def test_the_order_and_the_border_of_parts_matter() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of("a", "b") != key_of("b", "a")
    assert key_of("a") != key_of("a", "")


@given(TREES, TREES)
def test_other_files_other_key(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        first, second = _tree(Path(scratch) / "first", one), _tree(Path(scratch) / "second", other)
        assert (key_of(paths=[first]) == key_of(paths=[second])) is (one == other)


def test_a_key_does_not_depend_on_where_the_folder_is(tmp_path: Path) -> None:
    files = {"a": b"1", "b": b"2"}
    assert key_of("x", paths=[_tree(tmp_path / "one", files)]) == key_of("x", paths=[_tree(tmp_path / "two", files)])


def test_mode_and_name_of_a_file_matter(tmp_path: Path) -> None:
    file = tmp_path / "run"
    file.write_bytes(b"same")
    before = key_of(paths=[file])
    file.chmod(0o755)
    executable = key_of(paths=[file])
    assert executable != before
    assert key_of(paths=[file.rename(tmp_path / "walk")]) != executable


def test_a_mode_that_only_says_who_may_read_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "run"
    file.write_bytes(b"same")
    file.chmod(0o600)
    before = key_of(paths=[file])
    file.chmod(0o644)
    assert key_of(paths=[file]) == before


def test_a_file_deep_in_a_folder_matters_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "t" / "a").mkdir(parents=True)
    (tmp_path / "t" / "b").mkdir()
    file = tmp_path / "t" / "a" / "f"
    file.write_bytes(b"same")
    before = key_of(paths=[tmp_path / "t"])
    file.rename(tmp_path / "t" / "b" / "f")
    assert key_of(paths=[tmp_path / "t"]) != before


@pytest.mark.parametrize("name", sorted(BUILT))
def test_what_is_made_from_the_rest_says_nothing(tmp_path: Path, name: str) -> None:
    tree = _tree(tmp_path / "t", {"source": b"1"})
    before = key_of(paths=[tree])
    _tree(tree / name / "deep", {"made": b"2"})
    assert key_of(paths=[tree]) == before
    (tree / "source").write_bytes(b"3")
    assert key_of(paths=[tree]) != before


def test_a_missing_file_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        key_of(paths=[tmp_path / "gone"])


def test_a_key_is_a_short_name_for_files_and_tags() -> None:
    assert len(key_of("x")) == KEY_LENGTH
    assert set(key_of("x")) <= set("0123456789abcdef")
