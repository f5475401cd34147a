"""The API server is told to encrypt, and can read the file that says how.

What it checks:
    Each API server of the input (a kind cluster, a kubeadm ClusterConfiguration, a static pod) has the flag
    `encryption-provider-config`, and one of its volumes is mounted at that file or above it. How the file gets onto the
    node's disk is not judged. Without an API server in the input it can't be decided, which is said.

Why:
    An EncryptionConfiguration that no API server reads encrypts nothing; without the mount it does not start.

Bad:
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    apiServer:
      extraArgs:
        - {name: audit-log-path, value: /var/log/audit.log}

Good:
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    apiServer:
      extraArgs:
        - {name: encryption-provider-config, value: /etc/kubernetes/enc/encryption.yaml}
      extraVolumes:
        - {name: enc, hostPath: /etc/kubernetes/enc, mountPath: /etc/kubernetes/enc, readOnly: true}

Fix:
    Give the API server encryption-provider-config, and an extraVolume that mounts the file's folder.

Standard:
    CIS Kubernetes Benchmark 1.2.27, checkov's CKV_K8S_104: they read the static pod on a node, this rule also what
    makes that pod.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.apiserver import servers
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("secrets-encrypted",),
    standards=("nsa:C-0066", "cis:1.2.27", "checklist:secrets-encrypted"),
    decides="project",
)
FLAG = "encryption-provider-config"
NEEDED = (
    "how the API server is started is not in the input: give the kind or kubeadm configuration, for example as "
    "cluster/kind.yaml; of a managed cluster its settings say it"
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each API server that does not encrypt."""
    found = servers(release)
    if not found and release.leads:
        yield undecidable(None, (), NEEDED)
    for server in found:
        file = server.flags.get(FLAG)
        if not file and not server.readable:
            yield undecidable(server.object, server.path, "a part of how the API server is started can't be read here")
        elif not file:
            yield fail(server.object, server.path, f"the API server has no {FLAG}: Secrets are in etcd in the clear")
        elif not server.sees(file):
            yield fail(server.object, server.path, f"nothing is mounted at {file}: the API server can't read it")
