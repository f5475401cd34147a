"""daira values explain: the meaning of a key, and who sets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.values.small import chart, run


def _told(*words: str) -> Any:
    ran = run("values", "explain", *words, "--format", "json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_who_sets_what(here: Path) -> None:
    chart(here)
    (here / "values").mkdir()
    (here / "values/staging.yaml").write_text("backend:\n  replicas: 3\n", encoding="utf-8")
    (here / "values/production.yaml").write_text("backend:\n  size: 2Gi\n", encoding="utf-8")
    told = _told("backend.replicas", "c")
    assert (told["description"], told["allowed"], told["default"], told["examples"]) == (
        "How many pods run.",
        "an integer, at least 1",
        2,
        [3],
    )
    by_name = {one["environment"]: one for one in told["environments"]}
    assert (by_name["production"]["value"], by_name["staging"]["value"]) == (2, 3)
    assert by_name["staging"]["layers"] == [
        {"file": "values/staging.yaml", "line": 2, "column": 3, "value": 3},
        {"file": "c/values.yaml", "line": 4, "column": 3, "value": 2},
    ]
    text = run("values", "explain", "backend.replicas", "c", "--env", "staging").stdout
    assert text == (
        "backend.replicas\n\n  How many pods run.\n\n  allowed      an integer, at least 1\n  default      2\n"
        "  examples     3\n\nstaging: 3\n"
        "  set by       values/staging.yaml:2:3: 3\n  over         c/values.yaml:4:3: 2\n"
    )


def test_an_object_lists_its_children_and_secrets_are_hidden(here: Path) -> None:
    chart(here)
    (here / "a.yaml").write_text("backend:\n  password: hfh39wkq22ms\n", encoding="utf-8")
    told = _told("backend", "c", "-f", "a.yaml")
    assert {"replicas", "image", "password"} <= set(told["children"])
    for key in ("backend", "backend.password"):
        for form in ("text", "json"):
            ran = run("values", "explain", key, "c", "-f", "a.yaml", "--format", form)
            assert "(hidden)" in ran.stdout
            assert "hfh39wkq22ms" not in ran.stdout


def test_an_unknown_key(here: Path) -> None:
    chart(here)
    for key, meant in (
        ("backend.replicaCount", "did you mean backend.replicas?"),
        ("existingSecret", "did you mean global.existingSecret?"),
        ("sub.zzz", "sub has "),
    ):
        ran = run("values", "explain", key, "c")
        assert getattr(ran.exception, "exit_code", None) == 2
        assert meant in str(ran.exception)


def test_without_a_schema(here: Path) -> None:
    chart(here, schema=None)
    told = _told("sub.level", "c")
    assert (told["default"], told["description"]) == ("info", "")
    assert told["environments"][0]["layers"][0]["file"] == "c/charts/sub/values.yaml"
