"""The container engine: Docker or Podman, whichever answers; Podman from Debian where there is none."""

from __future__ import annotations

import json
import os
import resource
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local.machine import Machine

NETWORK = "daira"
SUBNET = "198.18.0.0/24"  # of the range set aside for benchmarks (RFC 2544): it meets no real network
MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"
PODMAN_PACKAGES = ["podman", "netavark", "aardvark-dns", "runc", "iptables"]


@dataclass(frozen=True)
class Engine:
    """A container engine that answers. name: docker | podman; env: what it needs in its environment.

    used: the references of the builds that this run asked for; the others can be pruned.
    """

    name: str
    env: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def run(
        self,
        *argv: str | Path,
        timeout: float = 120,
        check: bool = True,
        log: Path | None = None,
        stdin: str | None = None,
    ) -> shell.Done:
        """Run the engine with these arguments."""
        return shell.run([self.name, *argv], timeout=timeout, env=self.env, check=check, log=log, stdin=stdin)

    def has_image(self, reference: str) -> bool:
        """Whether the image is in the engine's store."""
        return self.run("image", "inspect", reference, check=False).code == 0

    @property
    def kind_env(self) -> dict[str, str]:
        """What makes kind use this engine and our closed network."""
        network = {"docker": "KIND_EXPERIMENTAL_DOCKER_NETWORK", "podman": "KIND_EXPERIMENTAL_PODMAN_NETWORK"}
        return {**self.env, "KIND_EXPERIMENTAL_PROVIDER": self.name, network[self.name]: NETWORK}


def ensure(machine: Machine) -> Engine:
    """The engine that answers; where none is there and we are root on Debian or Ubuntu, Podman by apt.

    Raises DairaError with what to install otherwise.
    """
    if shutil.which("docker") and shell.answers(["docker", "info"]):
        return Engine("docker")
    if not shutil.which("podman"):
        _install_podman(machine)
    engine = Engine("podman", _podman_env(machine))
    try:
        engine.run("info", timeout=60)
    except CommandFailed as error:
        raise DairaError(f"neither Docker nor Podman answers: start Docker, or repair Podman ({error})") from error
    return engine


def _install_podman(machine: Machine) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise DairaError("no container engine answers: install Docker or Podman, start it, and run this again")
    log = machine.log("engine")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    shell.run(["apt-get", "update", "-q"], timeout=300, env=env, log=log)
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PODMAN_PACKAGES]
    shell.run(install, timeout=900, env=env, log=log)
    machine.made.append("podman")


def _podman_env(machine: Machine) -> dict[str, str]:
    """Settings of our own for Podman as root, named by its environment variables: nothing global changes.

    A user who is not root keeps the settings of their own rootless Podman.
    """
    if os.geteuid() != 0:
        return {}
    folder = machine.cache / "podman"
    folder.mkdir(parents=True, exist_ok=True)
    files, processes = _limit(resource.RLIMIT_NOFILE, 1048576), _limit(resource.RLIMIT_NPROC, 30000)
    containers = [
        "[containers]",
        # without CAP_SYS_RESOURCE nobody gets more than this process's own hard limits
        f'default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]',
        'log_driver = "k8s-file"',
        "[engine]",
        'events_logger = "file"',
        'cgroup_manager = "cgroupfs"',
        'runtime = "runc"',  # crun refuses a hybrid cgroup v1
        "[network]",
        f'network_config_dir = "{folder}/networks"',
        "",
    ]
    storage = [
        "[storage]",
        'driver = "overlay"',
        f'graphroot = "{folder}/storage"',
        'runroot = "/run/daira-podman"',
        "",
    ]
    (folder / "networks").mkdir(exist_ok=True)
    (folder / "containers.conf").write_text("\n".join(containers), encoding="utf-8")
    (folder / "storage.conf").write_text("\n".join(storage), encoding="utf-8")
    return {
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
    }


def _limit(which: int, at_most: int) -> int:
    hard = resource.getrlimit(which)[1]
    return at_most if hard == resource.RLIM_INFINITY else min(hard, at_most)


def ensure_network(engine: Engine) -> None:
    """The cluster's closed network; made once.

    Podman: an internal network, nothing leaves it. Docker: one without masquerade, so that a packet to the outside
    carries an address nobody can answer; an internal one would break the stock node image's look-up of names.
    Raises DairaError when a network of that name is there and is another one than this.
    """
    if check_network(engine):
        return
    closed = ["--internal"] if engine.name == "podman" else ["-o", f"{MASQUERADE}=false"]
    engine.run("network", "create", *closed, "--subnet", SUBNET, NETWORK)


def check_network(engine: Engine) -> bool:
    """Whether the cluster's network is there. Raises DairaError when it is open or has another subnet than ours."""
    done = engine.run("network", "inspect", NETWORK, check=False)
    if done.code != 0:
        return False
    (network,) = json.loads(done.out)
    if engine.name == "podman":
        closed = network.get("internal") is True
        subnets = [subnet["subnet"] for subnet in network.get("subnets") or []]
    else:
        closed = (network.get("Options") or {}).get(MASQUERADE) == "false"
        subnets = [config["Subnet"] for config in network["IPAM"]["Config"] or []]
    wrong = []
    if not closed:
        wrong.append("is not closed, so the cluster's traffic could leave the machine")
    if subnets != [SUBNET]:
        found = f"the subnet {', '.join(subnets)}" if subnets else "no subnet"
        wrong.append(f"has {found}, not {SUBNET}")
    if wrong:
        raise DairaError(
            f"{engine.name}'s network {NETWORK} {' and '.join(wrong)}: `daira down` removes it, then run this again"
        )
    return True


def ensure_mounts(engine: Engine) -> None:
    """The one host folder that kind mounts and Podman, unlike Docker, does not make: /lib/modules.

    A machine whose kernel has no modules has no such folder; an empty one changes nothing for anybody.
    """
    modules = Path("/lib/modules")
    if engine.name == "podman" and os.geteuid() == 0 and not modules.exists():
        modules.mkdir(parents=True)


def remove_network(engine: Engine) -> None:
    """Remove the closed network where it is there."""
    if engine.run("network", "inspect", NETWORK, check=False).code == 0:
        engine.run("network", "rm", NETWORK)


def address(engine: Engine, container: str) -> str:
    """The IPv4 address of a container on the closed network. Raises DairaError when it has none."""
    done = engine.run("inspect", "-f", "{{json .NetworkSettings.Networks}}", container, check=False)
    networks: dict[str, dict[str, str]] = json.loads(done.out) if done.code == 0 and done.out.strip() else {}
    found = networks.get(NETWORK, {}).get("IPAddress", "")
    if not found:
        raise DairaError(
            f"the node {container} has no address on the network {NETWORK}: run `daira down`, then `daira up`"
        )
    return found


def names(engine: Engine, label: str) -> Sequence[str]:
    """The names of all containers with this label, sorted."""
    done = engine.run("ps", "-a", "--filter", f"label={label}", "--format", "{{.Names}}")
    return sorted(done.out.split())
