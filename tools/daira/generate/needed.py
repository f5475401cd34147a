"""Which Secrets manifests need to be there, with which keys, and the command that makes each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from daira.render.release import Object, deep, items, mapping, mappings

CERTIFICATE, PULL, OPAQUE = "kubernetes.io/tls", "kubernetes.io/dockerconfigjson", "Opaque"


@dataclass
class Needed:
    """A Secret that something refers to. keys: those that are read, in order. used_for: the hosts of a certificate."""

    name: str
    type: str = OPAQUE
    keys: set[str] = field(default_factory=set)
    used_for: list[str] = field(default_factory=list)

    def command(self, namespace: str) -> str:
        """The command that makes it from files: no secret is a word of it."""
        start = f"kubectl create secret {{}} {self.name} --namespace {namespace}"
        if self.type == CERTIFICATE:
            return start.format("tls") + " --cert=tls.crt --key=tls.key"
        if self.type == PULL:
            return start.format("generic") + f" --type={PULL} --from-file=.dockerconfigjson=config.json"
        return start.format("generic") + f" --from-env-file={self.name}.env"

    def explained(self) -> list[str]:
        """Which file that is, as lines."""
        if self.type == CERTIFICATE:
            return [f"tls.crt and tls.key are the certificate of {', '.join(self.used_for) or 'the public address'}."]
        if self.type == PULL:
            return ["config.json is what `docker login` wrote, in the folder .docker."]
        file = f"{self.name}.env is a file of yours, never committed, with a line KEY=value for each"
        return [f"{file} of", *(f"  {key}" for key in sorted(self.keys))] if self.keys else [f"{file} key."]


def needed_secrets(objects: Iterable[Object]) -> list[Needed]:
    """The Secrets that pods read and that Ingresses name, those for the pods first."""
    found: dict[str, Needed] = {}

    def need(name: object, kind: str, keys: Iterable[object] = ()) -> None:
        if isinstance(name, str) and name:
            found.setdefault(name, Needed(name, kind)).keys.update(key for key in keys if isinstance(key, str))

    for item in objects:
        for node in _nodes(item.data):
            reference = mapping(node.get("secretKeyRef"))
            need(reference.get("name"), OPAQUE, [reference.get("key")])
            need(mapping(node.get("secretRef")).get("name"), OPAQUE)
            volume = mapping(node.get("secret"))
            need(volume.get("secretName") or volume.get("name"), OPAQUE, (one.get("key") for _, one in _list(volume)))
            for _, pull in mappings(node.get("imagePullSecrets")):
                need(pull.get("name"), PULL)
        if item.kind == "Ingress" and not any(key.startswith("cert-manager.io/") for key in item.annotations):
            for _, tls in mappings(deep(item.data, ("spec", "tls"))):
                need(tls.get("secretName"), CERTIFICATE)
                if tls.get("secretName") in found:
                    found[tls["secretName"]].used_for += [str(host) for host in items(tls.get("hosts"))]
    return sorted(found.values(), key=lambda one: (one.type != OPAQUE, one.name))


def _list(volume: dict[str, object]) -> Iterable[tuple[int, dict[str, object]]]:
    return mappings(volume.get("items"))


def _nodes(data: object) -> Iterable[dict[str, object]]:
    """Every mapping of an object."""
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    for value in items(data):
        yield from _nodes(value)
