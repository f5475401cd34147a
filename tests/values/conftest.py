"""A working directory of its own, with the pinned Helm on the PATH."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.chart.conftest import tools


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = Path(tools()["helm"]).parent
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path
