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
INSTALL_TIMEOUT_S = 900
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
    values = [staging(machine), local_values(machine, images)]
    description = f"daira up {key_of(*(image.source for image in images), paths=[machine.chart, *values])}"
    if _deployed(machine, tools) == description:
        return False
    words: list[str | Path] = ["upgrade", "--install", RELEASE, machine.chart]
    for file in values:
        words += ["-f", file]
    words += ["--wait", "--wait-for-jobs", "--timeout", f"{INSTALL_TIMEOUT_S}s", "--description", description]
    helm(machine, tools, *words, timeout=INSTALL_TIMEOUT_S + 60, log=machine.log("install"))
    return True


def _deployed(machine: Machine, tools: Toolchain) -> str:
    """The description of the release when its last revision is deployed, else nothing."""
    try:
        done = helm(machine, tools, "status", RELEASE, "-o", "json")
    except CommandFailed:
        return ""
    info = json.loads(done.out).get("info", {})
    return str(info.get("description", "")) if info.get("status") == "deployed" else ""


def restart(kubectl: Kubectl) -> None:
    """Restart the pods where an image's content changed under its name; nothing where no release is there."""
    found = kubectl.run("get", "deployments", "-n", NAMESPACE, "-o", "name").out.split()
    if found:
        kubectl.run("rollout", "restart", *found, "-n", NAMESPACE)
        for name in found:
            kubectl.run("rollout", "status", name, "-n", NAMESPACE, "--timeout=300s", timeout=330)


def test(machine: Machine, tools: Toolchain) -> None:
    """`helm test`. Raises CommandFailed with the log's place."""
    words = ["test", RELEASE, "--logs", "--timeout", f"{TEST_TIMEOUT_S}s"]
    helm(machine, tools, *words, timeout=TEST_TIMEOUT_S + 60, log=machine.log("helm-test"))
