"""No values file holds a credential.

What it checks:
    In the values files of the repository and of its charts no value is a known form of credential, a URL with a
    password, or a literal under a key (or in a list of `name` and `value`) that says it is a secret. Empty values,
    switches, references and names of Secrets (`existingSecret`, `secretKey: web-password`) are none.

Why:
    A values file is committed. What it once held stays in the history and in every clone, and a default password of a
    chart is the password of everyone who did not change it.

Bad:
    apiVersion: daira.dev/v1
    kind: Values
    metadata:
      name: production.yaml
    values:
      database:
        password: hunter2

Good:
    apiVersion: daira.dev/v1
    kind: Values
    metadata:
      name: production.yaml
    values:
      database:
        password: ""
        existingSecret: shop-database

Fix:
    Leave the value empty, and let the chart make it or read it from an existing Secret.

Standard:
    NSA/CISA "Applications credentials in configuration files". Peers look at what is rendered; a secret in values that
    becomes a Secret is seen by none of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.credentials import in_value, is_reference
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Path, Release

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("nsa:C-0012", "checklist:secrets-encrypted"),
    decides="project",
)
DEEPEST = 60


def check(release: Release) -> Iterator[Violation]:
    """Yield each value that is a credential."""
    there = False
    for owner in release.of("daira.dev/Values"):
        there = True
        yield from _walk(owner, ("values",), owner.data.get("values"))
    if not there and release.leads:
        yield undecidable(None, (), "there are no values files in the input: give the repository's, values/*.yaml")


def _walk(owner: Object, path: Path, value: object) -> Iterator[Violation]:
    if len(path) > DEEPEST:
        return
    if isinstance(value, dict):
        named = value.get("name")
        for key, held in value.items():
            if not isinstance(key, str):
                continue
            if isinstance(held, (dict, list)):
                yield from _walk(owner, (*path, key), held)
            else:
                name = named if key == "value" and isinstance(named, str) else key
                yield from _judge(owner, (*path, key), name, held)
    elif isinstance(value, list):
        for index, held in enumerate(value):
            if isinstance(held, (dict, list)):
                yield from _walk(owner, (*path, index), held)
            else:
                yield from _judge(owner, (*path, index), "", held)


def _judge(owner: Object, path: Path, name: str, value: object) -> Iterator[Violation]:
    found = in_value(name, value)
    if found and not (found == "a literal value" and is_reference(name, value)):
        yield fail(owner, path, f"{'.'.join(str(step) for step in path[1:])} holds {found}")
