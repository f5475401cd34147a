"""Audit logs are kept long enough.

What it checks:
    Unless the API server sends its audit log to standard output or a webhook, --audit-log-maxage is at least 30 (days),
    --audit-log-maxbackup at least 10 (files) and --audit-log-maxsize at least 100 (megabytes).

Why:
    A break-in is mostly found weeks later; a log that turns over in a day tells nothing then.

Bad:
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    apiServer:
      extraArgs:
        - {name: audit-policy-file, value: "/etc/kubernetes/audit/policy.yaml"}
        - {name: audit-log-path, value: "/var/log/kubernetes/audit.log"}
        - {name: audit-log-maxage, value: "7"}
        - {name: audit-log-maxbackup, value: "10"}
        - {name: audit-log-maxsize, value: "100"}
      extraVolumes:
        - {name: audit, hostPath: /etc/kubernetes/audit, mountPath: /etc/kubernetes/audit, readOnly: true}
        - {name: logs, hostPath: /var/log/kubernetes, mountPath: /var/log/kubernetes}

Good:
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    apiServer:
      extraArgs:
        - {name: audit-policy-file, value: "/etc/kubernetes/audit/policy.yaml"}
        - {name: audit-log-path, value: "/var/log/kubernetes/audit.log"}
        - {name: audit-log-maxage, value: "30"}
        - {name: audit-log-maxbackup, value: "10"}
        - {name: audit-log-maxsize, value: "100"}
      extraVolumes:
        - {name: audit, hostPath: /etc/kubernetes/audit, mountPath: /etc/kubernetes/audit, readOnly: true}
        - {name: logs, hostPath: /var/log/kubernetes, mountPath: /var/log/kubernetes}

Fix:
    Set audit-log-maxage: "30", audit-log-maxbackup: "10" and audit-log-maxsize: "100".

Standard:
    CIS 1.2.17, 1.2.18 and 1.2.19; checkov's CKV_K8S_92 to 94, trivy's KCV-0020 to 0022. As with them a missing flag
    fails, though new versions have larger defaults, and so does 0, which keeps files until the disk is full.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import apiserver
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("audit-logging",),
    standards=("cis:1.2.17", "cis:1.2.18", "cis:1.2.19", "checklist:audit-logging"),
    decides="project",
)

LEAST = {"audit-log-maxage": 30, "audit-log-maxbackup": 10, "audit-log-maxsize": 100}


def check(release: Release) -> Iterator[Violation]:
    """Yield each limit that is too small, or not set."""
    servers = apiserver.servers(release)
    if not servers:
        what = "the configuration of the cluster is not in the input: give kind's, kubeadm's or kube-apiserver's"
        yield undecidable(None, (), what)
    for server in servers:
        log = server.flags.get("audit-log-path")
        if log == "-" or (not log and server.flags.get("audit-webhook-config-file")):
            continue
        for flag, least in LEAST.items():
            value = server.flags.get(flag)
            if value is None and not server.readable:
                yield undecidable(server.object, server.path, "a patch can't be read: give the resulting configuration")
            elif value is None:
                yield fail(server.object, server.path, f"--{flag} is not set: at least {least}")
            elif not (value.isascii() and value.isdigit() and int(value[:9]) >= least):
                yield fail(server.object, server.path, f"--{flag} is {value}: at least {least}")
