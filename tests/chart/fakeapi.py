"""A Kubernetes API server with nothing in it but the Secrets it is given: enough for Helm's `lookup`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.chart.conftest import Object

# What Helm maps kinds to paths with: group -> (version, kinds).
GROUPS = {
    "apps": ("v1", ["Deployment", "StatefulSet"]),
    "networking.k8s.io": ("v1", ["NetworkPolicy", "Ingress"]),
    "autoscaling": ("v2", ["HorizontalPodAutoscaler"]),
    "policy": ("v1", ["PodDisruptionBudget"]),
    "batch": ("v1", ["Job"]),
}
CORE = ["ConfigMap", "Service", "ServiceAccount", "Pod", "Secret"]


def _resources(group_version: str, kinds: list[str]) -> Object:
    listed = [
        {"name": f"{kind.lower()}s", "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": ["get"]}
        for kind in kinds
    ]
    return {"kind": "APIResourceList", "groupVersion": group_version, "resources": listed}


def _group(name: str, version: str) -> Object:
    served = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [served], "preferredVersion": served}


def answers(secrets: list[Object]) -> dict[str, Object]:
    """The body of every path that exists."""
    groups = [_group(name, version) for name, (version, _) in GROUPS.items()]
    made: dict[str, Object] = {
        "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.2"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
        "/api/v1": _resources("v1", CORE),
    }
    for name, (version, kinds) in GROUPS.items():
        made[f"/apis/{name}/{version}"] = _resources(f"{name}/{version}", kinds)
    for secret in secrets:
        at = secret["metadata"]
        made[f"/api/v1/namespaces/{at['namespace']}/secrets/{at['name']}"] = secret
    return made


@contextmanager
def serving(secrets: list[Object], folder: Path) -> Iterator[tuple[str, ...]]:
    """The arguments that make Helm ask this server, for as long as the block lasts."""
    known = answers(secrets)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            missing: dict[str, Any] = {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
            body = json.dumps(known.get(path, missing)).encode()
            self.send_response(200 if path in known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "nobody"}}],
        "current-context": "fake",
    }
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(config), encoding="utf-8")
    try:
        yield ("--kubeconfig", str(kubeconfig), "--dry-run=server", "--disable-openapi-validation")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
