"""DAIRA as a release: installed when it changed, with what the machine has to do without; the summary at the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.unit.conftest import Call, FakeShell

from daira import shell
from daira.errors import CommandFailed
from daira.local import addons, cluster, release, up
from daira.local.authority import Certificate
from daira.local.cluster import Kubectl
from daira.local.engine import Engine
from daira.local.images import Image
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain

GRAFANA = Image("grafana:1", "absent", "no source", values={"monitoring": {"grafana": {"enabled": False}}})
OTHER = Image("other:1", "absent", "no source", values={"monitoring": {"other": {"enabled": False}}})
REDIS = Image("redis:7", "stand-in", "Debian's redis", "localhost/redis:k")


def _chart(machine: Machine, tmp_path: Path) -> Machine:
    """A project of one small chart, so that no test depends on what somebody writes into the real one right now."""
    root = tmp_path / "root"
    (root / "charts" / "daira").mkdir(parents=True)
    (root / "charts" / "daira" / "Chart.yaml").write_text("name: daira", encoding="utf-8")
    (root / "values").mkdir()
    (root / "values" / "staging.yaml").write_text("a: 1", encoding="utf-8")
    return Machine(root, machine.state, machine.cache, machine.progress)


class Helm:
    """Remembers the description of what was installed last."""

    def __init__(self, fake: FakeShell, status: str = "deployed") -> None:
        self.description = ""
        self.status = status
        fake.on("^helm status", do=self._status)
        fake.on("^helm upgrade", do=self._upgrade)

    def _status(self, call: Call) -> shell.Done:
        info = {"info": {"status": self.status, "description": self.description}}
        return shell.Done(0, json.dumps(info), "") if self.description else shell.Done(1, "", "release: not found")

    def _upgrade(self, call: Call) -> None:
        self.description = call.line.split("--description ")[1].split(" --namespace")[0]


def test_values_of_absent_images_are_merged(machine: Machine) -> None:
    file = release.local_values(machine, [GRAFANA, OTHER, REDIS])
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == {
        "monitoring": {"grafana": {"enabled": False}, "other": {"enabled": False}}
    }
    assert GRAFANA.values == {"monitoring": {"grafana": {"enabled": False}}}
    assert release.local_values(machine, []).read_text(encoding="utf-8") == "{}\n"


def test_install_is_done_once(machine: Machine, tools: Toolchain, fake: FakeShell, tmp_path: Path) -> None:
    project = _chart(machine, tmp_path)
    Helm(fake)
    assert release.install(project, tools, [REDIS]) is True
    assert release.install(project, tools, [REDIS]) is False
    line = fake.one("^helm upgrade").line
    values = f"-f {project.root}/values/staging.yaml -f {project.state}/local-values.yaml"
    assert line.startswith(f"helm upgrade --install daira {project.chart} {values} --wait --wait-for-jobs ")
    assert line.endswith("--namespace daira-staging --kube-context kind-daira")
    assert fake.one("^helm upgrade").env == machine.kube_env


@pytest.mark.parametrize("change", ["chart", "values", "image", "absent", "status"])
def test_whatever_changed_is_installed(
    machine: Machine, tools: Toolchain, fake: FakeShell, tmp_path: Path, change: str
) -> None:
    project, helm, images = _chart(machine, tmp_path), Helm(fake), [REDIS]
    release.install(project, tools, images)
    if change == "chart":
        (project.chart / "Chart.yaml").write_text("name: other", encoding="utf-8")
    elif change == "values":
        release.staging(project).write_text("a: 2", encoding="utf-8")
    elif change == "image":
        images = [Image("redis:7", "stand-in", "", "localhost/redis:k2")]
    elif change == "absent":
        images = [REDIS, GRAFANA]
    else:
        helm.status = "failed"
    assert release.install(project, tools, images) is True


def test_the_description_is_short_enough_for_helm(
    machine: Machine, tools: Toolchain, fake: FakeShell, tmp_path: Path
) -> None:
    helm = Helm(fake)
    release.install(_chart(machine, tmp_path), tools, [REDIS])
    assert len(helm.description) < 512


def test_restart_touches_only_what_is_there(fake: FakeShell, kubectl: Kubectl) -> None:
    release.restart(kubectl)
    assert not fake.lines("rollout")
    fake.on("get deployments", out="deployment.apps/a\ndeployment.apps/b\n")
    release.restart(kubectl)
    assert "rollout restart deployment.apps/a deployment.apps/b -n daira-staging" in fake.lines("restart")[0]
    assert len(fake.lines("rollout status")) == 2


def test_a_failed_helm_test_is_passed_on(machine: Machine, tools: Toolchain, fake: FakeShell) -> None:
    fake.on("^helm test", code=1)
    with pytest.raises(CommandFailed):
        release.test(machine, tools)
    assert fake.one("^helm test daira --logs").log == machine.log("helm-test")


def test_add_ons_are_applied_with_secrets_on_stdin_only(
    machine: Machine, kubectl: Kubectl, podman: Engine, fake: FakeShell
) -> None:
    fake.on(" inspect ", out='{"daira": {"IPAddress": "198.18.0.3"}}')
    fake.on(" diff ", code=1)
    issued: Certificate
    issued, applied_now = addons.install(machine, kubectl, podman)
    assert applied_now
    key = issued.key.read_text(encoding="ascii")
    assert not any(line in call.line for call in fake.calls for line in key.splitlines())
    applied = [
        json.loads(call.stdin)
        for call in fake.calls
        if " apply " in call.line and call.stdin and call.stdin.startswith("{")
    ]
    namespaces = {one["metadata"]["name"]: one["metadata"]["labels"] for one in applied if one["kind"] == "Namespace"}
    assert set(namespaces) == {"daira-staging", "ingress"}
    for labels in namespaces.values():
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    secrets = {one["metadata"]["namespace"]: one["stringData"]["tls.key"] for one in applied if one["kind"] == "Secret"}
    assert secrets == {"ingress": key, "daira-staging": key}
    assert [line.split(" -n ")[0].split("status ")[1] for line in fake.lines("rollout status")] == [
        "deployment/metrics-server",
        "deployment/traefik",
    ]


def test_add_ons_are_applied_only_where_that_would_change_something(
    machine: Machine, kubectl: Kubectl, podman: Engine, fake: FakeShell
) -> None:
    """The API server is asked about every object at once; ready they have to be in any case."""
    fake.on(" inspect ", out='{"daira": {"IPAddress": "198.18.0.3"}}')
    _, applied = addons.install(machine, kubectl, podman)
    assert not applied
    assert not fake.lines(" apply ")
    assert len(fake.lines("rollout status")) == 2
    asked = fake.one(" diff ").stdin or ""
    for file in addons.manifests(machine):
        assert file.read_text(encoding="utf-8") in asked
    assert asked.count('"kind": "Secret"') == asked.count('"kind": "Namespace"') == 2


def test_the_summary_names_the_address_and_what_is_not_real(machine: Machine, tools: Toolchain, podman: Engine) -> None:
    running = up.Running(machine, tools, podman, [REDIS, GRAFANA], "198.18.0.3")
    text = up.summary(running)
    assert running.url == "https://198.18.0.3:30443/"
    assert f"DAIRA runs. Open {running.url}" in text
    assert "  redis:7: Debian's redis" in text
    assert "Not running: grafana:1 (no source)" in text
    pulled = up.Running(machine, tools, podman, [Image("redis:7", "pulled", "", "redis:7")], "198.18.0.3")
    assert "stand-ins" not in up.summary(pulled)
    assert "Not running" not in up.summary(pulled)
    assert running.kubectl == cluster.Kubectl(machine, tools)


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback"])
def test_the_mark_of_an_interrupted_operation_is_taken_away(
    machine: Machine, tools: Toolchain, fake: FakeShell, tmp_path: Path, status: str
) -> None:
    fake.on("^helm status", out=json.dumps({"version": 3, "info": {"status": status}}))
    assert release.install(_chart(machine, tmp_path), tools, [REDIS]) is True
    order = fake.lines("delete|^helm upgrade")
    assert "delete secret sh.helm.release.v1.daira.v3 -n daira-staging" in order[0]
    assert order[1].startswith("helm upgrade")


@pytest.mark.parametrize("status", ["deployed", "failed", "uninstalling"])
def test_no_other_record_is_ever_deleted(
    machine: Machine, tools: Toolchain, fake: FakeShell, tmp_path: Path, status: str
) -> None:
    fake.on("^helm status", out=json.dumps({"version": 3, "info": {"status": status}}))
    release.install(_chart(machine, tmp_path), tools, [REDIS])
    assert not fake.lines("delete")


def _pod(name: str, phase: str, *states: dict[str, object]) -> dict[str, object]:
    return {"metadata": {"name": name}, "status": {"phase": phase, "containerStatuses": list(states)}}


def test_a_failed_install_names_the_pods_that_are_not_ready(
    machine: Machine, tools: Toolchain, fake: FakeShell, tmp_path: Path
) -> None:
    ready = {"ready": True, "state": {"running": {}}}
    pods = [
        _pod("good", "Running", ready),
        _pod("done", "Succeeded", {"ready": False, "state": {"terminated": {}}}),
        _pod("bad", "Running", ready, {"ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}),
        {"metadata": {"name": "unscheduled"}, "status": {"phase": "Pending"}},
    ]
    fake.on("get pods", out=json.dumps({"items": pods}))
    fake.on(" logs bad ", out="no such host\n")
    fake.on("^helm status", code=1)
    fake.on("^helm upgrade", code=1, err="timed out")
    with pytest.raises(CommandFailed, match="helm ended with exit code 1") as caught:
        release.install(_chart(machine, tmp_path), tools, [REDIS])
    assert caught.value.output.splitlines() == ["bad: CrashLoopBackOff no such host", "unscheduled: Pending"]


def test_a_cluster_that_does_not_answer_adds_no_second_error(fake: FakeShell, kubectl: Kubectl) -> None:
    fake.on("get pods", code=1)
    assert release.not_ready(kubectl) == ""
