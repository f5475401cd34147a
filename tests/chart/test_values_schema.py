"""The values' schemas and the values, in both directions: what is there is described, what is described is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.chart.conftest import CHART, ROOT, SHIPPED, effective_values, merge, refuse, render
from tests.chart.contract import CHARTS, Key, bare, default, identifiers, load, nodes, reached, resolved
from tests.chart.test_helm3 import helms

from daira import shell
from daira.errors import UsageError
from daira.generate import schemas

__all__ = ["helms"]

WHOLE = load("daira")
KEYS = {node.dotted: node for node in nodes(WHOLE)}
VALIDATOR = jsonschema.Draft202012Validator(WHOLE)

# Objects that take keys nobody knows beforehand, and why.
OPEN = {
    "global": "Helm hands it to charts around this one too",
    "backend.config": "environment variables of the application",
    "postgres.config": "PostgreSQL has hundreds of settings, and refuses unknown ones itself",
    "redis.config": "Redis has hundreds of settings, and refuses unknown ones itself",
    "postgres.initScripts": "files by name",
    "monitoring.rules": "files by name",
    "monitoring.prometheus.externalLabels": "labels by name",
    "monitoring.prometheus.scrapeJobs": "jobs by name",
    "monitoring.alertmanager.config": "Alertmanager's own file, which refuses unknown keys itself",
    "monitoring.grafana.config": "sections of grafana.ini",
    "monitoring.grafana.config.*": "settings of grafana.ini",
    "monitoring.grafana.dashboards": "files by name",
    "monitoring.jaeger.config": "Jaeger's own file, which refuses unknown keys itself",
    "monitoring.prometheus.extraScrapeConfigs.*": "Prometheus' own words",
    "networkPolicy.extra": "components by name",
}
# Keys that the templates hand on without naming them: the last part of the key, and who names it.
HANDED_ON = {
    "ephemeral-storage": "resources are copied as they are",
    "periodSeconds": "probes are copied as they are",
    "timeoutSeconds": "probes are copied as they are",
    "failureThreshold": "probes are copied as they are",
    "namespace": "parentRefs are copied as they are",
    "sectionName": "parentRefs are copied as they are",
    "group": "parentRefs are copied as they are",
    "kind": "parentRefs are copied as they are",
    "LOG_LEVEL": "the config is copied as it is",
    "CORS_ORIGIN": "the config is copied as it is",
}


def set_at(key: Key, value: Any) -> dict[str, Any]:
    """{"a": {"b": value}} for ("a", "b")."""
    for part in reversed(key):
        value = {part: value}
    made: dict[str, Any] = value
    return made


@pytest.mark.parametrize("chart", CHARTS)
def test_the_schema_is_one(chart: str) -> None:
    schema = load(chart)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "daira generate" in schema["$comment"]
    assert schema["additionalProperties"] is False
    # "global" may come from any chart above, "enabled" is the parent's condition
    assert resolved(schema["properties"]["global"], schema).get("additionalProperties", True) is True
    assert ("enabled" in schema["properties"]) == (chart not in ("daira", "common"))
    references = set(_references(schema))
    assert all(reference.startswith("#/$defs/") for reference in references)
    assert references <= {f"#/$defs/{name}" for name in schema.get("$defs", {})}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for one in node:
            yield from _references(one)


@pytest.mark.parametrize("chart", CHARTS)
def test_the_defaults_are_those_of_values_yaml(chart: str) -> None:
    """So every key of values.yaml is in the schema, and every key of the schema that has a default in values.yaml."""
    values = yaml.safe_load((CHARTS[chart] / "values.yaml").read_text(encoding="utf-8")) or {}
    if chart == "daira":
        values = effective_values("defaults", {})
    assert bare(default(load(chart))) == bare(values)
    jsonschema.Draft202012Validator(load(chart)).validate(values)


def test_another_default_would_be_noticed() -> None:
    other = json.loads(json.dumps(WHOLE))
    other["$defs"]["replicas"]["default"] = 3
    assert bare(default(other)) != bare(effective_values("defaults", {}))


def test_every_key_is_described_with_a_default_and_an_example() -> None:
    lacking = [
        (node.dotted, word)
        for node in KEYS.values()
        for word in ("description", "default", "examples")
        if node.key[-1] != "*" and not (node.schema.get(word) or (word == "default" and "default" in node.schema))
    ]
    assert len(KEYS) > 250
    assert not lacking


def test_every_example_is_valid() -> None:
    for node in KEYS.values():
        # a reference leads to the bundle's definitions
        validator = jsonschema.Draft202012Validator({**node.schema, "$defs": WHOLE["$defs"]})
        for example in node.schema.get("examples", ()):
            assert not [error.message for error in validator.iter_errors(example)], (node.dotted, example)


# What an example needs to make sense: the key, and values beside it.
BESIDE: dict[str, dict[str, Any]] = {
    "ingress": {"ingress": {"enabled": True, "host": "daira.example.com", "tls": {"enabled": True}}},
    "gateway": {"ingress": {"enabled": False}, "gateway": {"enabled": True, "parentRefs": [{"name": "public"}]}},
    "postgres.external": {
        "postgres": {"external": {"host": "db.example.com"}},
        "secrets": {"values": {"POSTGRES_PASSWORD": "x", "DATABASE_URL": "postgresql://db.example.com/daira"}},
    },
    "redis.external": {
        "redis": {"external": {"host": "cache.example.com"}},
        "secrets": {"values": {"REDIS_URL": "redis://cache.example.com"}},
    },
    "ingress.certManager.issuer": {"ingress": {"certManager": {"clusterIssuer": ""}}},
}
# Examples that are rendered elsewhere: one secret's value alone says nothing about the others (test_secrets.py).
ELSEWHERE = ("secrets.values",)


def beside(key: str) -> dict[str, Any]:
    """All of BESIDE that a key lies below."""
    made: dict[str, Any] = {}
    for name, values in BESIDE.items():
        if key == name or key.startswith(f"{name}."):
            made = merge(made, values)
    return made


def examples() -> Iterator[tuple[str, Any]]:
    """Every key that is no list item or free name, with each of its examples."""
    for node in KEYS.values():
        if "*" not in node.key and not node.schema.get("deprecated") and not node.dotted.startswith(ELSEWHERE):
            for example in node.schema.get("examples", ()):
                yield node.dotted, example


def test_every_example_renders(tmp_path: Path) -> None:
    """As many of them as go together in one render; those that do not, alone."""
    values: dict[str, Any] = {}
    alone: list[tuple[str, Any]] = []
    for key, example in examples():
        parts = tuple(key.split("."))
        switch = parts[-1] in ("enabled", "write") or isinstance(example, dict)
        if switch or key.startswith(("ingress.", "gateway.", "postgres.external", "redis.external", "secrets")):
            alone.append((key, example))
        else:
            values = merge(values, set_at(parts, example))
    together = render("staging", {}, arguments=("-f", str(_written(tmp_path, values))))
    assert len(together.objects) > 30
    seen: set[str] = set()
    for key, example in alone:
        same = json.dumps([key.split(".")[-1], example, key.startswith("global")])
        if same not in seen:  # a definition that many components share is rendered once
            seen.add(same)
            made = merge(beside(key), set_at(tuple(key.split(".")), example))
            if key in ("secrets", "secrets.mode"):
                made = merge(made, {"global": {"existingSecret": "daira-secrets"}})
            assert render("development", {}, arguments=("-f", str(_written(tmp_path, made)))).objects, key


def _written(folder: Path, values: dict[str, Any]) -> Path:
    path = folder / f"{len(list(folder.iterdir()))}.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def test_an_unknown_key_is_refused_at_every_depth() -> None:
    """What takes unknown keys is listed, with why."""
    opened = set()
    for node in KEYS.values():
        if node.schema.get("type") == "object" and "*" not in node.key[:-1]:
            found = jsonschema.Draft202012Validator({**node.schema, "$defs": WHOLE["$defs"]})
            told = [error.validator for error in found.iter_errors({"unknownKey": {}})]
            closed = node.schema.get("additionalProperties") is False
            assert not closed or "additionalProperties" in told, node.dotted
            labels = node.key[-1] in ("annotations", "podAnnotations", "nodeSelector")
            if not closed and not labels and node.key[-1] != "global":
                opened.add(node.dotted)
    assert opened == set(OPEN) - {"global"}


UNKNOWN = """
    unknownKey backend.unknownKey frontend.nginx.headers.unknownKey postgres.exporter.image.unknownKey
    redis.persistence.unknownKey monitoring.jaeger.resources.limits.unknownKey migrations.unknownKey
    networkPolicy.dns.unknownKey ingress.tls.unknownKey global.compatibility.unknownKey
"""


@pytest.mark.parametrize("key", UNKNOWN.split())
def test_helm_refuses_an_unknown_key(key: str) -> None:
    assert "additional properties 'unknownKey' not allowed" in refuse("staging", {key: "1"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("backend.affinity", {"nodeAfinity": {}}),
        ("backend.tolerations", [{"kee": "a"}]),
        ("backend.extraEnv", [{"name": "A", "valueForm": {}}]),
        ("frontend.topologySpreadConstraints", [{"maxSkew": "1"}]),
        ("networkPolicy.extra", {"backend": {"egress": [{"port": []}]}}),
        ("backend.image.digest", "sha256:123"),
        ("backend.resources.limits.cpu", "500 m"),
        ("postgres.persistence.size", "8 GB"),
        ("backend.replicas", "2"),
        ("frontend.trustedProxies", ["10.0.0.0"]),
        ("redis.maxmemoryPolicy", "lru"),
        ("global.environment", "Production"),
    ],
)
def test_helm_refuses_a_wrong_value(key: str, value: Any) -> None:
    assert f"/{key.replace('.', '/')}" in refuse("staging", {key: value})


@pytest.mark.parametrize("chart", [chart for chart in CHARTS if chart not in ("daira", "common")])
def test_each_subchart_stands_alone(chart: str, tmp_path: Path, helms: dict[str, Path]) -> None:
    """With the library beside it and a global key of a stranger; Helm 3 and 4 both, and both refuse a wrong key."""
    shutil.copytree(CHARTS[chart], tmp_path / chart)
    shutil.copytree(CHARTS["common"] / "templates", tmp_path / chart / "templates" / "common")
    for helm in helms.values():
        words = [helm, "template", "x", tmp_path / chart, "--kube-version", "1.37.0", "--set", "global.other.chart=1"]
        assert "kind: " in shell.run(words, timeout=60).out
        refused = shell.run([*words, "--set", "imag.tag=1"], timeout=60, check=False)
        assert refused.code and "imag" in refused.err


@pytest.mark.parametrize("environment", SHIPPED)
def test_both_helms_refuse_what_is_wrong(environment: str, helms: dict[str, Path]) -> None:
    for helm in helms.values():
        values = ROOT / "values" / f"{environment}.yaml"
        words = [helm, "template", "x", CHART, "-f", values, "--kube-version", "1.37.0", "--set", "backend.replica=1"]
        refused = shell.run(words, timeout=60, check=False)
        assert refused.code and "replica" in refused.err


def undeclared(used: set[Key], schema: dict[str, Any]) -> set[str]:
    """Paths into values that the schema does not know."""
    found = set()
    for key in used:
        at: dict[str, Any] = schema
        for part in key:
            at = resolved(at, schema)
            if part not in at.get("properties", {}):
                if at.get("additionalProperties", True) is False or not at.get("properties"):
                    found.add(".".join(key))
                break
            at = at["properties"][part]
    return found


@pytest.mark.parametrize("chart", [chart for chart in CHARTS if chart != "common"])
def test_templates_use_only_declared_keys(chart: str) -> None:
    used = {key for key in reached(CHARTS[chart]) if key[0] not in ("global", "AsMap")}
    assert used
    assert undeclared(used, load(chart)) == set()
    assert undeclared({*used, ("not", "there"), ("image", "tagg")}, load(chart)) >= {"not.there"}


def test_every_declared_key_is_used() -> None:
    """By a template of its chart, of the library, or of the umbrella; what is handed on as a whole is listed."""
    words = identifiers(CHART)
    leaves = [node for node in KEYS.values() if node.key[-1] != "*" and "properties" not in node.schema]
    unused = {node.key[-1] for node in leaves if node.key[-1] not in words}
    assert unused <= set(HANDED_ON), sorted(unused - set(HANDED_ON))
    assert {node.key[-1] for node in KEYS.values()} >= set(HANDED_ON)
    assert "notAKeyOfAnyTemplate" not in words


def test_a_bad_source_is_one_sentence(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    shutil.copytree(CHART, tmp_path / "charts" / "daira")
    assert len(schemas.made(tmp_path)) == len(CHARTS)
    source = tmp_path / "schemas" / "redis.schema.yaml"
    good = source.read_text(encoding="utf-8")
    for bad, said in (
        ("[1]", "write a mapping"),
        ("a: [", "can't be read as YAML"),
        (good.replace("#/$defs/probes", "x").replace("$defs/service", "$defs/nothing"), "leads nowhere"),
        (good.replace('"definitions.schema.yaml#/$defs/image"', '"kubernetes:io.k8s.Nothing"'), "leads nowhere"),
    ):
        source.write_text(bad, encoding="utf-8")
        with pytest.raises(UsageError, match=said):
            schemas.made(tmp_path)
    source.unlink()
    with pytest.raises(UsageError, match="every chart needs a schema"):
        schemas.made(tmp_path)
