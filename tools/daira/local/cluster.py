"""The local cluster: three kind nodes on a closed network, with what cluster/ says."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local import engine as engines
from daira.local.content import key_of, write_private
from daira.local.engine import Engine
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain

NAME = "daira"
CONTEXT = f"kind-{NAME}"
NODES = [f"{NAME}-control-plane", f"{NAME}-worker", f"{NAME}-worker2"]
CONTROL_PLANE = NODES[0]
IN_NODE = "/etc/kubernetes/daira"
ARCHIVES_IN_NODE = "/kind/archives"
KEY_FILE = "/kind/daira-key"
# kind's own default for v0.33.0, digest included (its pkg/apis/config/defaults/image.go)
STOCK_NODE = "kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5"
CREATE_TIMEOUT_S = 600
READY_TIMEOUT_S = 240


@dataclass(frozen=True)
class Kubectl:
    """kubectl on the local cluster, and on no other."""

    machine: Machine
    tools: Toolchain

    def run(
        self,
        *argv: str | Path,
        timeout: float = 60,
        stdin: str | None = None,
        check: bool = True,
        log: Path | None = None,
    ) -> shell.Done:
        """Run kubectl with these arguments."""
        words = [self.tools["kubectl"], "--context", CONTEXT, *argv]
        return shell.run(words, timeout=timeout, env=self.machine.kube_env, stdin=stdin, check=check, log=log)

    def apply(self, text: str) -> None:
        """Apply manifests from a text (nothing of them is on a command line)."""
        self.run("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text, timeout=120)

    def holds(self, text: str) -> bool:
        """Whether the cluster has these manifests already: the API server says that applying them changes nothing.

        False also where it can't tell, such as for an object of a namespace that is not there yet.
        """
        words = ("diff", "--server-side", "--force-conflicts", "-f", "-")
        return self.run(*words, stdin=text, timeout=120, check=False).code == 0


def kind_config(machine: Machine, *, node_built_here: bool) -> dict[str, Any]:
    """cluster/kind.yaml with this machine's folder mounted, merged with node-image/kind.yaml where that counts."""
    config: dict[str, Any] = yaml.safe_load((machine.root / "cluster" / "kind.yaml").read_text(encoding="utf-8"))
    if node_built_here:
        more = yaml.safe_load((machine.root / "cluster" / "node-image" / "kind.yaml").read_text(encoding="utf-8"))
        config.update(more)
    mounts = [
        {"hostPath": str(_files(machine)), "containerPath": IN_NODE, "readOnly": True},
        {"hostPath": str(archives(machine)), "containerPath": ARCHIVES_IN_NODE, "readOnly": True},
    ]
    for node in config["nodes"]:
        node["extraMounts"] = mounts
    return config


def archives(machine: Machine) -> Path:
    """The folder that every node sees as ARCHIVES_IN_NODE: images are imported from there."""
    return machine.cache / "archives"


def _files(machine: Machine) -> Path:
    return machine.cache / "cluster" / "files"


def _write_files(machine: Machine) -> None:
    """What the API server and the kubelets read. The encryption key is made once on this machine, never committed."""
    folder = _files(machine)
    folder.mkdir(parents=True, exist_ok=True)
    archives(machine).mkdir(parents=True, exist_ok=True)
    for name in ("audit-policy.yaml", "admission.yaml"):
        (folder / name).write_bytes((machine.root / "cluster" / name).read_bytes())
    gateway = engines.SUBNET.rsplit(".", 1)[0] + ".1"
    (folder / "resolv.conf").write_text(f"nameserver {gateway}\n", encoding="utf-8")
    encryption = folder / "encryption.yaml"
    if not encryption.is_file() or not encryption.read_bytes():
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        template = (machine.root / "cluster" / "encryption.yaml").read_text(encoding="utf-8")
        write_private(encryption, template.replace("${ENCRYPTION_KEY}", key).encode())


def up(machine: Machine, tools: Toolchain, engine: Engine, node_image: str, *, node_built_here: bool) -> bool:
    """Make the cluster unless it runs already. Returns whether it was made now.

    Raises DairaError when a healthy cluster of another configuration or an engine's network that is not closed is in
    the way, and CommandFailed when kind fails twice.
    """
    _write_files(machine)
    config = yaml.safe_dump(kind_config(machine, node_built_here=node_built_here), sort_keys=False)
    key = key_of(config, node_image, paths=[_files(machine)])
    if exists(engine):
        if healthy(machine, tools, engine):
            if _key(engine) == key:
                engines.check_network(engine)
                return False
            raise DairaError(
                f"a cluster named {NAME} runs with another configuration: `daira down` removes it, then run this again"
            )
        down(machine, engine)  # its processes were ended from outside, or it was never finished
    engines.ensure_network(engine)
    engines.ensure_mounts(engine)
    file = machine.state / "kind.yaml"
    file.write_text(config, encoding="utf-8")
    try:
        _create(machine, tools, engine, file, node_image)
    except CommandFailed:
        # the one step of kind that is known to be flaky on a busy machine
        down(machine, engine, keep_network=True)
        _create(machine, tools, engine, file, node_image)
    engine.run("exec", "-i", CONTROL_PLANE, "cp", "/dev/stdin", KEY_FILE, stdin=key)
    return True


def _create(machine: Machine, tools: Toolchain, engine: Engine, config: Path, image: str) -> None:
    words = [tools["kind"], "create", "cluster", "--name", NAME, "--config", config, "--image", image]
    words += ["--kubeconfig", machine.kubeconfig, "--retain", "-v", "1"]
    shell.run(words, timeout=CREATE_TIMEOUT_S, env=engine.kind_env, log=machine.log("cluster"))
    _write_kubeconfig(machine, tools, engine)
    wait = ["wait", "--for=condition=Ready", "nodes", "--all", f"--timeout={READY_TIMEOUT_S}s"]
    Kubectl(machine, tools).run(*wait, timeout=READY_TIMEOUT_S + 30)


def _write_kubeconfig(machine: Machine, tools: Toolchain, engine: Engine) -> None:
    """kind's kubeconfig; on an internal network no port is published, so it names the node's own address."""
    words = [tools["kind"], "export", "kubeconfig", "--name", NAME, "--kubeconfig", machine.kubeconfig]
    shell.run(words, timeout=60, env=engine.kind_env)
    if engine.name == "podman":
        server = f"https://{engines.address(engine, CONTROL_PLANE)}:6443"
        words = [tools["kubectl"], "config", "set-cluster", CONTEXT, f"--server={server}"]
        shell.run(words, timeout=30, env=machine.kube_env)
    machine.kubeconfig.chmod(0o600)


def exists(engine: Engine) -> bool:
    """Whether any node container of the cluster is there, running or not."""
    return bool(engines.names(engine, f"io.x-k8s.kind.cluster={NAME}"))


def healthy(machine: Machine, tools: Toolchain, engine: Engine) -> bool:
    """Whether the API server answers and all three nodes are Ready: being listed as running proves nothing."""
    if engines.names(engine, f"io.x-k8s.kind.cluster={NAME}") != NODES:
        return False
    try:
        _write_kubeconfig(machine, tools, engine)
    except DairaError:
        return False
    kubectl = Kubectl(machine, tools)
    try:
        kubectl.run("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=20s", timeout=40)
        return kubectl.run("get", "--raw", "/readyz", timeout=20).out.strip() == "ok"
    except CommandFailed:
        return False


def _key(engine: Engine) -> str:
    return engine.run("exec", CONTROL_PLANE, "cat", KEY_FILE, check=False).out.strip()


def down(machine: Machine, engine: Engine, *, keep_network: bool = False) -> None:
    """Remove the cluster with its volumes, its network and its kubeconfig; nothing happens where there is none."""
    found = engines.names(engine, f"io.x-k8s.kind.cluster={NAME}")
    if found:
        # with Podman, kind gives the nodes named volumes, which `rm -v` leaves: gigabytes each
        mounts = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'
        volumes = engine.run("inspect", "-f", mounts, *found, check=False).out.split()
        engine.run("rm", "-f", "-v", *found, timeout=180, check=False)
        if volumes:
            engine.run("volume", "rm", "-f", *volumes, timeout=180, check=False)
        left = engines.names(engine, f"io.x-k8s.kind.cluster={NAME}")
        if left:
            raise DairaError(
                f"{engine.name} could not remove the nodes {', '.join(left)}: run `{engine.name} rm -f {left[0]}`"
            )
    if not keep_network:
        engines.remove_network(engine)
    machine.kubeconfig.unlink(missing_ok=True)


def export_logs(machine: Machine, tools: Toolchain, engine: Engine, folder: Path) -> None:
    """Write the logs of nodes and pods into a folder (`kind export logs`)."""
    words = [tools["kind"], "export", "logs", folder, "--name", NAME]
    shell.run(words, timeout=300, env=engine.kind_env, log=machine.log("export-logs"))
