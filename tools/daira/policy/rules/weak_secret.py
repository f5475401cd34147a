"""No Secret holds a password that everybody knows.

What it checks:
    In a Secret's `data` and `stringData` no value whose key says it is a credential (`password`, `JWT_SECRET`,
    `api-key`) is empty, shorter than 8 characters, one of the usual defaults (`changeme`, `admin`, `password123`), the
    same character over and over, or the key itself; and no URL carries such a password. Placeholders that a later step
    fills in (`${DB_PASSWORD}`, `<password>`) are not judged, and Secrets of fixed types (TLS, registry logins) neither.

Why:
    Default passwords are tried first. A Secret that is rendered with one works, so nobody notices.

Bad:
    apiVersion: v1
    kind: Secret
    metadata:
      name: web
    stringData:
      DB_PASSWORD: changeme

Good:
    apiVersion: v1
    kind: Secret
    metadata:
      name: web
    stringData:
      DB_PASSWORD: pV7wq2TzKc81mXbR

Fix:
    Let the chart make the value up (randAlphaNum 32) and keep it, or take it from a secret store.

Standard:
    CIS Kubernetes Benchmark 5.4 is about Secrets' handling only; no peer judges their content.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from daira.policy.facts.credentials import WEAK, is_literal, is_secret_name, passwords_in_address
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("cis:5.4", "checklist:secrets-encrypted"),
    decides="object",
)
SHORTEST = 8


def check(release: Release) -> Iterator[Violation]:
    """Yield each value that is easily guessed."""
    for owner in release.of("Secret"):
        if owner.data.get("type") not in (None, "", "Opaque", "kubernetes.io/basic-auth"):
            continue
        for field in ("data", "stringData"):
            for key, given in mapping(owner.data.get(field)).items():
                value = _decoded(given) if field == "data" else given
                if isinstance(key, str) and isinstance(value, str) and (wrong := _weak(key, value)):
                    yield fail(owner, (field, key), f"{key} {wrong}")


def _decoded(given: object) -> str | None:
    if given is None:
        return ""
    if not isinstance(given, str):
        return None
    try:
        return base64.b64decode(given, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _weak(key: str, value: str) -> str | None:
    if any(word.lower() in WEAK for word in passwords_in_address(value)):
        return "is an address with one of the usual default passwords"
    if not is_secret_name(key):
        return None
    value = value.strip()
    if not value:
        return "is empty"
    if value.lower() in WEAK or value.lower() == key.lower():
        return "is one of the usual default passwords"
    if len(set(value)) == 1:
        return "is one character over and over"
    if len(value) < SHORTEST and is_literal(value):
        return f"is only {len(value)} characters long"
    return None
