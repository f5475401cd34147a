"""`daira down --all`: the cache goes, read-only folders included, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

from daira.local.machine import Machine, remove_cache


def test_the_cache_goes_and_nothing_beside_it(machine: Machine, tmp_path: Path) -> None:
    module = machine.cache / "go-mod" / "example.org" / "a@v1.0.0"
    module.mkdir(parents=True)
    (module / "a.go").write_text("package a", encoding="utf-8")
    module.chmod(0o555)
    beside = tmp_path / "beside"
    beside.mkdir()
    remove_cache(machine)
    assert not machine.cache.exists()
    assert beside.is_dir()
