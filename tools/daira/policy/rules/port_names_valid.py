"""Container ports have valid names and numbers.

What it checks:
    The name of a container's port has at most 15 lower-case letters, digits and single dashes, a letter among them;
    containerPort is there and from 1 to 65535.

Why:
    The API server refuses the pod otherwise.

Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, ports: [{name: prometheus-metrics, containerPort: 80}]}]}

Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: a, ports: [{name: metrics, containerPort: 80}]}]}

Fix:
    Shorten the name to 15 characters.

Standard:
    Kubernetes' IANA service names; kube-linter's invalid-target-ports, kube-score's "Container Ports Check".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, integer, mappings

RULE = Rule(
    severity="error",
    groups=("reliability", "hygiene"),
    standards=("kubernetes:pods",),
    decides="object",
)
NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")


def check(release: Release) -> Iterator[Violation]:
    """Yield each port whose name or number is refused."""
    for container in release.containers:
        for index, port in mappings(container.data.get("ports")):
            name, number = port.get("name"), integer(port.get("containerPort"))
            if isinstance(name, str) and name and not NAME.fullmatch(name):
                yield fail(container, ("ports", index, "name"), f"{name!r} is no valid name of a port")
            if number is None or not 0 < number < 65536:
                yield fail(container, ("ports", index, "containerPort"), f"{port.get('containerPort')} is no port")
