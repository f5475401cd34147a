"""No encryption key stands in a configuration file.

What it checks:
    The keys of an EncryptionConfiguration's providers (secretbox, aescbc, aesgcm) are placeholders (`${KEY}`, `<key>`,
    `{{ .key }}`) that are filled in on the machine. kms providers have no key in the file.

Why:
    The key beside the lock: whoever has the repository and a backup of etcd has every Secret, and the key can't be
    taken out of the history again.

Bad:
    apiVersion: apiserver.config.k8s.io/v1
    kind: EncryptionConfiguration
    resources:
      - resources: [secrets]
        providers:
          - secretbox:
              keys:
                - {name: one, secret: YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=}

Good:
    apiVersion: apiserver.config.k8s.io/v1
    kind: EncryptionConfiguration
    resources:
      - resources: [secrets]
        providers:
          - secretbox:
              keys:
                - {name: one, secret: "${ENCRYPTION_KEY}"}

Fix:
    Replace the key by a placeholder, make a new one on the machine (head -c 32 /dev/urandom | base64), and rotate.

Standard:
    Kubernetes, "Encrypting Confidential Data at Rest" ("protect the key"). No peer checks it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.encryption import NEEDED, configurations, is_placeholder, keys
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("kubernetes:encrypt-data", "checklist:secrets-encrypted"),
    decides="project",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each key that is a key."""
    found = list(configurations(release))
    if not found and release.leads:
        yield undecidable(None, (), NEEDED)
    for owner in found:
        for path, provider, key in keys(owner):
            if not is_placeholder(key):
                yield fail(owner, path, f"the key of {provider} is in the file: it is no secret any more")
