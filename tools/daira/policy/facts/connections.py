"""Who holds connections to a PostgreSQL server, how many, and how many the server allows: as far as manifests say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.facts.workloads import amount, long_running, remembered, replicas
from daira.render.release import Container, Pod, Release, deep, items, mapping, mappings, text

# Names of variables that hold the size of a pool of database connections.
POOL = re.compile(
    r"(DATABASE|DB|PG|POSTGRES|POSTGRESQL|SQL|PRISMA|TYPEORM|SEQUELIZE|HIKARI)_?(MAX_)?(CONNECTION_)?POOL(_SIZE|_MAX|_MAX_SIZE)?"
)
IN_URL = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://.*[?&](?:connection_limit|pool_size|max_pool_size)=(\d+)")
LIMIT = re.compile(r"^\s*(max_connections|superuser_reserved_connections)\s*=?\s*'?(\d+)'?", re.MULTILINE)
ARGUMENT = re.compile(r"(max_connections|superuser_reserved_connections)=(\d+)")
RESERVED = 3
Holder = tuple[Pod, int, int | None]


def holders(release: Release) -> list[Holder]:
    """The workloads with a pool: pod, largest number of pods (an update's surge included), pool (None: not known)."""
    return remembered(release, _holders)


def _holders(release: Release) -> list[Holder]:
    found: list[Holder] = []
    for pod in release.all_pods:
        if not long_running(pod):
            continue
        pools = [pool for container in pod.containers for pool in _pools(release, container)]
        if not pools:
            continue
        known = [pool for pool in pools if pool is not None]
        found.append((pod, _most(release, pod), sum(known) if len(known) == len(pools) else None))
    return found


def _most(release: Release, pod: Pod) -> int:
    owner = pod.object
    count = replicas(release, owner)
    if owner.kind != "Deployment" or deep(owner.spec, ("strategy", "type")) == "Recreate":
        return count[1] if count else 1
    surge = deep(owner.spec, ("strategy", "rollingUpdate", "maxSurge"))
    pods = count[1] if count else 1
    return pods + (amount("25%" if surge is None else surge, pods, up=True) or 0)


def _pools(release: Release, container: Container) -> Iterator[int | None]:
    """The size of each pool of a container, None for one whose size is not in the input."""
    found: dict[str, int | None] = {}
    for _, source in mappings(container.data.get("envFrom")):
        name, prefix = text(deep(source, ("configMapRef", "name"))), text(source.get("prefix"))
        config = release.find("ConfigMap", name, release.namespace_of(container.object)) if name else None
        for key, value in mapping(config.data.get("data") if config else None).items():
            _note(found, f"{prefix}{key}", value)
    for _, variable in mappings(container.data.get("env")):
        name, value = text(variable.get("name")), variable.get("value")
        reference = mapping(deep(variable, ("valueFrom", "configMapKeyRef")))
        if reference:
            config = release.find("ConfigMap", text(reference.get("name")), release.namespace_of(container.object))
            value = deep(config.data if config else None, ("data", text(reference.get("key"))))
        _note(found, name, value)
    yield from found.values()


def _note(found: dict[str, int | None], name: str, value: object) -> None:
    written = text(value)
    if POOL.fullmatch(name):
        found[name] = int(written) if written.isdecimal() else None
    elif written.startswith("postgres"):
        inside = IN_URL.match(written)
        if inside:
            found[name] = int(inside.group(1))


def limits(release: Release) -> list[int | None]:
    """For each PostgreSQL server of the release: the connections it leaves to users, None where that is not said."""
    return remembered(release, _limits)


def _limits(release: Release) -> list[int | None]:
    found: list[int | None] = []
    for pod in release.all_pods:
        for container in pod.containers:
            if container.kind == "container" and _is_server(container):
                found.append(_limit(release, pod, container))
    return found


def _is_server(container: Container) -> bool:
    return any(
        port.get("name") in ("postgres", "postgresql") or port.get("containerPort") == 5432
        for _, port in mappings(container.data.get("ports"))
    )


def _limit(release: Release, pod: Pod, container: Container) -> int | None:
    said: dict[str, int] = {}
    for _, volume in mappings(pod.spec.get("volumes")):
        name = text(deep(volume, ("configMap", "name")))
        config = release.find("ConfigMap", name, release.namespace_of(pod)) if name else None
        for key, value in mapping(config.data.get("data") if config else None).items():
            if isinstance(value, str) and str(key).endswith(".conf"):
                said.update((setting, int(number)) for setting, number in LIMIT.findall(value))
    for field in ("command", "args"):
        for word in items(container.data.get(field)):
            said.update((setting, int(number)) for setting, number in ARGUMENT.findall(text(word)))
    if "max_connections" not in said:
        return None
    return said["max_connections"] - said.get("superuser_reserved_connections", RESERVED)
