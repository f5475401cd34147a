"""The life of a second release with the longest name there is: install, upgrade, rollback, uninstall, reinstall."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.live.conftest import Site, wait_until

from daira import shell
from daira.local.cluster import CONTEXT

# a namespace without a label of its own: the cluster's admission configuration makes it `restricted`
NAMESPACE = "daira-lifecycle"
NAME = "a-release-with-the-longest-name-that-helm-would-allow"
# what `helm uninstall` leaves, as docs/how-to/uninstall.md says
LEFT = {("Secret", "secrets"), ("PersistentVolumeClaim", "postgres"), ("PersistentVolumeClaim", "redis")}
KINDS = (
    "deployments,statefulsets,replicasets,pods,jobs,services,configmaps,secrets,serviceaccounts,persistentvolumeclaims"
)
MORE_KINDS = "networkpolicies,ingresses,horizontalpodautoscalers,poddisruptionbudgets,roles,rolebindings"


@dataclass(frozen=True)
class Release:
    """The second release."""

    site: Site

    def helm(self, *argv: str | Path) -> str:
        words = [self.site.tools["helm"], *argv, "-n", NAMESPACE, "--kube-context", CONTEXT]
        return shell.run(words, timeout=420, env=self.site.machine.kube_env).out

    def upgrade(self, *sets: str, wait: bool = True) -> None:
        machine = self.site.machine
        words: list[str | Path] = ["upgrade", "--install", NAME, machine.chart, "--create-namespace"]
        words += ["-f", machine.root / "values" / "development.yaml", "--set", "monitoring.enabled=false"]
        for assignment in sets:
            words += ["--set", assignment]
        self.helm(*words, *(["--wait", "--wait-for-jobs", "--timeout", "360s"] if wait else []))

    def secret(self) -> dict[str, str]:
        (found,) = [
            secret["data"]
            for secret in self.site.get("secrets", namespace=NAMESPACE)["items"]
            if secret["metadata"]["name"].endswith("-secrets")
        ]
        data: dict[str, str] = found
        return data

    def uids(self) -> set[str]:
        pods = self.site.get("pods", "--field-selector=status.phase=Running", namespace=NAMESPACE)["items"]
        return {pod["metadata"]["uid"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}

    def claims(self) -> dict[str, str]:
        items = self.site.get("pvc", namespace=NAMESPACE)["items"]
        return {claim["metadata"]["name"]: claim["metadata"]["uid"] for claim in items}

    def service(self) -> str:
        (found,) = self.site.get("services", "-l", "app.kubernetes.io/name=frontend", namespace=NAMESPACE)["items"]
        return str(found["metadata"]["name"])

    def log_level(self) -> str:
        pod = self.site.pods("backend", NAMESPACE)[0]
        return self.site.execute(pod, "node", "-p", "process.env.LOG_LEVEL", namespace=NAMESPACE).strip()

    def write(self) -> dict[str, Any]:
        with self.site.service(self.service(), 80, NAMESPACE) as client:
            return client.write_post(client.register())

    def read(self, post: dict[str, Any]) -> dict[str, Any]:
        with self.site.service(self.service(), 80, NAMESPACE) as client:
            return client.read_post(post)

    def postgres(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.site.get(
            "pods", "-l", "app.kubernetes.io/name=postgres", namespace=NAMESPACE
        )["items"]
        return items

    @staticmethod
    def ready(pod: dict[str, Any]) -> bool:
        conditions = pod["status"].get("conditions", [])
        return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)

    def postgres_log(self) -> str:
        """The log of the database pod's init containers."""
        pod = self.postgres()[0]
        inits = [container["name"] for container in pod["spec"].get("initContainers", [])]
        words = ["logs", pod["metadata"]["name"], "-n", NAMESPACE, "-c"]
        logs = [self.site.kubectl.run(*words, name, check=False).out for name in inits]
        return "".join(logs)

    def objects(self) -> list[dict[str, Any]]:
        """Everything in the namespace but what every namespace has."""
        found = self.site.get(f"{KINDS},{MORE_KINDS}", namespace=NAMESPACE)["items"]
        common = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
        return [item for item in found if (item["kind"], item["metadata"]["name"]) not in common]


@pytest.fixture(scope="module")
def second(site: Site) -> Iterator[Release]:
    """The second release, installed; its namespace is removed afterwards."""
    assert len(NAME) == 53
    site.kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", timeout=180)
    release = Release(site)
    release.upgrade()
    yield release
    site.kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", timeout=180)


def test_a_life(second: Release) -> None:
    """One long test, because each stage stands on the one before."""
    post, secret, claims = second.write(), second.secret(), second.claims()
    assert secret
    assert len(claims) == 2

    second.upgrade("backend.config.LOG_LEVEL=warn")
    assert second.log_level() == "warn"
    assert second.secret() == secret
    assert second.claims() == claims
    assert second.read(post)["title"] == post["title"]

    before = second.uids()
    second.upgrade("backend.config.LOG_LEVEL=warn")
    assert second.uids() == before, "an upgrade that changes nothing restarts nothing"

    second.helm("rollback", NAME, "1", "--wait", "--timeout", "300s")
    wait_until(lambda: second.log_level() == "debug", 60, "the first configuration again")
    assert second.secret() == secret
    assert second.read(post)["title"] == post["title"]

    second.helm("uninstall", NAME, "--wait", "--timeout", "180s")
    wait_until(lambda: not any(item["kind"] == "Pod" for item in second.objects()), 120, "no pod left")
    left = {(item["kind"], _part(item)) for item in second.objects()}
    assert left == LEFT, json.dumps(sorted(left))
    assert second.secret() == secret
    assert second.claims() == claims

    second.upgrade()
    assert second.secret() == secret
    assert second.claims() == claims
    assert second.read(post)["title"] == post["title"]


def test_another_major_version_is_refused_over_old_data(second: Release) -> None:
    """The guard: a newer PostgreSQL would not read the old files, so its pod never starts and nothing is touched."""
    post = second.write()
    second.upgrade("postgres.majorVersion=16", wait=False)
    try:
        words = "postgres.majorVersion is 16"
        wait_until(lambda: words in second.postgres_log(), 120, "the guard's message")
        assert not any(second.ready(pod) for pod in second.postgres())
    finally:
        second.upgrade(wait=False)
        # Kubernetes leaves the broken pod of a StatefulSet alone even when its template is right again
        names = [pod["metadata"]["name"] for pod in second.postgres() if not second.ready(pod)]
        if names:
            second.site.kubectl.run("delete", "pod", *names, "-n", NAMESPACE, timeout=120)
        second.upgrade()
    assert second.read(post)["title"] == post["title"]


def _part(item: dict[str, Any]) -> str:
    """Which component's an object is."""
    labels = item["metadata"].get("labels", {})
    return str(labels.get("app.kubernetes.io/name") or item["metadata"]["name"])
