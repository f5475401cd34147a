"""daira lint of the chart that is shipped, with its schemas and environments."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.values.small import run

ROOT = Path(__file__).resolve().parents[2]

# a values file on top of the shipped chart -> rule, key, and what the message has to say
SAID: dict[str, tuple[str, str, str]] = {
    "existingSecret: x\n": ("values-deprecated-key", "existingSecret", "use `global.existingSecret` instead"),
    "backend: {replicaCount: 3}\n": ("values-unknown-key", "backend.replicaCount", "did you mean `backend.replicas`? "),
    "backend: {existingSecret: x}\n": (
        "values-unknown-key",
        "backend.existingSecret",
        "did you mean `global.existingSecret`",
    ),
    "backend: {image: {tag: 1.10}}\n": ("values-unquoted-string", "backend.image.tag", 'write "1.10"'),
    "backend: {probes: {liveness: {perodSeconds: 3}}}\n": (
        "values-unknown-key",
        "backend.probes.liveness.perodSeconds",
        "`backend.probes.liveness.periodSeconds`?",
    ),
    "ingress: {enabled: true}\n": ("values-contradiction", "ingress.host", "Set ingress.host"),
    "secrets: {mode: requir}\n": ("values-not-allowed", "secrets.mode", 'did you mean "require"?'),
    "secrets: {values: {JWT_SECRET: sdfsd7f8sdfsd}}\n": ("values-secret", "secrets.values.JWT_SECRET", "looks like"),
}


def test_the_shipped_values_are_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ran = run("lint", "--no-helm", "--fail-on", "info", "--format", "json")
    assert json.loads(ran.stdout)["findings"] == []
    assert ran.exit_code == 0


@pytest.mark.parametrize("text", SAID)
def test_what_is_said_of_the_shipped_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(ROOT)
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    ran = run("lint", "--no-helm", "-f", file, "--format", "json")
    found: list[dict[str, Any]] = json.loads(ran.stdout)["findings"]
    rule, key, words = SAID[text]
    assert [(one["rule"], one["values_key"], one["file"]) for one in found] == [(rule, key, str(file))]
    assert words in found[0]["message"]


def test_fix_moves_a_deprecated_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "charts", tmp_path / "charts")
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("existingSecret: mine # by hand\nglobal:\n  environment: staging\n", encoding="utf-8")
    assert run("lint", "--no-helm", "-f", "a.yaml", "--fix").exit_code == 0
    assert Path("a.yaml").read_text(encoding="utf-8") == (
        "global:\n  environment: staging\n  existingSecret: mine # by hand\n"
    )


def test_explain_knows_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    told = json.loads(run("values", "explain", "backend.image.tag", "--format", "json").stdout)
    assert told["description"]
    assert {one["environment"] for one in told["environments"]} == {"development", "staging", "production"}
    assert "autoscaling" in json.loads(run("values", "explain", "frontend", "--format", "json").stdout)["children"]
