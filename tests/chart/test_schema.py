"""Every object is valid for the oldest and the newest supported Kubernetes, with no field that it does not know."""

from __future__ import annotations

import pytest
import yaml
from tests.chart.conftest import CHART, ENVIRONMENTS, Object, Values, refuse, render, tools

from daira.local import toolchain
from daira.policy import inputs
from daira.validate import validate
from daira.validate.kubeconform import Error, judge

OLDEST, NEWEST = "1.30.0", "1.37.0"

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


def judged(objects: list[Object], version: str) -> list[list[Error] | str]:
    """The strict judgement of every object: what is wrong with it."""
    minor = inputs.version(version)
    kinds = {(item["apiVersion"], item["kind"]) for item in objects}
    found = {kind: schema for kind in kinds if (schema := validate.schema_of(minor, kind, {}))}
    assert kinds == found.keys()
    return judge(objects, found, tools()["kubeconform"])


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize(("environment", "variant"), CASES)
def test_every_object_is_valid(environment: str, variant: str, version: str) -> None:
    objects = render(environment, VARIANTS[variant]).objects
    assert judged(objects, version) == [[]] * len(objects)


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
@pytest.mark.parametrize("variant", ["as it is", "gateway"])
def test_a_misspelt_field_of_any_kind_is_refused(variant: str, version: str) -> None:
    broken = [misspell(item) for item in render("staging", VARIANTS[variant]).objects]
    for item, errors in zip(broken, judged(broken, version), strict=True):
        assert isinstance(errors, list), errors
        assert [error.text.partition(" '")[0] for error in errors] == ["additional properties"], item["kind"]


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
