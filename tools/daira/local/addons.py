"""What the cluster needs before DAIRA: metrics-server, the Ingress controller with its certificate, the namespace."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from daira.local import authority, cluster
from daira.local import engine as engines
from daira.local.cluster import Kubectl
from daira.local.engine import Engine
from daira.local.machine import Machine

NAMESPACE = "daira-staging"
HOST = "staging.daira.dev"
PORT = 30443
TLS_SECRET = "daira-staging-tls"  # noqa: S105 - a name
ROLLOUT_S = 180


def manifests(machine: Machine) -> list[Path]:
    """The files of cluster/addons that are applied before DAIRA is installed."""
    folder = machine.root / "cluster" / "addons"
    return [folder / "metrics-server.yaml", folder / "traefik.yaml"]


def images(machine: Machine) -> list[str]:
    """The images that the add-ons name."""
    found = []
    for file in manifests(machine):
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if document and document["kind"] == "Deployment":
                found += [container["image"] for container in document["spec"]["template"]["spec"]["containers"]]
    return found


def node_address(engine: Engine) -> str:
    """The IPv4 address of the first worker, where NodePorts answer."""
    return engines.address(engine, cluster.NODES[1])


def install(machine: Machine, kubectl: Kubectl, engine: Engine) -> tuple[authority.Certificate, bool]:
    """Apply the add-ons where the cluster has not all of them as they are to be, and wait until they are ready.

    Returns the certificate that the Ingress controller serves, and whether anything was applied.
    """
    addresses = [engines.address(engine, node) for node in cluster.NODES]
    certificate = authority.issue(machine, [HOST, "daira.dev", "localhost", "127.0.0.1", *addresses])
    texts = [
        _namespace(NAMESPACE),
        _namespace("ingress"),
        _tls_secret("default-certificate", "ingress", certificate),
        _tls_secret(TLS_SECRET, NAMESPACE, certificate),
        *(file.read_text(encoding="utf-8") for file in manifests(machine)),
    ]
    applied = not kubectl.holds("\n---\n".join(texts))
    if applied:
        for text in texts:
            kubectl.apply(text)
    for namespace, name in (("kube-system", "metrics-server"), ("ingress", "traefik")):
        kubectl.run(
            "rollout",
            "status",
            f"deployment/{name}",
            "-n",
            namespace,
            f"--timeout={ROLLOUT_S}s",
            timeout=ROLLOUT_S + 30,
        )
    return certificate, applied


def _namespace(name: str) -> str:
    """A namespace that admits nothing below Pod Security `restricted`."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    return json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def _tls_secret(name: str, namespace: str, certificate: authority.Certificate) -> str:
    data = {
        "tls.crt": certificate.chain.read_text(encoding="ascii"),
        "tls.key": certificate.key.read_text(encoding="ascii"),
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls"}
    return json.dumps({**secret, "metadata": {"name": name, "namespace": namespace}, "stringData": data})
