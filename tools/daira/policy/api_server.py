"""How API servers are started, read from the files of a repository: kind, kubeadm, and static pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from daira.render.release import Object, Path, Release, items, mapping, mappings, pod_of, text

KIND = "kind.x-k8s.io/Cluster"
KUBEADM = "kubeadm.k8s.io/ClusterConfiguration"


class ApiServer(NamedTuple):
    """An API server. object, path: what configures it, and where. flags: without dashes. mounts: what it can read."""

    object: Object
    path: Path
    flags: dict[str, str]
    mounts: tuple[str, ...]

    def reads(self, file: str) -> bool:
        """Whether the API server's container has this file, or a folder above it, mounted."""
        return any(file == mount or file.startswith(mount.rstrip("/") + "/") for mount in self.mounts)


def api_servers(release: Release) -> Iterator[ApiServer]:
    """Every API server that the judged files configure; each kind cluster has one, said or not."""
    for owner in release.of(KIND):
        yield _of_kind(owner)
    for owner in release.of(KUBEADM):
        flags, mounts = _of_kubeadm(owner.data)
        yield ApiServer(owner, ("apiServer", "extraArgs"), flags, mounts)
    for owner in release.of("Pod"):
        pod = pod_of(owner)
        for container in pod.containers if pod else ():
            words = [
                word for word in (*_list(container, "command"), *_list(container, "args")) if isinstance(word, str)
            ]
            if words and words[0].rpartition("/")[2] == "kube-apiserver":
                mounts = tuple(
                    text(mount.get("mountPath")) for _, mount in mappings(container.data.get("volumeMounts"))
                )
                yield ApiServer(owner, (*container.path, "command"), _flags(words[1:]), tuple(filter(None, mounts)))


def _list(container: Any, field: str) -> list[Any]:
    return items(container.data.get(field))


def _flags(words: list[str]) -> dict[str, str]:
    split = (word.lstrip("-").partition("=") for word in words if word.startswith("-"))
    return {name: value for name, _, value in split}


def _of_kind(owner: Object) -> ApiServer:
    found: list[tuple[Path, Any]] = [(("kubeadmConfigPatches",), owner.data.get("kubeadmConfigPatches"))]
    for index, node in mappings(owner.data.get("nodes")):
        if node.get("role", "control-plane") == "control-plane":
            found.append((("nodes", index, "kubeadmConfigPatches"), node.get("kubeadmConfigPatches")))
    path: Path = ("kubeadmConfigPatches",)
    flags: dict[str, str] = {}
    mounts: tuple[str, ...] = ()
    for at, patches in found:
        for index, patch in enumerate(items(patches)):
            for document in _documents(patch):
                if document.get("kind") == "ClusterConfiguration":
                    more, mounted = _of_kubeadm(document)
                    path, flags, mounts = (*at, index), flags | more, mounts + mounted
    return ApiServer(owner, path, flags, mounts)


def _documents(patch: object) -> list[dict[str, Any]]:
    if isinstance(patch, dict):
        return [patch]
    import yaml  # kubeadm's patches are rare

    try:
        return [mapping(document) for document in yaml.load_all(text(patch), Loader=yaml.CSafeLoader)]
    except yaml.YAMLError:
        return []


def _of_kubeadm(data: dict[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    server = mapping(data.get("apiServer"))
    given = server.get("extraArgs")
    # a list of name and value from kubeadm's v1beta4 on
    pairs = [(arg.get("name"), arg.get("value")) for _, arg in mappings(given)] or list(mapping(given).items())
    flags = {name: value if isinstance(value, str) else "" for name, value in pairs if isinstance(name, str)}
    mounts = (text(volume.get("mountPath")) for _, volume in mappings(server.get("extraVolumes")))
    return flags, tuple(filter(None, mounts))
