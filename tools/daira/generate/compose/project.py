"""The compose file as data: services from pods, and the networks, volumes, configs and secrets they use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from daira.errors import DairaError
from daira.generate.compose import known, networks, pods
from daira.generate.compose.files import PREPARE, Files
from daira.generate.compose.networks import component
from daira.generate.compose.source import SECRETS, Source, place
from daira.render.release import Object, mapping, mappings, pod_of

# Whoever may call one of these waits until it is healthy; all else starts at once and follows what comes and goes.
STORES = ("postgres", "redis")


@dataclass(frozen=True)
class Project:
    """What docker-compose.prod.yml says. comments: what stands above a key, by the key's path.

    settings: what .env may set, in the order of the file: name -> (what it is, its default; None: it is needed).
    """

    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    networks: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    volumes: dict[str, None] = field(default_factory=dict)
    configs: dict[str, dict[str, str]] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    comments: dict[tuple[str, ...], str] = field(default_factory=dict)
    settings: dict[str, tuple[str, str | None]] = field(default_factory=dict)


def project_of(source: Source) -> Project:
    """The whole project. Raises DairaError where an object has what nobody has taught this package."""
    made = Project(settings={key: (what, None) for key, what in SECRETS.items()})
    made.settings["IMAGE_REGISTRY"] = (
        "A registry put in front of every image, as the chart's global.imageRegistry.",
        "",
    )
    made.settings.update({name: (what, "") for name, what in pods.SETTABLE.items()})
    files = Files()
    found = {component(pod): owner for owner in source.workloads if (pod := pod_of(owner))}
    if len(found) < len(source.workloads):
        raise DairaError(
            f"two workloads have the same label {networks.NAME}: services of Compose need names of their own"
        )
    ports = {name: pods.ports(owner) for name, owner in found.items()}
    called = networks.servers(source, ports)
    calls = networks.calls(source, list(found), called)
    for name in networks.leave(source):
        made.networks[networks.OUTSIDE] = None
        calls[name].append(networks.OUTSIDE)
    for name, owner in found.items():
        services = pods.services(source, files, made.comments, made.settings, name, owner)
        made.services.update(services)
        _connect(made, name, called, calls[name])
        for first in services.keys() - {name}:
            _join(services[first], dict.fromkeys(calls[name]))
        _claims(made, name, owner)
    _wait(made, found, calls)
    prepare = files.service(_shell(made))
    # First, as it is the first to run.
    services = {PREPARE: prepare, **made.services}
    made.services.clear()
    made.services.update(services)
    made.comments["services", PREPARE] = files.WHAT
    made.volumes.update(files.volumes())
    made.configs.update(files.configs(source))
    made.secrets.update({name: {"environment": name} for name in files.secrets(source)})
    return made


def _connect(made: Project, name: str, called: dict[str, networks.Server], calls: list[str]) -> None:
    """The networks of a component's service, and its published port."""
    service = made.services[name]
    joined: dict[str, Any] = {}
    server = called.get(name)
    if server:
        joined[name] = {"aliases": server.aliases}
        made.networks[name] = None if server.published else {"internal": True}
    if server and server.published:
        port, target = server.published
        variable = f"{name.upper().replace('-', '_')}_PORT"
        everybody = networks.PUBLISHED[name][1]
        service["ports"] = [f"{'' if everybody else '127.0.0.1:'}${{{variable}:-{port}}}:{target}"]
        who = "" if everybody else ", for this machine alone"
        made.settings[variable] = (f"The port of this machine that leads to {name}{who}.", str(port))
    _join(service, {**joined, **dict.fromkeys(calls)})


def _join(service: dict[str, Any], joined: dict[str, Any]) -> None:
    """Networks, or none at all: without a word Compose would put the service into one with all others like it."""
    if joined:
        service["networks"] = joined
    else:
        service["network_mode"] = "none"


def _wait(made: Project, found: dict[str, Object], calls: dict[str, list[str]]) -> None:
    """What has to be ready first: the stores that are called, and the Jobs that prepare them for the same image."""
    jobs = [name for name, owner in found.items() if owner.kind == "Job"]
    for name in found:
        waits: dict[str, Any] = made.services[name].setdefault("depends_on", {})
        for store in STORES:
            if store in calls[name]:
                waits[store] = {"condition": "service_healthy"}
        for job in jobs:
            if name not in jobs and made.services[job]["image"] == made.services[name]["image"]:
                waits[job] = {"condition": "service_completed_successfully"}
        if not waits:
            del made.services[name]["depends_on"]


def _claims(made: Project, name: str, owner: Object) -> None:
    """The volumes that a StatefulSet claims for its pods, with their size as a comment: a local volume has none."""
    for index, claim in mappings(owner.spec.get("volumeClaimTemplates")):
        at = f"{place(owner)}.spec.volumeClaimTemplates[{index}].spec"
        spec = known.fields("volumeClaim", claim.get("spec"), at)
        volume = f"{name}-{mapping(claim.get('metadata')).get('name')}"
        made.volumes[volume] = None
        size = mapping(mapping(spec.get("resources")).get("requests")).get("storage")
        made.comments["volumes", volume] = f"The chart asks for {size}."


def _shell(made: Project) -> str:
    """An image with a shell, which the machine needs anyway."""
    for name in (*STORES, "frontend", "backend"):
        if name in made.services:
            return str(made.services[name]["image"])
    raise DairaError("no service has an image with a shell, which the files are prepared with: switch one component on")
