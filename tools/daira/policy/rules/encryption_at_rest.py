"""Secrets are encrypted in etcd: the first provider that counts for them encrypts.

What it checks:
    In the cluster's EncryptionConfiguration the first entry that names `secrets` (or `*.`, `*.*`) has a first provider
    other than `identity`. The order counts: what is written is written by the first provider, the others only read.
    Without an EncryptionConfiguration in the input it can't be decided, which is said.

Why:
    etcd keeps Secrets in the clear by default: its disk and each of its backups are a list of passwords.

Bad:
    apiVersion: apiserver.config.k8s.io/v1
    kind: EncryptionConfiguration
    resources:
      - resources: [secrets]
        providers:
          - identity: {}
          - secretbox:
              keys:
                - {name: one, secret: "${KEY}"}

Good:
    apiVersion: apiserver.config.k8s.io/v1
    kind: EncryptionConfiguration
    resources:
      - resources: [secrets]
        providers:
          - secretbox:
              keys:
                - {name: one, secret: "${KEY}"}
          - identity: {}

Fix:
    Put secretbox or kms first among the providers of an entry that names secrets, and identity last.

Standard:
    NSA/CISA "Secret/etcd encryption enabled", CIS Kubernetes Benchmark 1.2.28; checkov's CKV_K8S_104 and trivy look at
    the API server's flag alone (encryption-wired), this rule at what the file says.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.encryption import NEEDED, configurations, entry_for_secrets, providers
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("nsa:C-0066", "cis:1.2.28", "checklist:secrets-encrypted"),
    decides="project",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each configuration that leaves Secrets in the clear."""
    found = list(configurations(release))
    if not found and release.leads:
        yield undecidable(None, (), NEEDED)
    for owner in found:
        entry = entry_for_secrets(owner)
        if entry is None:
            yield fail(owner, ("resources",), "no entry names secrets: they stay in the clear")
            continue
        index, settings = entry
        given = providers(settings)
        path = ("resources", index, "providers")
        if not given:
            yield fail(owner, path, "there is no provider for secrets")
        elif given[0][1] == "identity":
            yield fail(
                owner, (*path, given[0][0]), "the first provider for secrets is identity: they are written in the clear"
            )
