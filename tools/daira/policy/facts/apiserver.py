"""How the API server is started, as the repository's cluster configuration says: kind, kubeadm, or its static pod."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from daira.render.read import documents
from daira.render.release import Object, Path, Release, items, mapping, mappings, pod_of, text

KIND = "kind.x-k8s.io/Cluster"
KUBEADM = "kubeadm.k8s.io/ClusterConfiguration"
# Folders of the node that kubeadm mounts into the API server without being told to.
MOUNTED = ("/etc/kubernetes/pki", "/etc/ssl/certs", "/etc/ca-certificates", "/usr/share/ca-certificates")


class Mount(NamedTuple):
    """A folder or file of the node in the API server's container."""

    path: str
    read_only: bool


class Server(NamedTuple):
    """One API server. object, path: where its flags stand. flags: without "--". mounts: what it sees of the node.

    readable: False where a part of the configuration could not be read, so that a missing flag proves nothing.
    """

    object: Object
    path: Path
    flags: dict[str, str]
    mounts: list[Mount]
    readable: bool = True

    def sees(self, path: str, *, writing: bool = False) -> bool:
        """Whether a path of the node is mounted, and can be written."""
        for mount in self.mounts:
            if path == mount.path or path.startswith(mount.path.rstrip("/") + "/"):
                return not (writing and mount.read_only)
        return not writing and path.startswith(MOUNTED)


@lru_cache(maxsize=2)
def servers(release: Release) -> tuple[Server, ...]:
    """Every API server that the input configures."""
    found = [_kind(cluster) for cluster in release.all_of(KIND)]
    for config in release.all_of(KUBEADM):
        flags, mounts = _kubeadm(mapping(config.data.get("apiServer")))
        found.append(Server(config, ("apiServer", "extraArgs"), flags, mounts))
    for owner in release.all_of("Pod"):
        found.extend(_static_pod(owner))
    return tuple(found)


def _kind(cluster: Object) -> Server:
    """A kind cluster: its patches of the ClusterConfiguration, the first control plane's after the cluster's own."""
    places: list[tuple[Path, list[Any]]] = [
        (("kubeadmConfigPatches",), items(cluster.data.get("kubeadmConfigPatches")))
    ]
    for index, node in mappings(cluster.data.get("nodes")):
        if node.get("role", "control-plane") == "control-plane":
            places.append((("nodes", index, "kubeadmConfigPatches"), items(node.get("kubeadmConfigPatches"))))
            break
    flags: dict[str, str] = {}
    mounts: list[Mount] = []
    at: Path = ("kubeadmConfigPatches",)
    readable = not cluster.data.get("kubeadmConfigPatchesJSON6902")
    for path, patches in places:
        for index, patch in enumerate(patches):
            config = _parsed(patch)
            if config is None:
                readable = False
            elif config.get("kind") == "ClusterConfiguration" and config.get("apiServer"):
                more, volumes = _kubeadm(mapping(config.get("apiServer")))
                flags |= more
                # a patch replaces the list of volumes that was there
                mounts = volumes or mounts
                at = (*path, index)
    return Server(cluster, at, flags, mounts, readable)


def _parsed(patch: object) -> dict[str, Any] | None:
    found = documents(text(patch), "")[0]
    return next((document for document in found if isinstance(document, dict)), None)


def _kubeadm(server: dict[str, Any]) -> tuple[dict[str, str], list[Mount]]:
    """Flags and mounts of kubeadm's apiServer: extraArgs is a map in v1beta3 and a list in v1beta4."""
    given = server.get("extraArgs")
    flags = {name: str(value) for name, value in mapping(given).items() if isinstance(name, str)}
    for _, one in mappings(given):
        flags[text(one.get("name"))] = str(one.get("value"))
    mounts = [
        Mount(text(one.get("mountPath")), one.get("readOnly") is True)
        for _, one in mappings(server.get("extraVolumes"))
        if text(one.get("mountPath"))
    ]
    return flags, mounts


def _static_pod(owner: Object) -> Iterator[Server]:
    pod = pod_of(owner)
    for container in pod.containers if pod else ():
        words = [word for field in ("command", "args") for word in items(container.data.get(field))]
        if not any(isinstance(word, str) and word.rpartition("/")[2] == "kube-apiserver" for word in words[:1]):
            continue
        field = (
            "command" if any(text(word).startswith("--") for word in items(container.data.get("command"))) else "args"
        )
        mounts = [
            Mount(text(one.get("mountPath")), one.get("readOnly") is True)
            for _, one in mappings(container.data.get("volumeMounts"))
            if text(one.get("mountPath"))
        ]
        yield Server(owner, (*container.path, field), _flags(words), mounts)


def _flags(words: list[Any]) -> dict[str, str]:
    """The flags of a command line, as "--name=value" or "--name value"."""
    found: dict[str, str] = {}
    for index, word in enumerate(words):
        if isinstance(word, str) and word.startswith("--"):
            name, given, value = word[2:].partition("=")
            following = text(words[index + 1]) if index + 1 < len(words) else ""
            found[name] = value if given or following.startswith("--") else following
    return found
