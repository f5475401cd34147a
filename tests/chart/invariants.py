"""What every pod must keep to, as pure functions: objects in, complaints out (empty: all is well)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.chart.conftest import Object
from tests.chart.walk import Pod, pods

Invariant = Callable[[list[Object]], list[str]]
SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|private_?key|api_?key|database_url|redis_url)")
# How a secret gets into a program without being an argument: the name of a file that holds it.
FILE_NAME = re.compile(r"(?i)_file$")


def _containers(objects: list[Object]) -> Iterator[tuple[str, Pod, dict[str, Any]]]:
    for pod in pods(objects):
        for container in pod.containers:
            yield f"{pod.where} {container['name']}", pod, container


def _context(container: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = container.get("securityContext") or {}
    return found


def non_root(objects: list[Object]) -> list[str]:
    """Each container runs as a numeric user and group other than root, and the kubelet is told to insist."""
    found = []
    for where, pod, container in _containers(objects):
        context = {**(pod.spec.get("securityContext") or {}), **_context(container)}
        if context.get("runAsNonRoot") is not True:
            found.append(f"{where}: runAsNonRoot")
        for key in ("runAsUser", "runAsGroup"):
            if type(context.get(key)) is not int or context[key] < 1:
                found.append(f"{where}: {key}")
    return found


def seccomp(objects: list[Object]) -> list[str]:
    """Each container has the runtime's seccomp profile."""
    found = []
    for where, pod, container in _containers(objects):
        context = {**(pod.spec.get("securityContext") or {}), **_context(container)}
        if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
            found.append(f"{where}: seccompProfile")
    return found


def capabilities(objects: list[Object]) -> list[str]:
    """Each container drops all capabilities and adds none."""
    wanted = {"drop": ["ALL"]}
    return [
        f"{where}: capabilities" for where, _, it in _containers(objects) if _context(it).get("capabilities") != wanted
    ]


def no_escalation(objects: list[Object]) -> list[str]:
    """No container can gain privileges or has them all."""
    found = []
    for where, _, container in _containers(objects):
        if _context(container).get("allowPrivilegeEscalation") is not False:
            found.append(f"{where}: allowPrivilegeEscalation")
        if _context(container).get("privileged", False) is not False:
            found.append(f"{where}: privileged")
    return found


def read_only_root(objects: list[Object]) -> list[str]:
    """Each container's own filesystem can not be written to."""
    return [
        f"{where}: readOnlyRootFilesystem"
        for where, _, container in _containers(objects)
        if _context(container).get("readOnlyRootFilesystem") is not True
    ]


def resources(objects: list[Object]) -> list[str]:
    """Each container asks for CPU and memory and is held to a limit of both."""
    found = []
    for where, _, container in _containers(objects):
        for side in ("requests", "limits"):
            for resource in ("cpu", "memory"):
                if not ((container.get("resources") or {}).get(side) or {}).get(resource):
                    found.append(f"{where}: resources.{side}.{resource}")
    return found


def no_token(objects: list[Object]) -> list[str]:
    """No pod has a token of the Kubernetes API: its own ServiceAccount has none to give, and the pod asks for none."""
    accounts = {item["metadata"]["name"] for item in objects if item["kind"] == "ServiceAccount"}
    found = [
        f"ServiceAccount/{item['metadata']['name']}: automountServiceAccountToken"
        for item in objects
        if item["kind"] == "ServiceAccount" and item.get("automountServiceAccountToken") is not False
    ]
    for pod in pods(objects):
        if pod.spec.get("automountServiceAccountToken") is not False:
            found.append(f"{pod.where}: automountServiceAccountToken")
        if pod.spec.get("serviceAccountName") not in accounts:
            found.append(f"{pod.where}: serviceAccountName")
        for volume in pod.spec.get("volumes", []):
            if any("serviceAccountToken" in source for source in volume.get("projected", {}).get("sources", [])):
                found.append(f"{pod.where}: volume {volume['name']} projects a token")
    return found


def no_service_links(objects: list[Object]) -> list[str]:
    """The addresses of the namespace's Services are not put into the environment."""
    return [
        f"{pod.where}: enableServiceLinks" for pod in pods(objects) if pod.spec.get("enableServiceLinks") is not False
    ]


def no_host(objects: list[Object]) -> list[str]:
    """No pod shares anything with its node."""
    found = []
    for pod in pods(objects):
        found += [f"{pod.where}: {key}" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(key)]
        found += [f"{pod.where}: hostPath {it['name']}" for it in pod.spec.get("volumes", []) if "hostPath" in it]
        for container in pod.containers:
            found += [
                f"{pod.where} {container['name']}: hostPort" for it in container.get("ports", []) if "hostPort" in it
            ]
    return found


def _volumes(pod: Pod) -> dict[str, bool]:
    """Each volume's name, and whether it can be written to."""
    made = {
        it["name"]: bool({"emptyDir", "persistentVolumeClaim", "ephemeral"} & set(it))
        for it in pod.spec.get("volumes", [])
    }
    for claim in pod.owner["spec"].get("volumeClaimTemplates", []):
        made[claim["metadata"]["name"]] = True
    return made


def declared_volumes(objects: list[Object]) -> list[str]:
    """Each mount is of a declared volume, one that can't be written to is mounted so, and scratch space has a bound."""
    found = []
    for pod in pods(objects):
        volumes = _volumes(pod)
        for container in pod.containers:
            for mount in container.get("volumeMounts", []):
                where = f"{pod.where} {container['name']}: {mount['mountPath']}"
                if mount["name"] not in volumes:
                    found.append(f"{where} is no declared volume")
                elif not volumes[mount["name"]] and mount.get("readOnly") is not True:
                    found.append(f"{where} is not read-only")
        for volume in pod.spec.get("volumes", []):
            if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
                found.append(f"{pod.where}: {volume['name']} has no sizeLimit")
    return found


def no_plain_secrets(objects: list[Object]) -> list[str]:
    """What is named like a secret comes by secretKeyRef or as a file's name; no Secret is poured in whole."""
    found = []
    for where, _, container in _containers(objects):
        for env in container.get("env", []):
            if SECRET_NAME.search(env["name"]) and env.get("value") and not FILE_NAME.search(env["name"]):
                found.append(f"{where}: env {env['name']}")
        if any("secretRef" in source for source in container.get("envFrom", [])):
            found.append(f"{where}: envFrom a whole Secret")
        for word in [*container.get("command", []), *container.get("args", [])]:
            if re.search(r"(?i)--?[a-z.-]*(password|secret|token)[a-z.-]*=\S", word) or re.search(
                r"://[^/\s]*:[^/\s]+@", word
            ):
                found.append(f"{where}: argument {word[:40]}")
    for item in objects:
        if item["kind"] == "ConfigMap":
            for key, text in (item.get("data") or {}).items():
                # A key with a dot is a file's name, not a variable's.
                if ("." not in key and SECRET_NAME.search(key)) or re.search(r"\w+://[^/\s:@]*:[^/\s@$%]+@", text):
                    found.append(f"ConfigMap/{item['metadata']['name']}: {key}")
    return found


def pinned_images(objects: list[Object]) -> list[str]:
    """Each image names one version: three numbers (PostgreSQL: two), a commit, or a digest."""
    found = []
    for where, _, container in _containers(objects):
        image = container["image"]
        repository, _, tag = image.partition("@")[0].rpartition(":")
        numbers = r"v?\d+\.\d+" if repository.rsplit("/", 1)[-1] == "postgres" else r"v?\d+\.\d+\.\d+"
        if not ("@sha256:" in image or re.match(numbers, tag) or re.fullmatch(r"(sha-)?[0-9a-f]{7,40}", tag)):
            found.append(f"{where}: image {image}")
    return found


def images_from(registry: str) -> Invariant:
    """Each image comes from this registry, and no other image is named anywhere in the pods' arguments."""

    def check(objects: list[Object]) -> list[str]:
        return [
            f"{where}: image {container['image']}"
            for where, _, container in _containers(objects)
            if not container["image"].startswith(f"{registry}/")
        ]

    return check


ALL: dict[str, Invariant] = {
    made.__name__: made
    for made in (
        non_root,
        seccomp,
        capabilities,
        no_escalation,
        read_only_root,
        resources,
        no_token,
        no_service_links,
        no_host,
        declared_volumes,
        no_plain_secrets,
        pinned_images,
    )
}
