"""No annotation or label holds a credential.

What it checks:
    No annotation and no label of an object or of its pods is a known form of credential, a URL with a password, or a
    literal under a name that ends in password, passphrase, api-key or token. kubectl's
    last-applied-configuration of a Secret is a copy of its data, and counts. Names of Secrets
    (`…/auth-secret: basic-auth`), checksums and exemptions of checks are none.

Why:
    Annotations are readable by everyone who may list the object, are copied to other objects, and are never encrypted.

Bad:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        example.com/api-token: 0ff1cec0de

Good:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        example.com/api-token-secret: web-token

Fix:
    Put the value into a Secret and name that in the annotation.

Standard:
    NSA/CISA "Applications credentials in configuration files". No peer reads annotations.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from daira.policy.facts.credentials import is_literal, is_secret_name, password_in_address
from daira.policy.facts.tokens import known_token
from daira.policy.rule import Rule, Violation
from daira.render.release import Object, Path, Release

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("nsa:C-0012", "checklist:secrets-encrypted"),
    decides="object",
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# What tools say about checks, and hashes of Secrets: their names are about secrets and hold none.
HARMLESS = ("daira.dev/", "kube-linter.io/", "ignore-check.", "checkov.io/", "kube-score/", "polaris.", "checksum")
ENDINGS = ("password", "passwd", "passphrase", "pwd", "token", "key", "credentials")


def check(release: Release) -> Iterator[Violation]:
    """Yield each annotation and label with a credential."""
    for owner in release.subjects:
        yield from _read(owner, ("metadata", "annotations"), owner.annotations)
        yield from _read(owner, ("metadata", "labels"), owner.labels)
    for pod in release.pods:
        if pod.path != ("spec",):  # a Pod's own metadata was read above
            yield from _read(pod.object, (*pod.metadata_path, "annotations"), pod.annotations)
            yield from _read(pod.object, (*pod.metadata_path, "labels"), pod.labels)


def _read(owner: Object, path: Path, values: dict[str, object]) -> Iterator[Violation]:
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, str) or not value:
            continue
        if name == LAST_APPLIED:
            copied = owner.kind == "Secret" and ('"data"' in value or '"stringData"' in value)
            sort = "a copy of the Secret's data" if copied else None
        else:
            sort = _sort(name, value)
        if sort:
            yield Violation(owner, (*path, name), f"{name} holds {sort}")


@lru_cache(maxsize=8192)
def _sort(name: str, value: str) -> str | None:
    if found := known_token(value):
        return found
    if password_in_address(value):
        return "an address with a password"
    if not name.endswith(ENDINGS) or name.startswith(HARMLESS):
        return None
    return "a literal value" if is_secret_name(name.rpartition("/")[2]) and is_literal(value) else None
