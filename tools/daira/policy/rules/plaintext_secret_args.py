"""No command line holds a credential in the clear.

What it checks:
    In `command`, `args` and the commands of probes and hooks there is no known form of credential, no URL with a
    password, no literal for a flag or a variable whose name says it is a secret (`--db-password=…`, `--token …`,
    `PGPASSWORD=… psql`), and none after `requirepass`, `redis-cli -a` or `curl -u`. References such as
    `$(DB_PASSWORD)` and `$PASSWORD` are none.

Why:
    A command line is in the manifest, in the pod's description, in the process list of the node and in crash reports.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          args: [--db-password=hunter2]

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          args: [--db-password-file=/etc/web/secrets/db-password]

Fix:
    Let the program read the value from a mounted file, or name a variable that comes from a Secret: $(DB_PASSWORD).

Standard:
    NSA/CISA "Applications credentials in configuration files". No peer reads command lines by flag.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.commands import credentials_in, lines_of
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("nsa:C-0012", "checklist:secrets-encrypted"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each word of a command line with a credential."""
    for container in release.containers:
        for path, words in lines_of(container):
            for index, found in credentials_in(words):
                yield fail(container, (*path, index), f"the command line holds {found} in the clear")
