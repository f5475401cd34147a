"""Hosts, their certificates and who may use them: what the rules about TLS share."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from daira.render.release import Release, deep, mapping, mappings, text

# Objects that make a Secret, under a name they say or their own.
MAKERS = (
    "cert-manager.io/Certificate",
    "cert.gardener.cloud/Certificate",
    "external-secrets.io/ExternalSecret",
    "bitnami.com/SealedSecret",
    "secrets.hashicorp.com/VaultPKISecret",
)
_MADE: WeakKeyDictionary[Release, set[tuple[str, str]]] = WeakKeyDictionary()


def covers(pattern: str, host: str) -> bool:
    """Whether a host of a tls entry or a rule stands for another: itself, or `*.` for exactly one label."""
    pattern, host = pattern.lower(), host.lower()
    if pattern == host:
        return True
    label, _, rest = host.partition(".")
    return pattern.startswith("*.") and bool(label) and label != "*" and pattern[2:] == rest


def missing_secret(release: Release, name: str, namespace: str) -> tuple[str, bool]:
    """What is wrong with a certificate's Secret ("" is nothing), and whether that is certain."""
    secret = release.find("Secret", name, namespace)
    if secret is not None:
        if secret.data.get("type") != "kubernetes.io/tls":
            return f"the Secret {name} is not of type kubernetes.io/tls", True
        held = {*mapping(secret.data.get("data")), *mapping(secret.data.get("stringData"))}
        return ("", False) if {"tls.crt", "tls.key"} <= held else (f"the Secret {name} lacks tls.crt or tls.key", True)
    if (name, namespace) in _made(release):
        return "", False
    return f"the certificate is in the Secret {name}: needed is that Secret, which is not in the input", False


def _made(release: Release) -> set[tuple[str, str]]:
    """Name and namespace of every Secret that an object of the release makes."""
    found = _MADE.get(release)
    if found is None:
        found = _MADE[release] = set()
        for maker in release.all_of(*MAKERS):
            said = deep(maker.data, ("spec", "secretName")) or deep(maker.data, ("spec", "target", "name"))
            found.add((text(said) or maker.name, release.namespace_of(maker)))
    return found


def granted(release: Release, source: tuple[str, str, str], target: tuple[str, str, str], namespace: str) -> bool:
    """Whether a ReferenceGrant lets one object refer to another.

    source: group, kind and namespace; target: group, kind and name in `namespace`.
    """
    for grant in release.all_of("gateway.networking.k8s.io/ReferenceGrant"):
        if release.namespace_of(grant) != namespace:
            continue
        lets = any(
            (text(one.get("group")), text(one.get("kind")), text(one.get("namespace"))) == source
            for _, one in mappings(grant.spec.get("from"))
        )
        if lets and any(
            (text(one.get("group")), text(one.get("kind"))) == target[:2] and one.get("name") in (None, "", target[2])
            for _, one in mappings(grant.spec.get("to"))
        ):
            return True
    return False
