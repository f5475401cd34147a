"""A workload's pod as services: its container, and before it the init containers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from daira.errors import DairaError
from daira.generate.compose import health, known
from daira.generate.compose.files import PREPARE, VOLUME, Files, shared
from daira.generate.compose.source import Source, expanded, plain, place
from daira.policy.facts.quantity import quantity
from daira.render.release import Object, mapping, mappings, pod_of

# Variables of a ConfigMap that .env may set, because they depend on where this runs. The chart's value is the default.
SETTABLE = {
    "CORS_ORIGIN": "The address people open in their browser: other pages may not call the backend.",
    "LOG_LEVEL": "How much the backend logs: debug, info, warn or error.",
}
PULL = {"IfNotPresent": "missing", "Always": "always", "Never": "never"}
# Nothing of this is in the chart: a node's kubelet sets it.
PIDS = 512
LOGGING = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
DONE = {"condition": "service_completed_successfully"}


def ports(owner: Object) -> dict[str, int]:
    """The container's ports, by name."""
    found: dict[str, int] = {}
    for index, container in mappings(_spec(owner).get("containers")):
        for number, data in mappings(container.get("ports")):
            at = f"{place(owner)}.containers[{index}].ports[{number}]"
            port = known.fields("containerPort", data, at)
            found[port.get("name", str(port["containerPort"]))] = port["containerPort"]
    return found


def services(
    source: Source,
    files: Files,
    comments: dict[tuple[str, ...], str],
    settings: dict[str, tuple[str, str | None]],
    name: str,
    owner: Object,
) -> dict[str, dict[str, Any]]:
    """The services of a workload; the last one, by the name of the component, is the one that stays (or the Job).

    files, comments, settings: what the services need is added to these.
    """
    at = place(owner)
    known.fields(owner.kind, owner.spec, f"{at}.spec")
    spec = _spec(owner)
    known.fields("pod", spec, at)
    containers = [found for _, found in mappings(spec.get("containers"))]
    if len(containers) != 1:
        raise DairaError(f"{at} has {len(containers)} containers: a service of Compose has one, so split the pod")
    main = containers[0]
    mounts = _Mounts(source, files, name, owner)
    made: dict[str, dict[str, Any]] = {}
    first: list[dict[str, Any]] = []
    for index, init in mappings(spec.get("initContainers")):
        if _joins(init, main):
            first.append(init)
            continue
        service = _service(source, mounts, settings, init, spec, f"{at}.initContainers[{index}]")
        service["restart"] = "on-failure"
        if made:
            service.setdefault("depends_on", {})[list(made)[-1]] = DONE
        made[f"{name}-{init['name']}"] = service
    service = _service(source, mounts, settings, main, spec, f"{at}.containers[0]", first)
    if made:
        service.setdefault("depends_on", {})[list(made)[-1]] = DONE
    checked = health.check(name, main, ports(owner), f"{at}.containers[0]")
    if isinstance(checked, dict):
        service["healthcheck"] = checked
    elif checked:
        comments["services", name] = f"{checked[:1].upper()}{checked[1:]}."
    service["restart"] = "unless-stopped"
    if owner.kind == "Job":
        service["restart"] = f"on-failure:{owner.spec.get('backoffLimit', 6)}"
    checksums = {key: value for key, value in mapping(_annotations(owner)).items() if key.startswith("checksum/")}
    if checksums:
        service["labels"] = checksums  # another content makes another container
    made[name] = service
    return made


def _spec(owner: Object) -> dict[str, Any]:
    pod = pod_of(owner)
    return pod.spec if pod else {}


def _annotations(owner: Object) -> dict[str, Any]:
    pod = pod_of(owner)
    return pod.annotations if pod else {}


def _joins(init: dict[str, Any], main: dict[str, Any]) -> bool:
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


def _service(
    source: Source,
    mounts: _Mounts,
    settings: dict[str, tuple[str, str | None]],
    container: dict[str, Any],
    pod: dict[str, Any],
    at: str,
    first: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A container as a service. first: init containers that run before it in the same service."""
    known.fields("container", container, at)
    made: dict[str, Any] = {"image": f"${{IMAGE_REGISTRY:+$IMAGE_REGISTRY/}}{plain(container['image'])}"}
    policy = PULL[container.get("imagePullPolicy", "IfNotPresent")]
    if policy != "missing":
        made["pull_policy"] = policy
    variables: dict[str, str] = {}
    for one in (*(first or []), container):
        variables.update(_variables(source, settings, one, at))
    command = [expanded(plain(word), variables) for word in container.get("command") or []]
    arguments = [expanded(plain(word), variables) for word in container.get("args") or []]
    if first:
        steps = []
        for index, init in enumerate(first):
            known.fields("container", init, f"{at} (init {index})")
            steps.append(shlex.join([*init["command"], *(init.get("args") or [])]))
        script = " && ".join([*steps, "exec " + shlex.join([*container["command"], *(container.get("args") or [])])])
        command, arguments = ["sh", "-c", expanded(plain(script), variables)], []
    if command:
        made["entrypoint"] = command
    if arguments:
        made["command"] = arguments
    made.update(_identity(pod, container, at))
    if variables:
        made["environment"] = variables
    made.update(mounts.of(container, at))
    hook = known.fields("lifecycle", container.get("lifecycle"), f"{at}.lifecycle").get("preStop")
    stop = known.fields("preStop", hook, f"{at}.lifecycle.preStop").get("exec")
    if stop:
        words = known.fields("exec", stop, f"{at}.lifecycle.preStop.exec")["command"]
        made["pre_stop"] = [{"command": [plain(word) for word in words]}]
    made["stop_grace_period"] = f"{pod.get('terminationGracePeriodSeconds', 30)}s"
    made["deploy"] = {"resources": _resources(container, at)}
    made["logging"] = LOGGING
    return made


def _variables(
    source: Source, settings: dict[str, tuple[str, str | None]], container: dict[str, Any], at: str
) -> dict[str, str]:
    """The environment, in Kubernetes' order: later ones win, and may refer to earlier ones."""
    made: dict[str, str] = {}
    for index, data in mappings(container.get("envFrom")):
        origin = known.fields("variables", data, f"{at}.envFrom[{index}]")
        name = known.fields("reference", origin.get("configMapRef"), f"{at}.envFrom[{index}].configMapRef")["name"]
        made.update(source.configs[name])
    for index, data in mappings(container.get("env")):
        here = f"{at}.env[{index}]"
        item = known.fields("variable", data, here)
        if "valueFrom" not in item:
            made[item["name"]] = expanded(plain(item.get("value", "")), made)
            continue
        ((kind, reference),) = known.fields("valueFrom", item["valueFrom"], f"{here}.valueFrom").items()
        known.fields("reference", reference, f"{here}.valueFrom.{kind}")
        held = (source.secrets if kind == "secretKeyRef" else source.configs).get(reference["name"], {})
        if reference["key"] not in held:
            raise DairaError(
                f"{here}.valueFrom.{kind}: {reference['name']} has no {reference['key']}: correct the template"
            )
        made[item["name"]] = held[reference["key"]]
    for name in SETTABLE.keys() & made.keys():
        settings[name] = (SETTABLE[name], made[name])
        made[name] = f"${{{name}:-{made[name]}}}"
    return made


def _identity(pod: dict[str, Any], container: dict[str, Any], at: str) -> dict[str, Any]:
    """User, groups, capabilities and the read-only root."""
    whole = known.fields("podSecurity", pod.get("securityContext"), f"{at}: the pod's securityContext")
    own = known.fields("security", container.get("securityContext"), f"{at}.securityContext")
    made: dict[str, Any] = {}
    if "runAsUser" in whole:
        made["user"] = ":".join(str(whole[key]) for key in ("runAsUser", "runAsGroup") if key in whole)
    if whole.get("fsGroup", whole.get("runAsGroup")) != whole.get("runAsGroup"):
        made["group_add"] = [str(whole["fsGroup"])]
    if own.get("privileged"):
        made["privileged"] = True
    if own.get("readOnlyRootFilesystem"):
        made["read_only"] = True
    capabilities = known.fields("capabilities", own.get("capabilities"), f"{at}.securityContext.capabilities")
    made.update({f"cap_{key}": capabilities[key] for key in ("drop", "add") if capabilities.get(key)})
    if own.get("allowPrivilegeEscalation") is False:
        made["security_opt"] = ["no-new-privileges:true"]
    return made


def _resources(container: dict[str, Any], at: str) -> dict[str, Any]:
    resources = known.fields("resources", container.get("resources"), f"{at}.resources")
    made: dict[str, Any] = {}
    for theirs, ours in (("limits", "limits"), ("requests", "reservations")):
        amounts = known.fields("amounts", resources.get(theirs), f"{at}.resources.{theirs}")
        made[ours] = dict(_amounts(amounts, f"{at}.resources.{theirs}"))
    made["limits"]["pids"] = PIDS
    return {key: value for key, value in made.items() if value}


def _amounts(amounts: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    for name, ours in (("cpu", "cpus"), ("memory", "memory")):
        if amounts.get(name) is not None:
            amount = quantity(amounts[name])
            if amount is None:
                raise DairaError(f"{at}.{name} is {amounts[name]!r}, which is no quantity: correct the values")
            yield ours, f"{float(amount):g}" if name == "cpu" else size(amount)


def size(amount: Fraction) -> str:
    """Bytes as Compose writes them."""
    for power, unit in ((3, "g"), (2, "m"), (1, "k")):
        if amount % 1024**power == 0:
            return f"{amount // 1024**power}{unit}"
    return f"{int(amount)}b"


class _Mounts:
    """The volumes of one pod, and what a container mounts of them."""

    def __init__(self, source: Source, files: Files, component: str, owner: Object) -> None:
        self.files = files
        self.component = component
        self.pod = _spec(owner)
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
        apart = [init for _, init in mappings(self.pod.get("initContainers")) if not _joins(init, main)]
        return shared({"initContainers": apart, "containers": [main]}, volume)
