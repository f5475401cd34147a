"""Helm 3 renders what Helm 4 renders. Helm 3 is built from its own published module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from daira import shell
from daira.local import gobuild, toolchain
from daira.local.machine import this_machine

HELM3 = gobuild.GoBuild(
    {"helm": "./cmd/helm"},
    source="helm.sh/helm/v3@v3.22.0",
    checksum="h1:n1if5iQgHYsujPAcO5oonH/KiSNUmqmUF0iGVjSF3AU=",
)
# a Helm built from its module does not know a current Kubernetes: it is told one
KUBE_VERSION = "1.37.0"


@pytest.fixture(scope="session")
def helms() -> dict[str, Path]:
    """Helm 3 and Helm 4."""
    machine = this_machine()
    return {"3": gobuild.build(machine, HELM3, "helm3")["helm"], "4": toolchain.ensure(machine)["helm"]}


def rendered(helm: Path, environment: str) -> list[dict[str, Any]]:
    """All objects of an environment, the generated Secret's data taken out."""
    root = this_machine().root
    words = [helm, "template", "daira", root / "charts" / "daira", "-f", root / "values" / f"{environment}.yaml"]
    out = shell.run([*words, "--kube-version", KUBE_VERSION], timeout=60).out
    objects = [document for document in yaml.safe_load_all(out) if document]
    for item in objects:
        if item["kind"] == "Secret":
            item["data"] = sorted(item["data"])
    return sorted(objects, key=lambda item: (item["kind"], item["metadata"]["name"]))


def test_the_programs_are_what_they_are_called(helms: dict[str, Path]) -> None:
    for major, helm in helms.items():
        assert f'"v{major}' in shell.run([helm, "version"], timeout=30).out


@pytest.mark.parametrize("environment", ["development", "staging", "production"])
def test_both_render_the_same(helms: dict[str, Path], environment: str) -> None:
    three, four = (rendered(helms[major], environment) for major in ("3", "4"))
    assert len(four) > 30
    assert three == four
