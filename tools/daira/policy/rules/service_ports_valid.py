"""A Service's ports are told apart.

What it checks:
    Of the ports of a Service no two have the same name, the same port and protocol, or the same nodePort and
    protocol; where there are several, each has a name; a Service that is neither headless nor of type ExternalName
    has a port; names are DNS labels of at most 63 characters, target port names of at most 15 with a letter.

Why:
    The API server refuses the Service otherwise.

Bad:
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}, {port: 443}]}}

Good:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{name: http, port: 80}, {name: https, port: 443}]}

Fix:
    Give every port a name of its own, and no two the same number.

Standard:
    Kubernetes' validation of Services; the names as kube-linter's invalid-target-ports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, integer, mappings, text

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:service",),
    decides="object",
)
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")


def check(release: Release) -> Iterator[Violation]:
    """Yield each port that collides with another or has an impossible name."""
    for service in release.of("Service"):
        ports = list(mappings(service.spec.get("ports")))
        if not ports and service.spec.get("clusterIP") != "None" and service.spec.get("type") != "ExternalName":
            yield fail(service, ("spec", "ports"), "the Service has no port")
        seen: set[tuple[str, object, str]] = set()
        for index, port in ports:
            where = ("spec", "ports", index)
            name, protocol = text(port.get("name")), text(port.get("protocol")) or "TCP"
            if not name and len(ports) > 1:
                yield fail(service, (*where, "name"), "of several ports each needs a name")
            elif name and not LABEL.fullmatch(name):
                yield fail(service, (*where, "name"), f"{name!r} is no name of a port")
            for field in ("name", "port", "nodePort"):
                value = name if field == "name" else integer(port.get(field))
                if not value:
                    continue
                key = (field, value, "" if field == "name" else protocol)
                if key in seen:
                    yield fail(service, (*where, field), f"{field} {value} is there twice")
                seen.add(key)
            target = port.get("targetPort")
            if isinstance(target, str) and not PORT_NAME.fullmatch(target):
                yield fail(service, (*where, "targetPort"), f"{target!r} is no name of a container's port")
            elif isinstance(target, int) and not isinstance(target, bool) and not 0 <= target < 65536:
                yield fail(service, (*where, "targetPort"), f"{target} is no port")
