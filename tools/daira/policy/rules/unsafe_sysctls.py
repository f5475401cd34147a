"""Pods set none but the safe sysctls.

What it checks:
    Every entry of a pod's `securityContext.sysctls` has a name that the Kubernetes version counts as safe: five at
    first, one more from 1.27, four from 1.29, two from 1.32 and two from 1.37.

Why:
    A sysctl that is not namespaced changes the kernel of the whole node, for everybody on it.

Bad:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        sysctls:
          - name: kernel.msgmax
            value: "65536"
      containers:
        - name: nginx
          image: nginx:1.29

Good:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      securityContext:
        sysctls:
          - name: net.ipv4.ip_unprivileged_port_start
            value: "80"
      containers:
        - name: nginx
          image: nginx:1.29

Fix:
    Remove the sysctl, or set it on the nodes, where it belongs to whoever runs them.

Standard:
    Pod Security Standards, baseline, "Sysctls", with the list of the version that is judged for. kube-linter's
    unsafe-sysctls fails five prefixes instead (kernel.msg, kernel.sem, kernel.shm, fs.mqueue., net.), safe ones
    included, and nothing else. A name is written with dots, because the API server compares the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, Version, items, mapping

RULE = Rule(
    severity="error",
    groups=("non-root", "pss-baseline", "pss-restricted"),
    standards=("pss:sysctls", "cis:5.6.3", "checklist:non-root"),
    decides="object",
)
# A sysctl and the first version that allows it.
SAFE: dict[str, Version] = {
    "kernel.shm_rmid_forced": (1, 0),
    "net.ipv4.ip_local_port_range": (1, 0),
    "net.ipv4.tcp_syncookies": (1, 0),
    "net.ipv4.ping_group_range": (1, 0),
    "net.ipv4.ip_unprivileged_port_start": (1, 0),
    "net.ipv4.ip_local_reserved_ports": (1, 27),
    "net.ipv4.tcp_keepalive_time": (1, 29),
    "net.ipv4.tcp_fin_timeout": (1, 29),
    "net.ipv4.tcp_keepalive_intvl": (1, 29),
    "net.ipv4.tcp_keepalive_probes": (1, 29),
    "net.ipv4.tcp_rmem": (1, 32),
    "net.ipv4.tcp_wmem": (1, 32),
    "net.ipv4.tcp_slow_start_after_idle": (1, 37),
    "net.ipv4.tcp_notsent_lowat": (1, 37),
}


def check(release: Release) -> Iterator[Violation]:
    """Yield each sysctl that is not safe in the version."""
    for pod in release.pods:
        for index, sysctl in enumerate(items(pod.security.get("sysctls"))):
            name = mapping(sysctl).get("name")
            since = SAFE.get(name) if isinstance(name, str) else None
            if since is None or release.kube_version < since:
                at = ("securityContext", "sysctls", index, "name")
                later = f" before Kubernetes {since[0]}.{since[1]}" if since else ""
                yield fail(pod, at, f"the sysctl {name or 'without a name'} is not allowed{later}")
