"""The API server writes an audit log.

What it checks:
    Each API server of the input (kind's or kubeadm's configuration, v1beta3 and v1beta4, or the static pod) has
    --audit-policy-file, and --audit-log-path or --audit-webhook-config-file; the files are mounted, and the log's
    folder can be written.

Why:
    A policy that the API server is not given logs nothing; a file that is not mounted keeps it from starting; a log in
    the container goes with it.

Bad:
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    apiServer:
      extraArgs:
        - {name: audit-policy-file, value: "/etc/kubernetes/audit/policy.yaml"}
        - {name: audit-log-maxage, value: "30"}
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
    Set the flags in apiServer.extraArgs and mount both paths in apiServer.extraVolumes.

Standard:
    CIS 1.2.16, NSA/CISA C-0067; checkov's CKV_K8S_91 and trivy's KCV-0019 ask for --audit-log-path alone, in a static
    pod alone, and never for the policy or the mounts. Without any configuration it is undecidable.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import apiserver
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("audit-logging",),
    standards=("cis:1.2.16", "cis:3.2.1", "nsa:C-0067", "checklist:audit-logging"),
    decides="project",
)

FILES = ("audit-policy-file", "audit-webhook-config-file")


def check(release: Release) -> Iterator[Violation]:
    """Yield what each API server lacks to write a log."""
    servers = apiserver.servers(release)
    if not servers:
        what = "the configuration of the cluster is not in the input: give kind's, kubeadm's or kube-apiserver's"
        yield undecidable(None, (), what)
    for server in servers:
        where, path = server.object, server.path
        log = server.flags.get("audit-log-path", "")
        missing = []
        if not server.flags.get("audit-policy-file"):
            missing.append("--audit-policy-file")
        if not log and not server.flags.get("audit-webhook-config-file"):
            missing.append("--audit-log-path")
        if missing and not server.readable:
            yield undecidable(where, path, "a patch can't be read: give the resulting configuration")
        elif missing:
            yield fail(where, path, f"the API server runs without {' and '.join(missing)}: nothing is logged")
        for flag in FILES:
            file = server.flags.get(flag)
            if file and not server.sees(file):
                yield fail(where, path, f"{file} (--{flag}) is not mounted: the API server does not start")
        if log and log != "-" and not server.sees(log, writing=True):
            yield fail(where, path, f"the folder of {log} is not mounted for writing: the log does not outlive the pod")
