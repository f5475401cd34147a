"""No environment variable holds a credential in the clear.

What it checks:
    No `env[].value` is a known form of credential (cloud keys, tokens, private keys, JWTs), a URL or connection string
    with a password, or a literal under a name that says it is a secret by its last words (`DB_PASSWORD`, `apiKey`).
    References (`$(VAR)`, `${VAR}`, `vault:…`), file paths, switches (`ALLOW_EMPTY_PASSWORD: "yes"`) and names of other
    things (`PASSWORD_FILE`, `SECRET_NAME`, `TOKEN_TTL`) are none. All containers are read.

Why:
    Who may read the Deployment, its repository or a backup of etcd reads the password, and it can't be changed
    without a release.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          env:
            - name: DB_PASSWORD
              value: hunter2

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          env:
            - name: DB_PASSWORD
              valueFrom:
                secretKeyRef: {name: web, key: DB_PASSWORD}

Fix:
    Put the value into a Secret and name it by valueFrom.secretKeyRef, or mount it as a file.

Standard:
    NSA/CISA "Applications credentials in configuration files"; kube-linter's env-var-secret (any name with "secret" in
    it), polaris' sensitiveContainerEnvVar, trivy's KSV-01010. Values count here too, a name only by what it ends in.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.credentials import in_value
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mappings, text

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("nsa:C-0012", "cis:5.4.1", "checklist:secrets-encrypted"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each variable with a credential."""
    for container in release.containers:
        for index, variable in mappings(container.data.get("env")):
            value = variable.get("value")
            if value:
                name = text(variable.get("name"))
                if found := in_value(name, value):
                    yield fail(container, ("env", index, "value"), f"the variable {name} holds {found}")
