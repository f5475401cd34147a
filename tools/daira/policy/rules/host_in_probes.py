"""Probes and lifecycle hooks name no host.

What it checks:
    From Kubernetes 1.34: the `host` of httpGet and tcpSocket in a container's livenessProbe, readinessProbe,
    startupProbe, lifecycle.postStart and lifecycle.preStop is empty or absent. Before 1.34 the standard had no such
    control.

Why:
    The kubelet sends probes from the node's own network. With a host of his choice, whoever may create a pod makes
    it knock on the node's loopback, the cloud's metadata service or anything else behind the firewall.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          livenessProbe:
            httpGet:
              host: 169.254.169.254
              port: 80

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          livenessProbe:
            httpGet:
              port: 80
              httpHeaders:
                - name: Host
                  value: www.example.com

Fix:
    Remove host, so that the pod itself is asked; a virtual host goes into httpHeaders as Host.

Standard:
    Pod Security Standards, baseline since 1.34, "Host Probes / Lifecycle Hooks". Of the peers, only
    gatekeeper-library has it (host-probes-lifecycle). Even 127.0.0.1 is refused, as the API server does.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=("pss:hostProbesAndHostLifecycle", "checklist:non-root"),
    decides="object",
)
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HOOKS = ("postStart", "preStop")


def check(release: Release) -> Iterator[Violation]:
    """Yield each host of a probe or a hook."""
    if release.kube_version < (1, 34):
        return
    for container in release.containers:
        data = container.data
        for probe in PROBES:
            if probe in data:
                for action, host in _hosts(data[probe]):
                    yield fail(container, (probe, action, "host"), f"the kubelet is sent to the host {host}")
        if "lifecycle" in data:
            lifecycle = mapping(data["lifecycle"])
            for hook in HOOKS:
                for action, host in _hosts(lifecycle.get(hook)):
                    path = ("lifecycle", hook, action, "host")
                    yield fail(container, path, f"the kubelet is sent to the host {host}")


def _hosts(handler: object) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    if isinstance(handler, dict):
        for action in ("httpGet", "tcpSocket"):
            target = handler.get(action)
            if isinstance(target, dict) and target.get("host") not in (None, ""):
                found.append((action, target["host"]))
    return found
