"""k8s/<environment>.yaml: what `kubectl apply -f` gets is the chart's release, without Helm and without secrets."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.chart.conftest import CHART, ROOT, SHIPPED, parse, render
from tests.chart.test_schema import NEWEST, OLDEST, judged

from daira.cli import main
from daira.generate import manifests

SECRET = "daira-secrets"


def text_of(environment: str) -> str:
    """The committed file."""
    return (ROOT / "k8s" / f"{environment}.yaml").read_text(encoding="utf-8")


def generated(tmp_path: Path, values: dict[str, Any], name: str = "managed") -> str:
    """The file of an environment of the test's own."""
    shutil.copytree(CHART, tmp_path / "charts" / "daira")
    (tmp_path / "values").mkdir()
    (tmp_path / "values" / f"{name}.yaml").write_text(json.dumps(values), encoding="utf-8")
    return manifests.made(tmp_path)[Path("k8s") / f"{name}.yaml"]


def identity(item: dict[str, Any]) -> tuple[str, str]:
    """Kind and name."""
    return item["kind"], item["metadata"]["name"]


def secret_data(text: str) -> list[str]:
    """What of a text would give a secret away: Secrets, and passwords in connection strings."""
    found = [f"Secret/{item['metadata']['name']}" for item in parse(text) if item["kind"] == "Secret"]
    return found + re.findall(r"\w+://[^\s:/@]*:[^\s@/$(]+@\S+", text)


@pytest.mark.parametrize("environment", SHIPPED)
def test_no_secret_is_in_it(environment: str) -> None:
    assert secret_data(text_of(environment)) == []


def test_a_render_with_the_secret_would_be_found() -> None:
    """The red control: the chart's own Secret, and its connection string in plain text."""
    release = render("staging")
    assert secret_data(release.text) == ["Secret/daira-secrets"]
    given = render(
        "staging", {"backend.extraEnv": [{"name": "A", "value": "postgresql://daira:hunter2@db:5432/daira"}]}
    )
    assert len(secret_data(given.text)) == 2


@pytest.mark.parametrize("environment", SHIPPED)
def test_the_first_lines_make_every_secret_with_every_key(environment: str) -> None:
    """What the chart itself would put into its Secret is what the pods ask for, and what the comment lists."""
    top = text_of(environment).partition("\n---\n")[0]
    namespace = f"daira-{environment}"
    assert f"kubectl create namespace {namespace} --save-config\n" in top
    assert f"kubectl create secret generic {SECRET} --namespace {namespace} --from-env-file={SECRET}.env\n" in top
    assert "--from-literal" not in top
    own = render("staging").get("Secret", "secrets")
    assert own["metadata"]["name"] == SECRET
    assert re.findall(r"^#   ([A-Z_]+)$", top, re.MULTILINE) == sorted(own["data"])
    named = {secret["secretName"] for item in parse(text_of(environment)) for secret in _tls(item)}
    made = set(re.findall(r"create secret tls (\S+)", top))
    assert made == ({"daira-staging-tls"} if environment == "staging" else set())
    assert made <= named


def _tls(item: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = item["spec"].get("tls", []) if item["kind"] == "Ingress" else []
    return found


@pytest.mark.parametrize("environment", SHIPPED)
def test_the_objects_are_those_of_a_release_with_a_secret(environment: str) -> None:
    """Nothing is lost or added but the Namespace, and nothing differs but what says Helm manages it."""
    values = {"global.existingSecret": SECRET, "tests.enabled": False}
    release = render(environment, values, namespace=f"daira-{environment}")
    space, *found = parse(text_of(environment))
    assert identity(space) == ("Namespace", f"daira-{environment}")
    assert space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert [identity(item) for item in found] == [identity(item) for item in release.objects]
    for plain, item in zip(found, release.objects, strict=True):
        labels = item["metadata"]["labels"]
        assert labels.pop("app.kubernetes.io/managed-by") == "Helm"
        labels.pop("helm.sh/chart")
        assert plain == item, identity(item)


@pytest.mark.parametrize("environment", SHIPPED)
def test_every_object_names_its_namespace(environment: str) -> None:
    _, *objects = parse(text_of(environment))
    assert {item["metadata"]["namespace"] for item in objects} == {f"daira-{environment}"}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("environment", SHIPPED)
def test_every_object_is_valid(environment: str, version: str) -> None:
    objects = parse(text_of(environment))
    assert judged(objects, version) == [[]] * len(objects)


def test_no_test_of_helm_and_no_word_of_helm_is_left() -> None:
    for environment in SHIPPED:
        body = text_of(environment).partition("\n---\n")[2]
        assert "helm.sh/" not in body
        assert "managed-by" not in body
        assert not [item for item in parse(body) if "test" in item["metadata"]["name"]]


def test_an_external_database_is_migrated_before_the_rest(tmp_path: Path) -> None:
    """Helm's hook becomes a Job of a name of its own, which the first lines apply and wait for."""
    text = generated(tmp_path, {"postgres": {"external": {"host": "db.example"}}})
    top, _, body = text.partition("\n---\n")
    objects = parse(body)
    job = next(item for item in objects if item["kind"] == "Job")
    name = job["metadata"]["name"]
    assert re.fullmatch("daira-migrate-[0-9a-f]{8}", name)
    assert "annotations" not in job["metadata"]
    commands = [line for line in top.splitlines() if line.startswith("#   kubectl")]
    assert commands[-3:] == [
        "#   kubectl apply -f k8s/managed.yaml --selector app.kubernetes.io/name=migrations",
        f"#   kubectl wait --for=condition=complete job/{name} --namespace daira-managed --timeout=30m",
        "#   kubectl apply -f k8s/managed.yaml",
    ]
    chosen = {identity(item) for item in objects if _labels(item).get("app.kubernetes.io/name") == "migrations"}
    account = job["spec"]["template"]["spec"]["serviceAccountName"]
    assert {("Job", name), ("ServiceAccount", account), ("NetworkPolicy", "daira-migrate")} <= chosen
    # before everything else
    assert [identity(item) for item in objects[1:4]] == [
        ("NetworkPolicy", "daira-migrate"),
        ("ServiceAccount", account),
        ("Job", name),
    ]
    [container] = job["spec"]["template"]["spec"]["containers"]
    references = [one["valueFrom"]["secretKeyRef"]["name"] for one in container["env"] if "valueFrom" in one]
    assert references == [SECRET]


def _labels(item: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = item["metadata"].get("labels", {})
    return found


def test_another_job_has_another_name(tmp_path: Path) -> None:
    """A Job can't be changed: applying a new version over the old one must make a new Job."""
    external = {"postgres": {"external": {"host": "db.example"}}}
    one = generated(tmp_path / "one", external)
    other = generated(tmp_path / "other", {**external, "backend": {"image": {"tag": "2.0.0"}}})
    again = generated(tmp_path / "again", external)
    names = [re.findall(r"job/(\S+)", text) for text in (one, other, again)]
    assert names[0] == names[2] != names[1]
    assert one == again, "the same values are the same bytes"


def test_every_secret_that_is_referred_to_has_a_command(tmp_path: Path) -> None:
    values = {
        "global": {"existingSecret": "mine", "imagePullSecrets": [{"name": "registry-login"}]},
        "monitoring": {"alertmanager": {"secretMounts": ["webhook"]}, "grafana": {"enabled": False}},
        "backend": {"extraEnv": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "EXTRA"}}}]},
    }
    text = generated(tmp_path, values)
    top = text.partition("\n---\n")[0]
    assert "secret generic mine --namespace daira-managed --from-env-file=mine.env" in top
    assert "secret generic webhook --namespace daira-managed --from-env-file=webhook.env" in top
    assert "secret generic registry-login --namespace daira-managed --type=kubernetes.io/dockerconfigjson" in top
    assert "#   EXTRA\n" in top
    assert "GRAFANA_ADMIN_PASSWORD" not in text, "a component that is off needs no key"


def test_the_file_is_whole_where_a_labels_text_is_in_a_configuration(tmp_path: Path) -> None:
    """Only labels and annotations are taken out, not the same words elsewhere."""
    line = "    app.kubernetes.io/managed-by: Helm\n"
    text = generated(tmp_path, {"postgres": {"initScripts": {"a.sql": f"-- {line}{line}"}}})
    found = [item for item in parse(text) if "a.sql" in item.get("data", {})]
    assert len(found) == 1
    assert found[0]["data"]["a.sql"].count("managed-by: Helm") == 2


@pytest.mark.parametrize("environment", SHIPPED)
def test_policy(environment: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """The policy check finds nothing that the chart's own check does not know of, and no error.

    Plain manifests do not tell their environment, so every one of them is judged as production: missing digests, for
    which daira.exemptions.yaml argues, and the single replicas of development. How much a namespace may use is its
    owner's word.
    """
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        main(["check", f"k8s/{environment}.yaml", "--format", "json"])
    assert ended.value.code in (0, 1)
    found = [one for one in json.loads(capfd.readouterr().out)["findings"] if one["status"] == "fail"]
    expected = {
        "image-digest",
        "namespace-limits",
        *(["replicas-at-least-two"] if environment == "development" else []),
    }
    assert {one["rule"] for one in found} == expected
    assert "error" not in {one["severity"] for one in found}
