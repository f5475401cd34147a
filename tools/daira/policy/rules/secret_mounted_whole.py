"""Of a Secret a pod mounts only the keys that it needs.

What it checks:
    A volume (or a projected source) of a Secret names its `items`, or each mount of it takes one key by `subPath`. Not
    asked: Secrets of the input that are made for being mounted whole (type kubernetes.io/tls) or have one key, and
    names that say they are a certificate (`web-tls`, `ca-cert`).

Why:
    A container that was broken into gives away all credentials in its reach: also those of the other components, when
    all share one Secret.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          volumeMounts:
            - {name: secrets, mountPath: /etc/web}
      volumes:
        - name: secrets
          secret: {secretName: shop}

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          volumeMounts:
            - {name: secrets, mountPath: /etc/web}
      volumes:
        - name: secrets
          secret:
            secretName: shop
            items:
              - {key: WEB_TOKEN, path: token}

Fix:
    Name the keys under items of the volume.

Standard:
    CIS Kubernetes Benchmark 5.4 (Secrets as files) does not ask for the keys; no peer does.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Path, Pod, Release, items, mapping, mappings, text

RULE = Rule(
    severity="info",
    groups=("secrets-encrypted",),
    standards=("kubernetes:secrets-good-practices", "checklist:secrets-encrypted"),
    decides="release",
)
CERTIFICATES = ("tls", "cert", "certs", "certificate", "certificates", "ca", "crt")


def check(release: Release) -> Iterator[Violation]:
    """Yield each Secret that is mounted with all its keys."""
    for pod in release.pods:
        for index, volume in mappings(pod.spec.get("volumes")):
            if "secret" in volume:
                secret = mapping(volume.get("secret"))
                name, path = text(secret.get("secretName")), ("volumes", index, "secret")
                yield from _judge(release, pod, volume, name, secret, path)
            for at, source in mappings(mapping(volume.get("projected")).get("sources")):
                if "secret" in source:
                    secret = mapping(source.get("secret"))
                    name = text(secret.get("name"))
                    at_source: Path = ("volumes", index, "projected", "sources", at, "secret")
                    yield from _judge(release, pod, volume, name, secret, at_source)


def _judge(
    release: Release, pod: Pod, volume: dict[str, object], name: str, secret: dict[str, object], path: Path
) -> Iterator[Violation]:
    if items(secret.get("items")) or name.replace(".", "-").rpartition("-")[2] in CERTIFICATES:
        return
    known = release.find("Secret", name, release.namespace_of(pod))
    if known is not None:
        held = {*mapping(known.data.get("data")), *mapping(known.data.get("stringData"))}
        if known.data.get("type") == "kubernetes.io/tls" or len(held) == 1:
            return
    mounts = [
        mount
        for container in pod.containers
        for _, mount in mappings(container.data.get("volumeMounts"))
        if mount.get("name") == volume.get("name")
    ]
    if any(not mount.get("subPath") for mount in mounts):
        yield fail(pod, path, f"all keys of the Secret {name} are mounted")
