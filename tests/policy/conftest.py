"""What Kubernetes itself says, for comparison: small Go programs built from the modules that kubectl is made of."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daira.local import gobuild
from daira.local.machine import this_machine

ORACLE = Path(__file__).parent / "oracle"


@pytest.fixture(scope="session")
def kubectl_reads() -> Iterator[Callable[[str], tuple[list[Any], str]]]:
    """What kubectl's decoder makes of a text: its documents, and the error it stops at or ""."""
    spec = gobuild.GoBuild({"oracle-yaml": "."}, module=ORACLE / "yaml")
    program = gobuild.build(this_machine(), spec, "oracle-yaml")["oracle-yaml"]
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        asks, answers = process.stdin, process.stdout

        def ask(text: str) -> tuple[list[Any], str]:
            asks.write(json.dumps(text).encode() + b"\n")
            asks.flush()
            answer = json.loads(answers.readline())
            return _floats(answer["documents"]), answer["error"]

        yield ask
        asks.close()


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        if list(value) == ["\0float"]:
            return float(value["\0float"])
        return {key: _floats(inner) for key, inner in value.items()}
    return [_floats(inner) for inner in value] if isinstance(value, list) else value
