"""Configuration and secrets that containers refer to exist, with the keys they name.

What it checks:
    Each ConfigMap and Secret of env, envFrom and volumes (projected ones too) is there, in the pod's namespace, with
    every named key. `optional: true` is not asked. A key missing in an object of the input fails. A missing ConfigMap
    fails a chart's complete render and is undecidable elsewhere; a missing Secret is always undecidable, because
    secrets are often made by hand, unless a SealedSecret, ExternalSecret or Certificate of the input makes it.

Why:
    The container does not start: CreateContainerConfigError, or a mount that waits for ever.

Bad:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {PORT: "80"}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, env: [{name: P, valueFrom: {configMapKeyRef: {name: web, key: port}}}]}]}

Good:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {PORT: "80"}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, env: [{name: P, valueFrom: {configMapKeyRef: {name: web, key: PORT}}}]}]}

Fix:
    Correct the name or the key, or add it to the ConfigMap or Secret.

Standard:
    kube-linter's env-value-from, which fails also where the input is not all there is, and does not look at volumes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daira.policy.rule import Rule, Violation, undecidable
from daira.render.release import Object, Path, Pod, Release, deep, mapping, mappings, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:configmap",),
    decides="release",
)
Reference = tuple[Path, str, str, str]
MADE_BY = ("bitnami.com/SealedSecret", "external-secrets.io/ExternalSecret", "cert-manager.io/Certificate")


def check(release: Release) -> Iterator[Violation]:
    """Yield each reference that leads nowhere; what is missing once a pod."""
    for pod in release.pods:
        missing: set[tuple[str, str]] = set()
        for where, kind, name, key in _references(pod):
            found = release.find(kind, name, release.namespace_of(pod))
            if found:
                if key and not _has(found, key):
                    yield Violation(pod.object, where, f"{kind} {name} has no key {key}")
            elif (kind, name) not in missing and not (kind == "Secret" and _made(release, name)):
                missing.add((kind, name))
                if kind == "ConfigMap" and release.chart:
                    yield Violation(pod.object, where, f"there is no {kind} {name}")
                else:
                    message = f"{kind} {name} is not in the input: it is needed to decide"
                    yield undecidable(pod.object, where, message)


def _has(found: Object, key: str) -> bool:
    return any(key in mapping(found.data.get(part)) for part in ("data", "stringData", "binaryData"))


def _made(release: Release, name: str) -> bool:
    for maker in release.all_of(*MADE_BY):
        target = text(deep(maker.spec, ("target", "name"))) or text(maker.spec.get("secretName"))
        if name == (target or maker.name):
            return True
    return False


def _references(pod: Pod) -> Iterator[Reference]:
    for container in pod.containers:
        for index, variable in mappings(container.data.get("env")):
            for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                given = mapping(deep(variable, ("valueFrom", field)))
                where = (*container.path, "env", index, "valueFrom", field)
                yield from _one(where, kind, given, "name", text(given.get("key")))
        for index, source in mappings(container.data.get("envFrom")):
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                yield from _one(
                    (*container.path, "envFrom", index, field), kind, mapping(source.get(field)), "name", ""
                )
    for index, volume in mappings(pod.spec.get("volumes")):
        where = (*pod.path, "volumes", index)
        yield from _volume(where, volume, "secretName")
        for number, source in mappings(deep(volume, ("projected", "sources"))):
            yield from _volume((*where, "projected", "sources", number), source, "name")


def _volume(where: Path, volume: dict[str, Any], secret: str) -> Iterator[Reference]:
    for field, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", secret)):
        given = mapping(volume.get(field))
        yield from _one((*where, field), kind, given, name, "")
        for index, item in mappings(given.get("items")):
            yield from _one((*where, field, "items", index), kind, given, name, text(item.get("key")))


def _one(where: Path, kind: str, given: dict[str, Any], field: str, key: str) -> Iterator[Reference]:
    name = text(given.get(field))
    if name and given.get("optional") is not True:
        yield where, kind, name, key
