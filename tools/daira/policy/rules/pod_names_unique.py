"""In a pod every container, volume and port has a name of its own.

What it checks:
    Names of containers (plain, init and ephemeral ones together) and of volumes are unique in the pod, names of ports
    and mount paths in each container, host ports in the pod; and names of containers and volumes are there.

Why:
    The API server refuses the pod otherwise.

Bad:
    {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: a}, {name: a}]}}

Good:
    {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: a}, {name: b}]}}

Fix:
    Rename or remove one of the two.

Standard:
    Kubernetes' validation of pods; the ports as kube-score's "Container Ports Check".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Pod, Release, mappings, text

RULE = Rule(
    severity="error",
    groups=("reliability", "hygiene"),
    standards=("kubernetes:pods",),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each name, port and path that is there twice."""
    for pod in release.pods:
        seen: set[Hashable] = set()
        for container in pod.containers:
            if not container.name:
                yield fail(container, ("name",), "a container has no name")
            elif container.name in seen:
                yield fail(container, ("name",), f"two containers are named {container.name}")
            seen.add(container.name)
        volumes: set[str] = set()
        for index, volume in mappings(pod.spec.get("volumes")):
            name = text(volume.get("name"))
            if not name or name in volumes:
                message = f"two volumes are named {name}" if name else "a volume has no name"
                yield fail(pod, ("volumes", index, "name"), message)
            volumes.add(name)
        yield from _inside(pod)


def _inside(pod: Pod) -> Iterator[Violation]:
    host_ports: set[Hashable] = set()
    for container in pod.containers:
        names: set[str] = set()
        for index, port in mappings(container.data.get("ports")):
            name, host = text(port.get("name")), port.get("hostPort")
            if name and name in names:
                yield fail(container, ("ports", index, "name"), f"two ports are named {name}")
            names.add(name)
            key = (text(port.get("hostIP")), text(port.get("protocol")) or "TCP", host)
            if isinstance(host, int) and host and key in host_ports and container.kind != "init":
                yield fail(container, ("ports", index, "hostPort"), f"host port {host} is used twice")
            if isinstance(host, int) and container.kind != "init":
                host_ports.add(key)
        paths: set[str] = set()
        for index, mount in mappings(container.data.get("volumeMounts")):
            path = text(mount.get("mountPath"))
            if path and path in paths:
                yield fail(container, ("volumeMounts", index, "mountPath"), f"two volumes are mounted at {path}")
            paths.add(path)
