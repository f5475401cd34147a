"""A $(VARIABLE) in an environment value is defined before it is used.

What it checks:
    Each $(NAME) in the value of a container's env names a variable of an earlier env entry, of envFrom, or one that
    Kubernetes sets (KUBERNETES_…, and the Services' own unless enableServiceLinks is false). $$(NAME) is an escape.
    Undecidable where envFrom takes a ConfigMap or Secret that is not in the input.

Why:
    Kubernetes leaves an unknown $(NAME) in the value as it is, and the program gets it literally.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, env: [{name: URL, value: "http://$(HOST)/"}, {name: HOST, value: db}]}]}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, env: [{name: HOST, value: db}, {name: URL, value: "http://$(HOST)/"}]}]}

Fix:
    Define the variable above the entry that uses it, or write $$(NAME) for the text itself.

Standard:
    Kubernetes' documentation of dependent environment variables; no peer has it. Commands and arguments are left
    alone, because $(name) is also how a shell runs a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Container, Release, deep, mapping, mappings, text

RULE = Rule(
    severity="warning",
    groups=("reliability",),
    standards=("kubernetes:define-interdependent-environment-variables",),
    decides="release",
)
USED = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")
SERVICE = re.compile(r"[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)")


def check(release: Release) -> Iterator[Violation]:
    """Yield each value that uses a variable which is not there yet."""
    for container in release.containers:
        defined: set[str] = set()
        unknown: str | None = None
        for index, variable in mappings(container.data.get("env")):
            value = variable.get("value")
            if isinstance(value, str) and "$(" in value:
                if unknown is None:
                    unknown = _from(release, container, defined)
                for name in dict.fromkeys(USED.findall(value)):
                    if not name or name in defined or _given(container, name):
                        continue
                    where = ("env", index, "value")
                    if unknown:
                        yield undecidable(container, where, f"whether {unknown} defines {name} is needed to decide")
                    else:
                        yield fail(container, where, f"$({name}) is not defined above")
            defined.add(text(variable.get("name")))


def _from(release: Release, container: Container, defined: set[str]) -> str:
    """Add what envFrom brings to `defined`; returns the source that is not in the input, or ""."""
    unknown = ""
    for _, source in mappings(container.data.get("envFrom")):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            name = text(deep(source, (field, "name")))
            found = release.find(kind, name, release.namespace_of(container.object)) if name else None
            if name and not found:
                unknown = f"{kind} {name}"
            if found:
                for part in ("data", "stringData"):
                    keys = mapping(found.data.get(part))
                    defined.update(text(source.get("prefix")) + str(key) for key in keys)
    return unknown


def _given(container: Container, name: str) -> bool:
    if name.startswith("KUBERNETES_"):
        return True
    return container.pod.spec.get("enableServiceLinks") is not False and SERVICE.fullmatch(name) is not None
