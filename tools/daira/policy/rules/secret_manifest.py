"""No manifest that people write holds a Secret's data.

What it checks:
    A Secret that no chart renders has no values in `data` or `stringData`. Base64 is not encryption. Not judged: what
    Helm renders (from a chart, or with the label `app.kubernetes.io/managed-by: Helm`), values encrypted by SOPS,
    placeholders that a later step fills in, and public parts (certificates, *.pub, known_hosts).

Why:
    Such a file is usually committed: the credential is then in every clone, in the history, and in the hands of
    everyone who ever could read the repository.

Bad:
    apiVersion: v1
    kind: Secret
    metadata:
      name: web
    data:
      DB_PASSWORD: cFY3d3EyVHpLYzgxbVhiUg==

Good:
    apiVersion: bitnami.com/v1alpha1
    kind: SealedSecret
    metadata:
      name: web
    spec:
      encryptedData:
        DB_PASSWORD: AgBy3i4OJSWK

Fix:
    Commit a SealedSecret, an ExternalSecret or a file encrypted by SOPS, or let the chart make the value.

Standard:
    NSA/CISA "Applications credentials in configuration files". Peers do not look at Secret objects.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from daira.policy.facts.credentials import is_literal
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping

RULE = Rule(
    severity="warning",
    groups=("secrets-encrypted",),
    standards=("nsa:C-0012", "checklist:secrets-encrypted"),
    decides="object",
)
PUBLIC = (".crt", ".pub", ".cert", "known_hosts", "username")


def check(release: Release) -> Iterator[Violation]:
    """Yield each Secret with values of its own."""
    if release.chart:
        return
    for owner in release.of("Secret"):
        if owner.labels.get("app.kubernetes.io/managed-by") == "Helm" or "sops" in owner.data:
            continue
        for field in ("data", "stringData"):
            for key, given in mapping(owner.data.get(field)).items():
                if isinstance(key, str) and not key.endswith(PUBLIC) and _held(given, encoded=field == "data"):
                    yield fail(owner, (field, key), f"{key} is readable by everyone who can read this file")


def _held(given: object, *, encoded: bool) -> bool:
    if not isinstance(given, str) or not given.strip() or given.startswith("ENC["):
        return False
    if not encoded:
        return "\n" in given.strip() or is_literal(given) or "://" in given or "/" in given
    try:
        decoded = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return False  # "${DB_PASSWORD}" and the like: no base64
    return not decoded.startswith((b"${", b"<", b"{{"))
