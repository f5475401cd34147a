"""What Helm says: NOTES.txt tells what to do next and what to mind, and `helm lint` has nothing to add."""

from __future__ import annotations

import json
from functools import cache

import pytest
from tests.chart.conftest import CHART, ROOT, SHIPPED, Values, nest, tools

from daira import shell


@cache
def _installed(environment: str, stdin: str) -> str:
    words = [tools()["helm"], "install", "daira", CHART, "-n", "daira-test", "--dry-run=client"]
    files = ["-f", ROOT / "values" / f"{environment}.yaml", "-f", "-"]
    # No cluster is asked, and none is there to be asked.
    done = shell.run([*words, *files, "--kubeconfig", "/nonexistent"], timeout=60, stdin=stdin)
    return done.out.partition("\nNOTES:\n")[2]


def notes(environment: str, values: Values | None = None) -> str:
    """What is printed after an installation."""
    return _installed(environment, json.dumps(nest(values or {})))


@pytest.mark.parametrize("environment", SHIPPED)
def test_the_notes_say_what_to_do_next(environment: str) -> None:
    text = notes(environment)
    assert "kubectl rollout status deployment/daira-backend -n daira-test" in text
    assert "helm test daira -n daira-test --logs" in text
    assert "kubectl port-forward service/daira-grafana 3001:3001 -n daira-test" in text
    assert "<no value>" not in text


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ("development", "kubectl port-forward service/daira-frontend 8080:80"),
        ("staging", "https://staging.daira.dev"),
        ("production", "https://daira.dev"),
    ],
)
def test_the_notes_say_where_to_open_it(environment: str, address: str) -> None:
    assert f"Open it\n  {address}" in notes(environment)


def test_the_notes_name_the_secret_that_is_used() -> None:
    assert "They are in the Secret daira-secrets." in notes("staging")
    text = notes("staging", {"global.existingSecret": "ours"})
    assert "kubectl get secret ours" in text
    assert "It stays when the release is uninstalled" not in text


@pytest.mark.parametrize("environment", SHIPPED)
def test_a_shipped_environment_has_nothing_to_mind(environment: str) -> None:
    assert "Mind\n" not in notes(environment)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"postgres.enabled": False}, "There is no database"),
        ({"redis.enabled": False}, "There is no Redis"),
        ({"monitoring.enabled": False}, "traces to this release's Jaeger, which is off"),
        ({"frontend.trustedProxies": []}, "All users share one rate limit"),
        ({"ingress.tls.enabled": False, "ingress.tls.secretName": ""}, "no TLS"),
        ({"networkPolicy.enabled": False}, "Every pod of the cluster can reach the database"),
        (
            {"postgres.external.host": "db.example", "secrets.values.POSTGRES_PASSWORD": "x"},
            "Set postgres.external.cidr",
        ),
    ],
)
def test_what_is_weak_is_said(values: Values, said: str) -> None:
    text = notes("staging", values)
    assert said in text.partition("\nMind\n")[2]


@pytest.mark.parametrize("environment", SHIPPED)
def test_helm_lint_has_nothing_to_say(environment: str) -> None:
    words = [tools()["helm"], "lint", "--strict", "--quiet", CHART, "-f", ROOT / "values" / f"{environment}.yaml"]
    assert "[WARNING]" not in shell.run(words, timeout=60).out
