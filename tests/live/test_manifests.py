"""k8s/staging.yaml, as the API server judges it: in a namespace of its own, and nothing of it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.live.conftest import Site

from daira.errors import CommandFailed

FILE = Path(__file__).parents[2] / "k8s" / "staging.yaml"
WRITTEN = "daira-staging"
NAMESPACE = "daira-manifests"


@pytest.fixture
def text(site: Site) -> Iterator[str]:
    """The file's objects in a namespace that the test makes, with the Pod Security that the file asks for."""
    text = FILE.read_text(encoding="utf-8").replace(f'namespace: "{WRITTEN}"', f'namespace: "{NAMESPACE}"')
    space, _, rest = text.partition("\n---\n")[2].partition("\n---\n")
    labelled = yaml.safe_load(space)
    labelled["metadata"]["name"] = NAMESPACE
    site.kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", timeout=180)
    site.kubectl.apply(json.dumps(labelled))
    yield f"---\n{rest}"
    site.kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", timeout=180)


def dry_run(site: Site, text: str) -> str:
    """What `kubectl apply --dry-run=server` printed, its warnings included. Raises CommandFailed where it refuses."""
    done = site.kubectl.run("apply", "--dry-run=server", "-n", NAMESPACE, "-f", "-", stdin=text)
    return done.out + done.err


def test_every_object_is_admitted_without_a_warning(site: Site, text: str) -> None:
    printed = dry_run(site, text)
    objects = [item for item in yaml.safe_load_all(text) if item]
    assert printed.count("created (server dry run)") == len(objects)
    assert "Warning" not in printed


def test_an_object_that_is_wrong_is_refused(site: Site, text: str) -> None:
    """The red control: the API server reads the objects, and Pod Security looks at the pods."""
    with pytest.raises(CommandFailed):
        dry_run(site, text.replace("containerPort: 3000", "containerPort: 300000"))
    assert "would violate PodSecurity" in dry_run(
        site, text.replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
    )
