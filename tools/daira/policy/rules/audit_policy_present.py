"""An audit policy is part of the repository.

What it checks:
    There is an audit.k8s.io Policy among the files. Where there is none, and a cluster configuration starts the API
    server without --audit-policy-file, nothing is logged; where it names a file, or there is no configuration, it is
    undecidable.

Why:
    Without a policy the API server logs nothing: after a break-in nobody can tell who did what.

Bad:
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    apiServer:
      extraArgs: {}

      extraVolumes:
        - {name: audit, hostPath: /etc/kubernetes/audit, mountPath: /etc/kubernetes/audit, readOnly: true}
        - {name: logs, hostPath: /var/log/kubernetes, mountPath: /var/log/kubernetes}

Good:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    rules:
      - level: Metadata

Fix:
    Write an audit.k8s.io/v1 Policy and name it in --audit-policy-file.

Standard:
    CIS 3.2.1, NSA/CISA C-0067. The peers (kubescape) ask a live cluster.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import apiserver, audit
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("audit-logging",),
    standards=("cis:3.2.1", "nsa:C-0067", "checklist:audit-logging"),
    decides="project",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield that there is no policy, or that it is not told whether there is one."""
    if any(True for _ in release.all_of(audit.KIND)):
        return
    servers = apiserver.servers(release)
    for server in servers:
        named = server.flags.get("audit-policy-file")
        if named:
            what = f"the audit policy {named} is not in the input: give that file"
            yield undecidable(server.object, server.path, what)
        elif server.readable:
            yield fail(server.object, server.path, "the API server runs without an audit policy: nothing is logged")
        else:
            yield undecidable(server.object, server.path, "a patch can't be read: give the resulting configuration")
    if not servers:
        yield undecidable(None, (), "no audit policy is in the input: give the audit.k8s.io Policy of the cluster")
