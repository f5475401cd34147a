"""No ConfigMap holds a credential.

What it checks:
    In `data` (and `binaryData`, decoded) there is no known form of credential, no URL or connection string with a
    password, and no literal under a name that says it is a secret: as a key of the ConfigMap, or in a line
    `name = value` or `name: value` of a file in it. Comments, references (`${DB_PASSWORD}`), empty values and names
    of other things (`password_encryption`, `admin_email`, a script `password_validation.py`) are none.

Why:
    ConfigMaps are not encrypted at rest, are readable by roles that may not read Secrets, and are printed freely.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      app.ini: |
        [database]
        user = web
        password = hunter2

Good:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      app.ini: |
        [database]
        user = web
        password_file = /etc/web/secrets/db-password

Fix:
    Move the value into a Secret, and let the configuration name the file or the variable that it arrives in.

Standard:
    NSA/CISA "Applications credentials in configuration files"; trivy's KSV-0109 and polaris' sensitiveConfigmapContent,
    which look for words anywhere in a name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from daira.policy.facts.credentials import in_text, in_value, is_reference
from daira.policy.facts.tokens import known_token
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping, text

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("nsa:C-0012", "checklist:secrets-encrypted"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each value with a credential."""
    for owner in release.of("ConfigMap"):
        for key, value in mapping(owner.data.get("data")).items():
            if isinstance(key, str) and isinstance(value, str) and value:
                if "\n" in value.rstrip("\n"):
                    for line, found in in_text(key, value):
                        yield fail(owner, ("data", key), f"line {line} of {key} holds {found}")
                elif (found_here := in_value(key, value)) and not is_reference(key, value):
                    yield fail(owner, ("data", key), f"{key} holds {found_here}")
                elif found_lines := list(in_text(key, value)):
                    yield fail(owner, ("data", key), f"{key} holds {found_lines[0][1]}")
        for key, value in mapping(owner.data.get("binaryData")).items():
            if isinstance(key, str) and (sort := known_token(_decoded(text(value)))):
                yield fail(owner, ("binaryData", key), f"{key} holds {sort}")


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""
