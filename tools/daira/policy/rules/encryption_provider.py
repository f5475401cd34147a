"""What encrypts Secrets is a provider that is still good, with a key of the right length.

What it checks:
    The first provider for `secrets` is secretbox or kms in version v2. aescbc is open to padding oracles, aesgcm is
    unsafe without a new key every 200,000 writes, kms v1 is deprecated and off since Kubernetes 1.29. A key that is in
    the file is base64 of 32 bytes (for aescbc and aesgcm 16, 24 or 32).

Why:
    A weak provider is a lock that looks like one; a key of another length keeps the API server from starting.

Bad:
    apiVersion: apiserver.config.k8s.io/v1
    kind: EncryptionConfiguration
    resources:
      - resources: [secrets]
        providers:
          - aesgcm:
              keys:
                - {name: one, secret: "${KEY}"}

Good:
    apiVersion: apiserver.config.k8s.io/v1
    kind: EncryptionConfiguration
    resources:
      - resources: [secrets]
        providers:
          - kms:
              apiVersion: v2
              name: vault
              endpoint: unix:///run/kms.sock

Fix:
    Use kms with apiVersion: v2, or secretbox with a key of 32 bytes, and keep the old provider behind it for reading.

Standard:
    Kubernetes, "Encrypting Confidential Data at Rest", table of providers; CIS Kubernetes Benchmark 1.2.28 still
    accepts aescbc, as checkov and trivy do.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from daira.policy.facts.encryption import NEEDED, configurations, entry_for_secrets, is_placeholder, keys, providers
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("secrets-encrypted",),
    standards=("kubernetes:encrypt-data", "cis:1.2.28", "checklist:secrets-encrypted"),
    decides="project",
)
WEAK = {
    "aescbc": "aescbc is open to padding oracle attacks",
    "aesgcm": "aesgcm is unsafe unless its key changes every 200,000 writes",
}
LENGTHS = {"aescbc": (16, 24, 32), "aesgcm": (16, 24, 32), "secretbox": (32,)}


def check(release: Release) -> Iterator[Violation]:
    """Yield each provider that should be another, and each key of a wrong length."""
    found = list(configurations(release))
    if not found and release.leads:
        yield undecidable(None, (), NEEDED)
    for owner in found:
        entry = entry_for_secrets(owner)
        if entry and (given := providers(entry[1])):
            at, name, settings = given[0]
            path = ("resources", entry[0], "providers", at, name)
            if name in WEAK:
                yield fail(owner, path, f"{WEAK[name]}: take secretbox or kms v2")
            elif name == "kms" and settings.get("apiVersion") != "v2":
                yield fail(owner, (*path, "apiVersion"), "kms without apiVersion: v2 is the deprecated v1")
        for key_path, provider, key in keys(owner):
            if not is_placeholder(key) and provider in LENGTHS and _length(key) not in LENGTHS[provider]:
                wanted = " or ".join(str(length) for length in LENGTHS[provider])
                yield fail(owner, key_path, f"the key of {provider} is not base64 of {wanted} bytes")


def _length(key: str) -> int | None:
    try:
        return len(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        return None
