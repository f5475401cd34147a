"""Names of objects and containers are ones Kubernetes accepts.

What it checks:
    metadata.name is a lower-case DNS name of at most 253 characters; of a Service or Namespace a DNS label of at most
    63 (a Service's begins with a letter); of a CronJob at most 52, of a StatefulSet at most 52 and of a Job at most 63,
    because what they make has longer names; RBAC objects' names hold no slash or percent sign. Container names are DNS
    labels. A name is there, or a generateName.

Why:
    The API server refuses the object; a StatefulSet whose name is too long is accepted and then makes no pods.

Bad:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: My_Config}}

Good:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: my-config}}

Fix:
    Use lower-case letters, digits and dashes, and shorten the name.

Standard:
    Kubernetes' object names and IDs; a StatefulSet's pods carry a label of its name and a hash of eleven characters.
    Custom kinds are asked the general rule. No peer has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Object, Release, text

RULE = Rule(
    severity="error",
    groups=("hygiene",),
    standards=("kubernetes:names",),
    decides="object",
)
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LONGEST = {"Service": 63, "Namespace": 63, "CronJob": 52, "StatefulSet": 52, "Job": 63}
RBAC = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
# Files of a project in the shape of objects have a file's name, or none.
FILES = (
    "daira.dev/",
    "actions.github.com/",
    "kind.x-k8s.io/",
    "audit.k8s.io/",
    "apiserver.config.k8s.io/",
    "kubeadm.k8s.io/",
    "kustomize.config.k8s.io/",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each name that is refused."""
    for owner in release.subjects:
        if not owner.kind.startswith(FILES) and owner.api_version:
            reason = _wrong(owner)
            if reason:
                yield fail(owner, ("metadata", "name"), reason)
    for container in release.containers:
        if container.name and not (len(container.name) <= 63 and LABEL.fullmatch(container.name)):
            yield fail(container, ("name",), f"{container.name!r} is no name of a container")


def _wrong(owner: Object) -> str:
    name = text(owner.metadata.get("name"))
    if not name:
        return "" if owner.metadata.get("generateName") else "the object has no name"
    longest = LONGEST.get(owner.kind, 253)
    if len(name) > longest:
        return f"the name has {len(name)} characters, {longest} are possible for a {owner.kind}"
    if owner.kind in RBAC:
        return f"{name!r} holds a slash or a percent sign" if "/" in name or "%" in name else ""
    if owner.kind in ("Service", "Namespace"):
        fits = bool(LABEL.fullmatch(name)) and (owner.kind == "Namespace" or name[0].isalpha())
    else:
        fits = bool(SUBDOMAIN.fullmatch(name))
    return "" if fits else f"{name!r} is no name of a {owner.kind}"
