"""A workload's pod as services: its container, and before it the init containers."""

from __future__ import annotations

import shlex
from typing import Any

from daira.errors import DairaError
from daira.generate.compose import health, known
from daira.generate.compose.files import Files
from daira.generate.compose.mounts import DONE, Mounts, joins
from daira.generate.compose.resources import resources
from daira.generate.compose.source import Source, expanded, place, plain
from daira.render.release import Object, mapping, mappings, pod_of

# Variables of a ConfigMap that .env may set, because they depend on where this runs. The chart's value is the default.
SETTABLE = {
    "CORS_ORIGIN": "The address people open in their browser: other pages may not call the backend.",
    "LOG_LEVEL": "How much the backend logs: debug, info, warn or error.",
}
PULL = {"IfNotPresent": "missing", "Always": "always", "Never": "never"}
LOGGING = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}


def ports(owner: Object) -> dict[str, int]:
    """The container's ports, by name."""
    found: dict[str, int] = {}
    for index, data in mappings(_container(owner).get("ports")):
        port = known.fields("containerPort", data, f"{place(owner)}.containers[0].ports[{index}]")
        found[port.get("name", str(port["containerPort"]))] = port["containerPort"]
    return found


def _container(owner: Object) -> dict[str, Any]:
    """The one container of a workload. Raises DairaError where there are more."""
    found = [container for _, container in mappings(_spec(owner).get("containers"))]
    if len(found) != 1:
        raise DairaError(f"{place(owner)} has {len(found)} containers: a service of Compose has one, so split the pod")
    return found[0]


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
    main = _container(owner)
    mounts = Mounts(source, files, name, owner)
    made: dict[str, dict[str, Any]] = {}
    first: list[dict[str, Any]] = []
    for index, init in mappings(spec.get("initContainers")):
        if joins(init, main):
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


def _service(
    source: Source,
    mounts: Mounts,
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
    made["deploy"] = {"resources": resources(container, at)}
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
