"""`daira validate` from the command line: what is refused and where, what is undecidable, all without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.chart.conftest import tools

from daira import shell
from daira.cli import cli
from daira.errors import UsageError
from daira.report import FORMATS

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
      image: b
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  hostnames: [a.example]
"""
CERTIFICATE = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: c}
spec:
  secretName: x
  issuerRef: {name: issuer}
"""
OWN = "apiVersion: acme.example/v1\nkind: Foo\nmetadata: {name: f}\nspec:\n  size: 3\n"
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.acme.example}
spec:
  group: acme.example
  scope: Namespaced
  names: {kind: Foo, plural: foos}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer, nullable: true}, port: {x-kubernetes-int-or-string: true}}}
"""  # noqa: E501


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pinned kubeconform, and every proxy a closed port: whoever asks the network fails."""
    folder = tools()["kubeconform"].parent
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def run(text: str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["validate", "-", *words], input=text)


def found(text: str, *words: str) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = json.loads(run(text, "--format", "json", *words).stdout)["findings"]
    return findings


@pytest.mark.parametrize("text", [POD, ROUTE, CERTIFICATE, CRD + "---\n" + OWN])
def test_what_is_valid(text: str) -> None:
    done = run(text)
    assert done.exit_code == 0, done.output
    assert "no violations" in done.output


@pytest.mark.parametrize(
    ("text", "old", "new", "rule", "line", "said"),
    [
        (POD, "image: b", "imag: b", "schema-unknown-field", 7, "did you mean image?"),
        (POD, "name: a\n      image", "image", "schema-missing", 6, "spec.containers[0].name is missing"),
        (POD, "image: b", "image: 5", "schema-invalid", 7, "must be a string, not a number"),
        (POD, "metadata: {", "metadata: {lables: {}, ", "schema-unknown-field", 3, "did you mean labels?"),
        (POD, "kind: Pod", "kind: Podd", "schema-unknown-kind", 2, "did you mean Pod?"),
        (ROUTE, "hostnames", "hostnams", "schema-unknown-field", 5, "did you mean hostnames?"),
        (CERTIFICATE, "  secretName: x\n", "", "schema-missing", 4, "spec.secretName is missing"),
        (CERTIFICATE, "{name: c}", "{lables: {}}", "schema-unknown-field", 3, "did you mean labels?"),
        (OWN + "---\n" + CRD, "size: 3", "size: three", "schema-invalid", 5, "must be an integer, not a string"),
        (OWN + "---\n" + CRD, "size: 3", "port: [3]", "schema-invalid", 5, "must be an integer or a string"),
    ],
)
def test_what_is_refused(text: str, old: str, new: str, rule: str, line: int, said: str) -> None:
    assert old in text
    one, *more = found(text.replace(old, new))
    assert (one["rule"], one["line"]) == (rule, line)
    assert said in one["message"]
    assert not more


def test_every_error_of_an_object_is_told() -> None:
    broken = POD.replace("image: b", "imag: b\n      ports: [{containerPort: http}]").replace(
        "spec:", "spec:\n  foo: 1"
    )
    assert sorted(one["path"] for one in found(broken)) == [
        "/spec/containers/0/imag",
        "/spec/containers/0/ports/0/containerPort",
        "/spec/foo",
    ]


def test_a_kind_without_a_schema_is_undecidable() -> None:
    done = run(OWN + "---\n" + POD)
    assert done.exit_code == 0
    assert "give its CRD with --schema-location" in done.output
    assert run(OWN + "---\n" + POD, "--fail-on", "info").exit_code == 1
    assert run(OWN).exit_code == 3, "nothing was validated"


def test_a_crd_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "crd.yaml").write_text(CRD)
    assert run(OWN, "--schema-location", str(tmp_path)).exit_code == 0
    assert run(OWN.replace("size", "sise"), "--schema-location", str(tmp_path / "crd.yaml")).exit_code == 1
    refused = run(OWN, "--schema-location", str(tmp_path / "none")).exception
    assert isinstance(refused, UsageError)


def test_several_versions() -> None:
    old = "apiVersion: coordination.k8s.io/v1alpha1\nkind: LeaseCandidate\nmetadata: {name: a}\n"
    messages = [one["message"] for one in found(old, "--kube-version", "1.31", "--kube-version", "1.37")]
    assert [message for message in messages if "is not served by Kubernetes 1.37: it was removed in 1.32" in message]
    assert not [message for message in messages if "served by Kubernetes 1.31" in message]
    assert isinstance(run(POD, "--kube-version", "1.99").exception, UsageError)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format(form: str) -> None:
    done = run(POD.replace("image", "imag"), "--format", form)
    assert done.exit_code == 1
    assert "schema-unknown-field" in done.output


def test_broken_yaml() -> None:
    assert run("a: [").exit_code == 3


def test_another_program_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "kubeconform"
    fake.write_text("#!/bin/sh\necho nonsense\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    done = run(POD)
    assert "does not answer as kubeconform does" in str(done.exception)


def test_the_network_would_be_refused() -> None:
    """The red control of `offline`: kubeconform with its own schema locations asks for them, and fails here."""
    done = shell.run([tools()["kubeconform"], "-output", "json"], timeout=60, stdin=POD, check=False)
    assert done.code
    assert "127.0.0.1:9" in done.out
