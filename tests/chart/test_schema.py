"""Every object is valid for the oldest and the newest supported Kubernetes, with no field that it does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.chart.conftest import CHART, ENVIRONMENTS, Object, Values, refuse, render, tools

from daira import shell
from daira.local import toolchain

OLDEST, NEWEST = "1.30.0", "1.37.0"
# The Gateway API is not part of Kubernetes: its schema is not in the package, so this kind alone is left out.
WITHOUT_SCHEMA = "HTTPRoute"

VARIANTS: dict[str, Values] = {
    "as it is": {},
    "external stores": {
        "global.existingSecret": "daira-secrets",
        "postgres.external.host": "db.example",
        "redis.external.host": "cache.example",
    },
    "everything set": {
        "global.imagePullSecrets": ["pull"],
        "global.nodeSelector": {"disk": "ssd"},
        "global.tolerations": [{"key": "a", "operator": "Exists"}],
        "global.priorityClassName": "high",
        "global.storageClass": "fast",
        "backend.autoscaling.enabled": True,
        "backend.extraEnv": [{"name": "A", "value": "1"}],
        "backend.podAnnotations": {"a": "b"},
        "backend.affinity": {"nodeAffinity": {}},
        "backend.service.annotations": {"a": "b"},
        "migrations.ttlSecondsAfterFinished": 60,
        "postgres.initScripts": {"a.sql": "SELECT 1;"},
        "postgres.persistence.annotations": {"a": "b"},
        "monitoring.alertmanager.secretMounts": ["webhook"],
        "monitoring.rules": {"a.yaml": {"groups": []}},
        "networkPolicy.extra": {"backend": {"egress": [{"ports": [{"port": 443}]}]}},
        "ingress.enabled": True,
        "ingress.host": "daira.example",
        "ingress.className": "traefik",
        "ingress.tls.enabled": True,
    },
    "gateway": {
        "ingress.enabled": False,
        "gateway.enabled": True,
        "gateway.parentRefs": [{"name": "public"}],
    },
}
CASES = [
    *((environment, "as it is") for environment in ENVIRONMENTS),
    *(("staging", it) for it in VARIANTS if it != "as it is"),
]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.rsplit("/", 1)[-1]
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


@cache
def definitions(version: str) -> tuple[Path, dict[str, Any]]:
    """The folder of strict schemas that PyPI's kubernetes-validate brings, and their shared definitions."""
    folder = Path(str(resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}-local-strict"))
    loaded: dict[str, Any] = json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    return folder, loaded


def write_schema(name: str, version: str, folder: Path) -> None:
    """Copy one kind's schema with all it refers to. The package's own refer to a web address kubeconform would ask."""
    source, known = definitions(version)
    target = folder / f"{name}.json"
    if target.exists() or not (source / target.name).exists():
        return
    schema = json.loads((source / target.name).read_text(encoding="utf-8"))
    del schema["$id"]
    needed: dict[str, Any] = {}
    waiting = list(_references(schema))
    while waiting:
        reference = waiting.pop()
        if reference not in needed:
            needed[reference] = known[reference]
            waiting += _references(known[reference])
    schema["$defs"] = needed
    target.write_text(json.dumps(schema).replace("/api/_definitions.json#", "#"), encoding="utf-8")


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the schemas of this run are collected, a folder a version."""
    return tmp_path_factory.mktemp("schemas")


def kubeconform(objects: list[Object], version: str, schemas: Path, *options: str) -> list[dict[str, str]]:
    """kubeconform's strict judgement of every object: name, kind, status and msg."""
    folder = schemas / version
    folder.mkdir(exist_ok=True)
    for item in objects:
        group, _, api = item["apiVersion"].rpartition("/")
        words = [item["kind"].lower(), *([group.partition(".")[0]] if group else []), api]
        write_schema("-".join(words), version, folder)
    place = str(folder / "{{.ResourceKind}}{{.KindSuffix}}.json")
    words = [str(tools()["kubeconform"]), "-strict", "-verbose", "-output", "json"]
    text = "\n---\n".join(json.dumps(item) for item in objects)
    done = shell.run([*words, "-schema-location", place, *options], timeout=60, stdin=text, check=False)
    judged: list[dict[str, str]] = json.loads(done.out)["resources"]
    return judged


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize(("environment", "variant"), CASES)
def test_every_object_is_valid(environment: str, variant: str, version: str, schemas: Path) -> None:
    release = render(environment, VARIANTS[variant])
    judged = kubeconform(release.objects, version, schemas, "-skip", WITHOUT_SCHEMA)
    assert len(judged) == len(release.objects)
    left_out = [it["kind"] for it in judged if it["status"] == "statusSkipped"]
    assert left_out == ([WITHOUT_SCHEMA] if variant == "gateway" else [])
    assert not [it for it in judged if it["status"] not in ("statusValid", "statusSkipped")]


def misspell(item: Object) -> Object:
    """The object with one field of its deepest part spelled wrongly."""
    kind = item["kind"]
    if kind in ("Deployment", "StatefulSet", "Job"):
        spec = item["spec"]["template"]["spec"]
        container = {**spec["containers"][0], "readynessProbe": {}}
        template = {**item["spec"]["template"], "spec": {**spec, "containers": [container]}}
        return {**item, "spec": {**item["spec"], "template": template}}
    if kind == "ConfigMap" or kind == "Secret":
        return {**item, "dta": {}}
    if kind == "ServiceAccount":
        return {**item, "automountServiceAcountToken": False}
    return {**item, "spec": {**item["spec"], "speling": True}}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_a_misspelt_field_of_any_kind_is_refused(version: str, schemas: Path) -> None:
    broken = [misspell(item) for item in render("staging").objects]
    judged = kubeconform(broken, version, schemas)
    assert {it["kind"] for it in judged} == {item["kind"] for item in broken}
    assert not [f"{it['kind']}/{it['name']}" for it in judged if it["status"] != "statusInvalid"]


def test_an_object_without_a_schema_is_no_silent_pass(schemas: Path) -> None:
    release = render("staging", VARIANTS["gateway"])
    judged = kubeconform(release.of(WITHOUT_SCHEMA), NEWEST, schemas)
    assert [it["status"] for it in judged] == ["statusError"]


def test_the_oldest_version_is_the_one_the_chart_asks_for() -> None:
    """The native preStop sleep is on from 1.30; the newest is the one the pinned tools are of."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["kubeVersion"] == f">={OLDEST}-0"
    assert toolchain.pins()["kubectl"]["version"].startswith(f"v{NEWEST.rpartition('.')[0]}.")


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_supported_kubernetes_gets_the_same_objects(version: str) -> None:
    assert render("production", arguments=("--kube-version", version)).text == render("production").text


def test_an_older_kubernetes_is_refused() -> None:
    message = refuse("staging", arguments=("--kube-version", "1.29.9"))
    assert "kubeVersion" in message
