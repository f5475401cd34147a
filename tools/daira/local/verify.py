"""What the cluster promises, asserted in the running cluster: kind drops a patch that does not match without a word."""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from daira.errors import CommandFailed, DairaError
from daira.local import addons, cluster
from daira.local.cluster import Kubectl
from daira.local.engine import Engine
from daira.local.release import RELEASE

NAMESPACE = "kube-system"
METRICS_TIMEOUT_S = 120
INGRESS_TIMEOUT_S = 60
PROVISIONER = (
    "look at the StorageClass's provisioner, `kubectl logs -n local-path-storage -l app=local-path-provisioner`"
)
FLAGS = ("encryption-provider-config", "audit-policy-file", "audit-log-path", "admission-control-config-file")


def all_promises(kubectl: Kubectl, engine: Engine, authority: Path) -> list[str]:
    """Check every promise; returns what was proved, a line each. Raises DairaError with the first that is broken."""
    return [
        api_server_flags(kubectl),
        encryption_at_rest(kubectl, engine),
        audit_log(kubectl, engine),
        default_storage(kubectl),
        pod_security(kubectl),
        metrics(kubectl),
        ingress(addons.node_address(engine), authority),
    ]


def api_server_flags(kubectl: Kubectl) -> str:
    """The flags of cluster/kind.yaml are in the live API server's pod."""
    pod = json.loads(kubectl.run("get", "pods", "-n", NAMESPACE, "-l", "component=kube-apiserver", "-o", "json").out)
    if not pod["items"]:
        raise DairaError("no API server's pod is listed in kube-system: its flags could not be judged")
    command = " ".join(pod["items"][0]["spec"]["containers"][0]["command"])
    missing = [flag for flag in FLAGS if f"--{flag}=" not in command]
    if missing:
        raise DairaError(f"the API server runs without {', '.join(missing)}: cluster/kind.yaml was not applied")
    return "the API server has its audit, encryption and admission flags"


def encryption_at_rest(kubectl: Kubectl, engine: Engine) -> str:
    """A Secret's plaintext is not in etcd's files; a ConfigMap's is, which shows that the search finds things."""
    hidden, plain = f"daira-hidden-{secrets.token_hex(8)}", f"daira-plain-{secrets.token_hex(8)}"
    for kind, name, field, text in (
        ("Secret", "canary-hidden", "stringData", hidden),
        ("ConfigMap", "canary-plain", "data", plain),
    ):
        metadata = {"name": name, "namespace": NAMESPACE}
        kubectl.apply(json.dumps({"apiVersion": "v1", "kind": kind, "metadata": metadata, field: {"text": text}}))
    try:
        # the control first: only when the search finds the ConfigMap does an empty answer for the Secret mean something
        if not _in_etcd(engine, plain):
            raise DairaError("encryption at rest could not be judged: a ConfigMap's text was not found in etcd's files")
        if _in_etcd(engine, hidden):
            raise DairaError("a Secret's plaintext is in etcd's files: encryption at rest does not work")
    finally:
        kubectl.run("delete", "secret/canary-hidden", "configmap/canary-plain", "-n", NAMESPACE, "--ignore-not-found")
    return "a Secret's plaintext is in none of etcd's files (a ConfigMap's was found there)"


def _in_etcd(engine: Engine, text: str) -> bool:
    done = engine.run("exec", cluster.CONTROL_PLANE, "grep", "-rlF", text, "/var/lib/etcd", check=False)
    if done.code not in (0, 1):  # grep: found, not found; all else is no answer
        raise DairaError(f"encryption at rest could not be judged: searching etcd's files failed: {done.err.strip()}")
    return done.code == 0


def audit_log(kubectl: Kubectl, engine: Engine) -> str:
    """Reading a Secret leaves a line that names it, without its content."""
    name, text = f"canary-{secrets.token_hex(6)}", secrets.token_hex(16)
    metadata = {"name": name, "namespace": NAMESPACE}
    kubectl.apply(
        json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"text": text}})
    )
    try:
        kubectl.run("get", "secret", name, "-n", NAMESPACE)
        _wait_for(
            lambda: bool(_audit_lines(engine, name, '"verb":"get"')), 20, "no audit line tells that a Secret was read"
        )
        # a Secret's data travels in base64
        if _audit_lines(engine, text) or _audit_lines(engine, base64.b64encode(text.encode()).decode()):
            raise DairaError("the audit log holds a Secret's content: correct cluster/audit-policy.yaml")
    finally:
        kubectl.run("delete", "secret", name, "-n", NAMESPACE, "--ignore-not-found")
    return "the audit log tells who read a Secret, and not what is in it"


def _audit_lines(engine: Engine, *words: str) -> list[str]:
    done = engine.run(
        "exec", cluster.CONTROL_PLANE, "grep", "-F", words[0], "/var/log/kubernetes/audit.log", check=False, timeout=30
    )
    return [line for line in done.out.splitlines() if all(word in line for word in words)]


def default_storage(kubectl: Kubectl) -> str:
    """Exactly one StorageClass is the default one. What it makes is judged by `volumes`, once DAIRA has some."""
    return f"the default StorageClass is {_default_class(kubectl)}"


def _default_class(kubectl: Kubectl) -> str:
    classes = json.loads(kubectl.run("get", "storageclasses", "-o", "json").out)["items"]
    mark = "storageclass.kubernetes.io/is-default-class"
    default = [c["metadata"]["name"] for c in classes if c["metadata"].get("annotations", {}).get(mark) == "true"]
    if len(default) != 1:
        raise DairaError(f"{len(default)} default StorageClasses are there, 1 is needed: look at cluster/node-image")
    return str(default[0])


def volumes(kubectl: Kubectl, engine: Engine) -> str:
    """Each volume of DAIRA is of the default StorageClass, and is a folder on a node that no other volume has.

    Asked after DAIRA is installed: the class makes a volume when the first pod wants it. Returns what was proved.
    Raises DairaError with the first volume that is something else.
    """
    mine = ("-n", addons.NAMESPACE, "-l", f"app.kubernetes.io/instance={RELEASE}")
    claims = json.loads(kubectl.run("get", "pvc", *mine, "-o", "json").out)["items"]
    if not claims:
        raise DairaError("DAIRA has no volume claim: whether each volume is a folder of its own could not be judged")
    listed = json.loads(kubectl.run("get", "pv", "-o", "json").out)["items"]
    known = {volume["metadata"]["name"]: volume["spec"] for volume in listed}
    default = _default_class(kubectl)
    folders: dict[str, str] = {}
    for claim in claims:
        name = claim["spec"].get("volumeName", "")
        if claim["status"]["phase"] != "Bound" or name not in known:
            raise DairaError(f"no volume is bound to the claim {claim['metadata']['name']}: {PROVISIONER}")
        found = known[name].get("storageClassName")
        if found != default:
            raise DairaError(
                f"the volume {name} is of the class {found}, not of the default one, {default}: run `daira down`, then "
                "`daira up`"
            )
        path = (known[name].get("hostPath") or known[name].get("local") or {}).get("path", "")
        if not path:
            raise DairaError(f"the volume {name} has no folder on any node: {PROVISIONER}")
        if path in folders:
            raise DairaError(f"the volumes {folders[path]}, {name} share the folder {path}: {PROVISIONER}")
        folders[path] = name
    there = _folders_on_nodes(engine, list(folders))
    for path, name in folders.items():
        if path not in there:
            raise DairaError(f"the volume {name} has no folder on any node ({path}): {PROVISIONER}")
    return f"{len(folders)} volumes of class {default}, each a folder of its own on a node"


def _folders_on_nodes(engine: Engine, paths: list[str]) -> set[str]:
    """Which of the paths are a folder, and no link to one, on some node."""
    found: set[str] = set()
    for node in cluster.NODES:
        done = engine.run("exec", node, "find", *paths, "-maxdepth", "0", "-type", "d", check=False, timeout=30)
        if done.code not in (0, 1):  # find: all of them are there, some are not; all else is no answer
            raise DairaError(f"DAIRA's volumes could not be judged: searching {node} failed: {done.err.strip()}")
        found.update(done.out.split())
    return found


def pod_security(kubectl: Kubectl) -> str:
    """The namespace refuses a pod that is not `restricted`, and takes one that is."""
    good = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if not _admitted(kubectl, good):
        raise DairaError(
            f"the namespace {addons.NAMESPACE} refuses even a restricted pod: look at its quotas and webhooks"
        )
    if _admitted(kubectl, {}):
        raise DairaError(
            f"the namespace {addons.NAMESPACE} admits a pod that is not restricted: Pod Security is not enforced"
        )
    return f"{addons.NAMESPACE} admits only pods that are `restricted`"


def _admitted(kubectl: Kubectl, security: dict[str, object]) -> bool:
    container = {"name": "canary", "image": "canary:1", "securityContext": security}
    metadata = {"name": "canary", "namespace": addons.NAMESPACE}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    done = kubectl.run("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod), check=False)
    if done.code != 0 and "violates PodSecurity" not in done.err:
        raise DairaError(
            f"Pod Security could not be judged: {done.err.strip().splitlines()[-1:] or 'kubectl said nothing'}"
        )
    return done.code == 0


def metrics(kubectl: Kubectl) -> str:
    """`kubectl top nodes` has numbers for all three nodes."""
    _wait_for(
        lambda: len(_nodes_with_numbers(kubectl)) == len(cluster.NODES),
        METRICS_TIMEOUT_S,
        "metrics-server has no numbers for the nodes: look at its log in kube-system",
    )
    return "metrics-server has numbers for every node"


def _nodes_with_numbers(kubectl: Kubectl) -> list[str]:
    lines = kubectl.run("top", "nodes", "--no-headers", check=False).out.splitlines()
    return [line for line in lines if "<unknown>" not in line]


def ingress(address: str, authority: Path) -> str:
    """The Ingress controller answers over TLS with a certificate of the local authority for the staging host."""

    def answers() -> bool:
        try:
            return 200 <= https_status(address, addons.PORT, addons.HOST, "/", authority) < 600
        except (OSError, http.client.HTTPException):
            return False

    _wait_for(answers, INGRESS_TIMEOUT_S, f"the Ingress controller does not answer over TLS at {address}:{addons.PORT}")
    return f"the Ingress controller answers over TLS for {addons.HOST}"


def https_status(address: str, port: int, host: str, path: str, authority: Path) -> int:
    """GET over TLS to an address, asking for `host` and trusting only `authority`. Returns the HTTP status.

    Raises OSError (ssl.SSLError included) when there is no trusted answer.
    """
    context = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection((address, port), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=host) as tls,
    ):
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(tls)
        answer.begin()
        return answer.status


def _wait_for(done: Callable[[], bool], limit_s: float, otherwise: str) -> None:
    """Ask again until it is so. Raises DairaError with `otherwise` when the time is up."""
    end = time.monotonic() + limit_s
    while True:
        try:
            if done():
                return
        except CommandFailed:
            pass  # asked again below; the sentence at the end says what was waited for
        if time.monotonic() > end:
            raise DairaError(f"{otherwise} (waited {limit_s:.0f} s)")
        time.sleep(1)
