"""DAIRA as a Helm release on the local cluster: installed, waited for, tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from daira import shell
from daira.errors import CommandFailed
from daira.local.addons import NAMESPACE
from daira.local.cluster import CONTEXT, Kubectl
from daira.local.content import key_of
from daira.local.images import Image
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain

RELEASE = "daira"
INSTALL_TIMEOUT_S = 480
TEST_TIMEOUT_S = 300


def staging(machine: Machine) -> Path:
    """The environment that the local cluster runs."""
    return machine.root / "values" / "staging.yaml"


def local_values(machine: Machine, images: list[Image]) -> Path:
    """Write the values that this machine needs on top of staging: what runs without an image that can't be had."""
    merged: dict[str, Any] = {}
    for image in images:
        _merge(merged, image.values or {})
    file = machine.state / "local-values.yaml"
    file.write_text(yaml.safe_dump(merged, sort_keys=True) if merged else "{}\n", encoding="utf-8")
    return file


def _merge(target: dict[str, Any], more: Any) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            _merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


def helm(
    machine: Machine, tools: Toolchain, *argv: str | Path, timeout: float = 60, log: Path | None = None
) -> shell.Done:
    """Run helm on the local cluster's namespace."""
    words = [tools["helm"], *argv, "--namespace", NAMESPACE, "--kube-context", CONTEXT]
    return shell.run(words, timeout=timeout, env=machine.kube_env, log=log)


def install(machine: Machine, tools: Toolchain, images: list[Image]) -> bool:
    """`helm upgrade --install` and wait until all is ready. Returns False when this very release is there already.

    Raises CommandFailed with the log's place.
    """
    kubectl = Kubectl(machine, tools)
    _clear_interrupted(machine, tools, kubectl)
    values = [staging(machine), local_values(machine, images)]
    description = f"daira up {key_of(*(image.source for image in images), paths=[machine.chart, *values])}"
    if _deployed(machine, tools) == description:
        return False
    words: list[str | Path] = ["upgrade", "--install", RELEASE, machine.chart]
    for file in values:
        words += ["-f", file]
    words += ["--wait", "--wait-for-jobs", "--timeout", f"{INSTALL_TIMEOUT_S}s", "--description", description]
    try:
        helm(machine, tools, *words, timeout=INSTALL_TIMEOUT_S + 60, log=machine.log("install"))
    except CommandFailed as error:
        raise CommandFailed(str(error), output=f"{error.output}\n{not_ready(kubectl)}".strip()) from error
    return True


def _clear_interrupted(machine: Machine, tools: Toolchain, kubectl: Kubectl) -> None:
    """Take away Helm's mark of an operation that was interrupted, which would refuse every later one.

    Only the record of that revision goes: its objects stay and belong to the release, data and secrets are not touched.
    """
    info = _status(machine, tools)
    if str(info.get("info", {}).get("status", "")).startswith("pending"):
        record = f"sh.helm.release.v1.{RELEASE}.v{info['version']}"
        kubectl.run("delete", "secret", record, "-n", NAMESPACE, "--ignore-not-found")


def not_ready(kubectl: Kubectl) -> str:
    """The pods that are not ready, each with the reason and the last words of its log: what a person asks first."""
    lines = []
    pods = json.loads(kubectl.run("get", "pods", "-n", NAMESPACE, "-o", "json", check=False).out or '{"items": []}')
    for pod in pods["items"]:
        name = pod["metadata"]["name"]
        states = pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", [])
        if pod["status"]["phase"] == "Succeeded" or (states and all(state["ready"] for state in states)):
            continue
        waiting = [s["state"]["waiting"].get("reason", "") for s in states if "waiting" in s["state"]]
        last = kubectl.run("logs", name, "-n", NAMESPACE, "--all-containers", "--tail=2", check=False).out.strip()
        lines.append(f"{name}: {', '.join(waiting) or pod['status']['phase']} {last}".rstrip())
    return "\n".join(lines)


def _deployed(machine: Machine, tools: Toolchain) -> str:
    """The description of the release when its last revision is deployed, else nothing."""
    info = _status(machine, tools).get("info", {})
    return str(info.get("description", "")) if info.get("status") == "deployed" else ""


def _status(machine: Machine, tools: Toolchain) -> dict[str, Any]:
    """`helm status` of the release, empty where there is none."""
    try:
        found: dict[str, Any] = json.loads(helm(machine, tools, "status", RELEASE, "-o", "json").out)
    except CommandFailed:
        return {}
    return found


def restart(kubectl: Kubectl) -> None:
    """Restart the pods where an image's content changed under its name; nothing where no release is there."""
    found = kubectl.run("get", "deployments,statefulsets", "-n", NAMESPACE, "-o", "name").out.split()
    if found:
        kubectl.run("rollout", "restart", *found, "-n", NAMESPACE)
        for name in found:
            kubectl.run("rollout", "status", name, "-n", NAMESPACE, "--timeout=300s", timeout=330)


def test(machine: Machine, tools: Toolchain) -> None:
    """`helm test`. Raises CommandFailed with the log's place."""
    words = ["test", RELEASE, "--logs", "--timeout", f"{TEST_TIMEOUT_S}s"]
    helm(machine, tools, *words, timeout=TEST_TIMEOUT_S + 60, log=machine.log("helm-test"))
