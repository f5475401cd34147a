"""No container takes a whole Secret into its environment.

What it checks:
    No `envFrom` names a Secret. Single keys by `valueFrom.secretKeyRef` are accepted. Init, sidecar and ephemeral
    containers are read too.

Why:
    Every key of the Secret, also one that is added later for somebody else, becomes a variable: inherited by each child
    process, printed by crash reports and by debug pages.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: web:1.4.2
          envFrom:
            - secretRef: {name: web}

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
    Name the keys that the container needs, one by one, or mount them as files.

Standard:
    CIS Kubernetes Benchmark 5.4.1 prefers files; checkov's CKV_K8S_35 and kyverno's disallow-secrets-from-env-vars
    refuse single keys as well. Many programs read their secrets from variables only, so single keys are accepted here.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.quantity import said
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping, mappings

RULE = Rule(
    severity="info",
    groups=("secrets-encrypted",),
    standards=("cis:5.4.1", "checklist:secrets-encrypted"),
    decides="object",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each Secret that becomes an environment."""
    for container in release.containers:
        for index, source in mappings(container.data.get("envFrom")):
            if "secretRef" in source:
                name = said(mapping(source.get("secretRef")).get("name"))
                message = f"every key of the Secret {name} becomes a variable"
                yield fail(container, ("envFrom", index, "secretRef"), message)
