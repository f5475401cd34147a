"""EncryptionConfigurations: which provider encrypts what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daira.render.release import Object, Path, Release, items, mapping, mappings

# The second is what it was called before Kubernetes 1.13.
CONFIGURATIONS = ("apiserver.config.k8s.io/EncryptionConfiguration", "EncryptionConfig")
# The core group's Secrets, the whole core group, everything.
SECRETS = ("secrets", "*.", "*.*")
NEEDED = (
    "no EncryptionConfiguration is in the input: give the cluster's, for example as cluster/encryption.yaml with a "
    "placeholder for the key; of a managed cluster its settings say it"
)


def configurations(release: Release) -> Iterator[Object]:
    """The EncryptionConfigurations of the judged files."""
    yield from release.of(*CONFIGURATIONS)


def providers(entry: dict[str, Any]) -> list[tuple[int, str, dict[str, Any]]]:
    """Index, name and settings of an entry's providers, in the order in which they count."""
    found = []
    for index, provider in mappings(entry.get("providers")):
        name = next((name for name in provider if isinstance(name, str)), "")
        found.append((index, name, mapping(provider.get(name))))
    return found


def entry_for_secrets(owner: Object) -> tuple[int, dict[str, Any]] | None:
    """The entry that counts for Secrets, which is the first that names them."""
    for index, entry in mappings(owner.data.get("resources")):
        if any(isinstance(name, str) and name in SECRETS for name in items(entry.get("resources"))):
            return index, entry
    return None


def keys(owner: Object) -> Iterator[tuple[Path, str, str]]:
    """Path, provider and text of every key in a configuration."""
    for index, entry in mappings(owner.data.get("resources")):
        for at, name, settings in providers(entry):
            for number, key in mappings(settings.get("keys")):
                if isinstance(given := key.get("secret"), str):
                    yield ("resources", index, "providers", at, name, "keys", number, "secret"), name, given


def is_placeholder(key: str) -> bool:
    """Whether a key is only the place for one: ${KEY}, <key>, {{ .key }}, or nothing."""
    key = key.strip()
    return not key or key[0] in "$<%" or "{{" in key or "${" in key
