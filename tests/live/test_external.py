"""A release on a managed database: here the database of the other release plays that part."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from tests.live.conftest import NAMESPACE as STAGING
from tests.live.conftest import Site

from daira import shell
from daira.local.cluster import CONTEXT

NAMESPACE = "daira-external"
NAME = "ext"
HOST = f"daira-postgres.{STAGING}.svc.cluster.local"


@pytest.fixture
def namespace(site: Site) -> Iterator[str]:
    """An empty namespace, removed afterwards."""
    site.kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", timeout=180)
    yield NAMESPACE
    site.kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", timeout=180)


def test_migrations_run_before_anything_else_and_the_backend_uses_the_database(site: Site, namespace: str) -> None:
    password = base64.b64decode(site.get("secret", "daira-secrets")["data"]["POSTGRES_PASSWORD"]).decode()
    values = {
        # the local database speaks no TLS; a managed one does
        "postgres": {"external": {"host": HOST, "sslMode": "disable"}, "exporter": {"enabled": False}},
        "secrets": {"values": {"POSTGRES_PASSWORD": password}},
        "monitoring": {"enabled": False},
        "frontend": {"enabled": False},
    }
    machine = site.machine
    words = [site.tools["helm"], "install", NAME, machine.chart, "-n", namespace, "--create-namespace"]
    words += ["-f", machine.root / "values" / "development.yaml", "-f", "-", "--kube-context", CONTEXT]
    words += ["--wait", "--timeout", "300s"]
    # the values hold a password, so they go in by standard input
    shell.run(words, timeout=360, env=machine.kube_env, stdin=json.dumps(values))

    assert not site.get("statefulsets", "-l", "app.kubernetes.io/name=postgres", namespace=namespace)["items"]
    leftover = site.get("jobs,secrets,networkpolicies", namespace=namespace)["items"]
    names = {(item["kind"], item["metadata"]["name"]) for item in leftover}
    assert ("Job", f"{NAME}-migrate") not in names, "a hook that succeeded goes"
    assert ("Secret", f"{NAME}-migrations") not in names, "and so does the connection string it was given"
    with site.service(f"{NAME}-backend", 3000, namespace) as here, site.service("daira-backend", 3000) as there:
        assert here.ask("GET", "/api/health").json()["dependencies"]["database"] == "up"
        post = here.write_post(here.register())
        assert there.read_post(post)["title"] == post["title"], "both write to one database"
