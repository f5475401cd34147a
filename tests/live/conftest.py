"""The running DAIRA that `make up` made, reached as users reach it: through the Ingress, a Service, or kubectl."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from daira.errors import CommandFailed, DairaError
from daira.local import addons, cluster, engine, release, toolchain
from daira.local.cluster import Kubectl
from daira.local.engine import Engine
from daira.local.machine import Machine, this_machine
from daira.local.toolchain import Toolchain

NAMESPACE = addons.NAMESPACE

# what pytest-helm-charts reads; set before its fixtures run
os.environ.setdefault("KUBECONFIG", str(Path(__file__).parents[2] / ".tools" / "kubeconfig"))
os.environ.setdefault("ATS_CLUSTER_TYPE", "kind")
os.environ.setdefault("ATS_CLUSTER_VERSION", str(toolchain.pins()["kubectl"]["version"]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the cluster."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.live)


def wait_until(done: Callable[[], Any], limit_s: float, what: str) -> Any:
    """Ask until the answer is true. Fails with `what` and the last error when `limit_s` seconds are over."""
    end, last = time.monotonic() + limit_s, ""
    while time.monotonic() < end:
        try:
            answer = done()
            if answer:
                return answer
        except (CommandFailed, OSError, urllib3.exceptions.HTTPError, ValueError) as error:
            last = f": {error}"
        time.sleep(0.5)
    raise AssertionError(f"not within {limit_s:.0f} s: {what}{last}")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, its body still as it was on the wire."""

    status: int
    headers: urllib3.HTTPHeaderDict
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """One way to DAIRA over HTTP: a pool of connections and the headers every request carries."""

    pool: urllib3.HTTPConnectionPool
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, *, body: Any = None, token: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request, without a retry, and return the answer whatever its status."""
        sent = {**self.headers, **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        got = self.pool.urlopen(
            method, path, body=data, headers=sent, retries=False, redirect=False, decode_content=False, timeout=20
        )
        return Answer(got.status, got.headers, got.data)

    def register(self) -> str:
        """Make a new user and return an access token."""
        name = f"user-{secrets.token_hex(6)}"
        account = {"email": f"{name}@example.org", "name": name, "password": secrets.token_urlsafe(18)}
        answer = self.ask("POST", "/api/auth/register", body=account)
        assert answer.status == 201, answer.body
        return str(answer.json()["accessToken"])

    def write_post(self, token: str) -> dict[str, Any]:
        """Write a post with a title nobody else has, and return it."""
        post = {"title": f"title {secrets.token_hex(8)}", "body": "written by a test"}
        answer = self.ask("POST", "/api/posts", body=post, token=token)
        assert answer.status == 201, answer.body
        made: dict[str, Any] = answer.json()
        return made

    def read_post(self, post: dict[str, Any]) -> dict[str, Any]:
        """Read a post back by its id."""
        answer = self.ask("GET", f"/api/posts/{post['id']}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json()
        return found


@dataclass(frozen=True)
class Site:
    """The running system."""

    machine: Machine
    tools: Toolchain
    engine: Engine
    address: str
    authority: Path

    @property
    def kubectl(self) -> Kubectl:
        """kubectl on the local cluster."""
        return Kubectl(self.machine, self.tools)

    def get(self, *argv: str, namespace: str = NAMESPACE) -> Any:
        """`kubectl get … -o json` in a namespace."""
        return json.loads(self.kubectl.run("get", *argv, "-n", namespace, "-o", "json").out)

    def pods(self, component: str, namespace: str = NAMESPACE) -> list[str]:
        """The names of a component's pods that are not on their way out."""
        found = self.get("pods", "-l", f"app.kubernetes.io/name={component}", namespace=namespace)["items"]
        return [pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def execute(self, pod: str, *argv: str, namespace: str = NAMESPACE) -> str:
        """Run a program in a pod's main container and return what it printed."""
        return self.kubectl.run("exec", pod, "-n", namespace, "--", *argv).out

    def helm(self, *argv: str | Path, timeout: float = 600) -> str:
        """helm in DAIRA's namespace."""
        return release.helm(self.machine, self.tools, *argv, timeout=timeout).out

    def rollout(self, name: str, namespace: str = NAMESPACE) -> None:
        """Wait until a Deployment or StatefulSet is rolled out."""
        self.kubectl.run("rollout", "status", name, "-n", namespace, "--timeout=300s", timeout=330)

    def ingress(self) -> Client:
        """Through the Ingress controller, over TLS, trusting only the local authority."""
        pool = urllib3.HTTPSConnectionPool(
            self.address,
            addons.PORT,
            ca_certs=str(self.authority),
            server_hostname=addons.HOST,
            assert_hostname=addons.HOST,
        )
        return Client(pool, {"Host": addons.HOST})

    @contextmanager
    def service(self, name: str, port: int, namespace: str = NAMESPACE) -> Iterator[Client]:
        """To a Service by `kubectl port-forward`, which ends with the block."""
        words = [str(self.tools["kubectl"]), "--context", cluster.CONTEXT, "port-forward", "-n", namespace]
        words += [f"svc/{name}", f":{port}", "--address", "127.0.0.1"]
        process = subprocess.Popen(
            words,
            env={**os.environ, **self.machine.kube_env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            assert found, f"kubectl port-forward said: {line}"
            yield Client(urllib3.HTTPConnectionPool("127.0.0.1", int(found[1]), maxsize=32))
        finally:
            process.terminate()
            process.wait(timeout=20)
            process.stdout.close()


@pytest.fixture(scope="session")
def site() -> Site:
    """DAIRA on the local cluster. `make test` and `make live` bring it up before."""
    machine = this_machine()
    tools, found = toolchain.ensure(machine), engine.ensure(machine)
    if not cluster.healthy(machine, tools, found):
        raise DairaError("the live tests need the local cluster: run `make test` or `make live`, which bring it up")
    return Site(machine, tools, found, addons.node_address(found), machine.state / "ca.crt")


@pytest.fixture(scope="module")
def frontend(site: Site) -> Iterator[Client]:
    """The frontend's Service."""
    with site.service("daira-frontend", 80) as client:
        yield client
