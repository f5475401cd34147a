"""A service that `daira new service` made runs in the cluster and answers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.live.conftest import Site

from daira import shell
from daira.local import cluster

NAMESPACE = "daira-new-service"
RELEASE = "fresh"
COPIED = ("charts", "values", "schemas", "tests", "docs", "k8s", ".github", "daira.exemptions.yaml")
LINKED = ("cluster", "images", "tools", "README.md", "Makefile")
# The backend's image has Node; what it answers is written here, so that no database is needed.
PROGRAM = """\
require("node:http").createServer((request, response) => {
  response.end(JSON.stringify({path: request.url, level: process.env.LOG_LEVEL}));
}).listen(process.env.PORT);
"""


@pytest.fixture
def chart(site: Site, tmp_path: Path) -> Path:
    """The chart of a copy of the repository with one service more."""
    for name in (*COPIED, *LINKED):
        source = site.machine.root / name
        if not source.exists():
            continue
        if name in LINKED:
            (tmp_path / name).symlink_to(source)
        elif source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    values = yaml.safe_load((site.machine.chart / "charts" / "backend" / "values.yaml").read_text(encoding="utf-8"))
    words = [sys.executable, "-m", "daira", "new", "service", "worker", "--port", "8080"]
    words += ["--image", values["image"]["repository"]]
    path = f"{site.tools['helm'].parent}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    shell.run(words, timeout=300, cwd=tmp_path, env={"PATH": path, "PYTHONPATH": str(site.machine.root / "tools")})
    return tmp_path / "charts" / "daira"


@pytest.fixture
def worker(site: Site, chart: Path) -> Iterator[str]:
    """A release with the new service alone, in a namespace of its own; it goes with the namespace."""
    off = {name: {"enabled": False} for name in ("backend", "frontend", "postgres", "redis", "monitoring")}
    mine = {"command": ["node", "-e", PROGRAM], "config": {"LOG_LEVEL": "loud"}, "replicas": 1}
    values = chart.parents[1] / "only.yaml"
    values.write_text(yaml.safe_dump({**off, "worker": mine}), encoding="utf-8")
    site.kubectl.run("create", "namespace", NAMESPACE)
    try:
        words = [
            site.tools["helm"],
            "upgrade",
            "--install",
            RELEASE,
            chart,
            "-f",
            values,
            "--wait",
            "--timeout",
            "240s",
        ]
        where = ["--namespace", NAMESPACE, "--kube-context", cluster.CONTEXT]
        shell.run([*words, *where], timeout=270, env=site.machine.kube_env)
        yield f"{RELEASE}-worker"
    finally:
        site.kubectl.run("delete", "namespace", NAMESPACE, "--timeout=180s", timeout=200)


def test_a_new_service_answers(site: Site, worker: str) -> None:
    assert len(site.pods("worker", namespace=NAMESPACE)) == 1
    with site.service(worker, 8080, namespace=NAMESPACE) as client:
        answer = client.ask("GET", "/health")
    assert answer.status == 200
    assert answer.json() == {"path": "/health", "level": "loud"}
