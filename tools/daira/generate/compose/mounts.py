"""What a pod's containers mount: volumes that are claimed, files that are prepared, and memory."""

from __future__ import annotations

from typing import Any

from daira.errors import DairaError
from daira.generate.compose import known
from daira.generate.compose.files import PREPARE, VOLUME, Files
from daira.generate.compose.resources import size
from daira.generate.compose.source import Source, place
from daira.policy.facts.quantity import quantity
from daira.render.release import Object, mapping, mappings, pod_of

DONE = {"condition": "service_completed_successfully"}


def joins(init: dict[str, Any], main: dict[str, Any]) -> bool:
    """Whether an init container can run first in the main one's: same image, same mounts, no variable of another value.

    So it runs before each start and not only at `up`, and what both share may stay in memory.
    """
    ours = {item["name"]: item for item in main.get("env") or []}
    return (
        init["image"] == main["image"]
        and bool(init.get("command") and main.get("command"))
        and not init.get("envFrom")
        and init.get("securityContext") == main.get("securityContext")
        and all(mount in (main.get("volumeMounts") or []) for mount in init.get("volumeMounts") or [])
        and all(ours.get(item["name"], item) == item for item in init.get("env") or [])
    )


class Mounts:
    """The volumes of one pod, and what a container mounts of them."""

    def __init__(self, source: Source, files: Files, component: str, owner: Object) -> None:
        self.files = files
        self.component = component
        pod = pod_of(owner)
        self.pod = pod.spec if pod else {}
        self.where = place(owner)
        context = mapping(self.pod.get("securityContext"))
        self.group: int | None = context.get("fsGroup", context.get("runAsGroup"))
        self.owned: bool = "fsGroup" in context
        self.volumes: dict[str, dict[str, Any]] = {}
        for _, claim in mappings(owner.spec.get("volumeClaimTemplates")):
            self.volumes[claim["metadata"]["name"]] = {"persistentVolumeClaim": {}}
        for index, data in mappings(self.pod.get("volumes")):
            at = f"{self.where}.volumes[{index}]"
            volume = known.fields("volume", data, at)
            self.volumes[volume["name"]] = volume
            if not volume.keys().isdisjoint(("configMap", "secret", "projected")):
                files.folder(source, f"{component}/{volume['name']}", volume, self.group or 0, at)

    def of(self, container: dict[str, Any], at: str) -> dict[str, Any]:
        """The keys of a service that are about its mounts."""
        made: dict[str, Any] = {}
        volumes: list[dict[str, Any]] = []
        prepared = False
        for index, data in mappings(container.get("volumeMounts")):
            mount = known.fields("mount", data, f"{at}.volumeMounts[{index}]")
            volume = self.volumes.get(mount["name"])
            if volume is None:
                raise DairaError(f"{at}.volumeMounts[{index}] names {mount['name']}, which is no volume of the pod")
            if mount["mountPath"] == "/dev/shm" and "emptyDir" in volume:  # noqa: S108 - the path in the container
                made["shm_size"] = self._limit(volume)
                continue
            entry = self._mount(mount, volume)
            volumes.append(entry)
            prepared |= entry["type"] == "volume"
        if prepared:
            made["depends_on"] = {PREPARE: DONE}
        if volumes:
            made["volumes"] = volumes
        return made

    def _limit(self, volume: dict[str, Any]) -> str | None:
        spec = known.fields("emptyDir", volume["emptyDir"], f"{self.where}: volume {volume['name']}")
        limit = quantity(spec.get("sizeLimit"))
        return None if limit is None else size(limit)

    def _mount(self, mount: dict[str, Any], volume: dict[str, Any]) -> dict[str, Any]:
        """One mount, in Compose's long form."""
        name, target = mount["name"], mount["mountPath"]
        inside = [mount["subPath"]] if mount.get("subPath") else []
        if "emptyDir" in volume and not self._leaves(name):
            limit = self._limit(volume)
            return {"type": "tmpfs", "target": target, **({"tmpfs": {"size": limit}} if limit else {})}
        made: dict[str, Any] = {"type": "volume", "source": f"{self.component}-{name}", "target": target}
        options: dict[str, Any] = {"nocopy": True}
        if not volume.keys().isdisjoint(("configMap", "secret", "projected")):
            made["source"], inside = VOLUME, [self.component, name, *inside]
        elif "emptyDir" in volume or self.owned:
            self.files.groups[made["source"]] = self.group or 0
        if inside:
            options["subpath"] = "/".join(inside)
        if mount.get("readOnly"):
            made["read_only"] = True
        return {**made, "volume": options}

    def _leaves(self, volume: str) -> bool:
        """Whether an emptyDir is for more than one service: init containers that join the main one do not count."""
        main = self.pod["containers"][0]
        apart = [init for _, init in mappings(self.pod.get("initContainers")) if not joins(init, main)]
        return _shared({"initContainers": apart, "containers": [main]}, volume)


def _shared(pod: dict[str, Any], volume: str) -> bool:
    """Whether several containers of a pod spec mount a volume."""
    lists = (pod.get("initContainers"), pod.get("containers"))
    return sum(volume in _mounted(container) for many in lists for _, container in mappings(many)) > 1


def _mounted(container: dict[str, Any]) -> set[object]:
    return {mapping(mount).get("name") for _, mount in mappings(container.get("volumeMounts"))}
