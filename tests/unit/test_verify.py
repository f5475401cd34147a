"""The cluster's promises: each passes where it is kept, and is one sentence where it is broken or can't be judged."""

from __future__ import annotations

import json
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from tests.unit.conftest import Call, FakeShell

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local import verify
from daira.local.cluster import Kubectl
from daira.local.engine import Engine


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """No test waits."""
    made = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    monkeypatch.setattr(time, "sleep", made.sleep)
    return made


def _api_server(fake: FakeShell, flags: tuple[str, ...]) -> None:
    command = ["kube-apiserver", *(f"--{flag}=/etc/kubernetes/daira/x" for flag in flags)]
    pod = {"spec": {"containers": [{"command": command}]}}
    fake.on("component=kube-apiserver", out=json.dumps({"items": [pod]}))


def test_the_flags_are_there(fake: FakeShell, kubectl: Kubectl) -> None:
    _api_server(fake, verify.FLAGS)
    assert "audit, encryption and admission" in verify.api_server_flags(kubectl)


@pytest.mark.parametrize("missing", verify.FLAGS)
def test_a_missing_flag_is_named(fake: FakeShell, kubectl: Kubectl, missing: str) -> None:
    _api_server(fake, tuple(flag for flag in verify.FLAGS if flag != missing))
    with pytest.raises(DairaError, match=rf"runs without {missing}: cluster/kind\.yaml was not applied"):
        verify.api_server_flags(kubectl)


class Etcd:
    """Keeps what is applied: a Secret as ciphertext, a ConfigMap as it is."""

    def __init__(self, fake: FakeShell, *, encrypted: bool = True, found: bool = True) -> None:
        self.files = ""
        self.encrypted, self.found = encrypted, found
        fake.on(" apply .*-f -", do=self._apply)
        fake.on(" grep .*/var/lib/etcd", do=self._grep)

    def _apply(self, call: Call) -> None:
        manifest = json.loads(call.stdin or "")
        hidden = manifest["kind"] == "Secret" and self.encrypted
        self.files += "ciphertext" if hidden else (call.stdin or "")

    def _grep(self, call: Call) -> shell.Done:
        text = call.line.split()[-2]
        if self.found and text in self.files:
            return shell.Done(0, "/var/lib/etcd/member/wal/0.wal\n", "")
        return shell.Done(1, "", "")


def test_encryption_at_rest_is_proved(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    Etcd(fake)
    assert "in none of etcd's files" in verify.encryption_at_rest(kubectl, podman)
    assert len(fake.lines(" grep ")) == 2


def test_a_plain_secret_in_etcd_is_found(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    Etcd(fake, encrypted=False)
    with pytest.raises(DairaError, match="a Secret's plaintext is in etcd's files"):
        verify.encryption_at_rest(kubectl, podman)


def test_a_search_that_finds_nothing_at_all_proves_nothing(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    Etcd(fake, found=False)
    with pytest.raises(DairaError, match="encryption at rest could not be judged"):
        verify.encryption_at_rest(kubectl, podman)


@pytest.mark.parametrize("kept", [True, False])
def test_the_canaries_are_removed_whatever_was_found(
    fake: FakeShell, kubectl: Kubectl, podman: Engine, kept: bool
) -> None:
    Etcd(fake, encrypted=kept)
    try:
        verify.encryption_at_rest(kubectl, podman)
    except DairaError:
        assert not kept
    assert "secret/canary-hidden configmap/canary-plain -n kube-system" in fake.one(" delete ").line


class Audit:
    """An audit log that tells of each `kubectl get secret`; leaky: with the Secret's content."""

    def __init__(self, fake: FakeShell, *, silent: bool = False, leaky: bool = False) -> None:
        self.log: list[str] = []
        self.content = ""
        self.silent, self.leaky = silent, leaky
        fake.on(" apply .*-f -", do=self._apply)
        fake.on(" get secret ", do=self._read)
        fake.on(" grep .*audit.log", do=self._grep)

    def _apply(self, call: Call) -> None:
        secret = json.loads(call.stdin or "")
        self.content = secret["stringData"]["text"]
        self.log.append(json.dumps({"verb": "patch", "name": secret["metadata"]["name"]}, separators=(",", ":")))

    def _read(self, call: Call) -> None:
        if not self.silent:
            told = {"verb": "get", "name": call.line.split("get secret ")[1].split()[0]}
            self.log.append(json.dumps({**told, "body": self.content} if self.leaky else told, separators=(",", ":")))

    def _grep(self, call: Call) -> shell.Done:
        word = call.line.split("grep -F ")[1].split()[0]
        found = [line for line in self.log if word in line]
        return shell.Done(0 if found else 1, "\n".join(found), "")


def test_the_audit_log_tells_of_a_read(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    Audit(fake)
    assert "tells who read a Secret" in verify.audit_log(kubectl, podman)
    assert len(fake.lines(" delete secret canary-")) == 1


def test_a_silent_audit_log_is_broken(fake: FakeShell, kubectl: Kubectl, podman: Engine, clock: Clock) -> None:
    Audit(fake, silent=True)
    with pytest.raises(DairaError, match=r"no audit line tells that a Secret was read \(waited 20 s\)"):
        verify.audit_log(kubectl, podman)
    assert 20 < clock.now < 23
    assert fake.lines(" delete secret canary-")


def test_an_audit_log_with_the_content_is_broken(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    Audit(fake, leaky=True)
    with pytest.raises(DairaError, match="the audit log holds a Secret's content"):
        verify.audit_log(kubectl, podman)
    assert fake.lines(" delete secret canary-")


def _classes(fake: FakeShell, *marks: str | None) -> None:
    key = "storageclass.kubernetes.io/is-default-class"
    items = [
        {"metadata": {"name": f"c{i}", **({} if mark is None else {"annotations": {key: mark}})}}
        for i, mark in enumerate(marks)
    ]
    fake.on("get storageclasses", out=json.dumps({"items": items}))


def test_one_default_storage_class(fake: FakeShell, kubectl: Kubectl) -> None:
    _classes(fake, None, "false", "true")
    assert verify.default_storage(kubectl) == "the default StorageClass is c2"


@pytest.mark.parametrize(("marks", "count"), [((), 0), ((None, "false"), 0), (("true", "true"), 2)])
def test_any_other_number_of_defaults_is_broken(
    fake: FakeShell, kubectl: Kubectl, marks: tuple[str | None, ...], count: int
) -> None:
    _classes(fake, *marks)
    with pytest.raises(DairaError, match=f"^{count} default StorageClasses are there, 1 is needed"):
        verify.default_storage(kubectl)


class Volumes:
    """Three claims of DAIRA, each with a folder of its own on one of the workers; tests spoil a part of it."""

    def __init__(self, fake: FakeShell) -> None:
        _classes(fake, None, "true")
        names = [f"pvc-{i}" for i in range(3)]
        self.claims: list[dict[str, Any]] = [
            {"metadata": {"name": f"data-{i}"}, "spec": {"volumeName": name}, "status": {"phase": "Bound"}}
            for i, name in enumerate(names)
        ]
        self.volumes: list[dict[str, Any]] = [
            {"metadata": {"name": name}, "spec": {"storageClassName": "c1", "hostPath": {"path": f"/v/{name}_daira"}}}
            for name in [*names, "pvc-foreign"]
        ]
        self.folders = {
            "daira-control-plane": [],
            "daira-worker": ["/v/pvc-0_daira", "/v/pvc-2_daira"],
            "daira-worker2": ["/v/pvc-1_daira"],
        }
        fake.on(" get pvc ", do=lambda _: shell.Done(0, json.dumps({"items": self.claims}), ""))
        fake.on(" get pv ", do=lambda _: shell.Done(0, json.dumps({"items": self.volumes}), ""))
        fake.on(" exec .* find ", do=self._find)

    def _find(self, call: Call) -> shell.Done:
        words = call.line.split()
        found = [path for path in words if path in self.folders[words[2]]]
        return shell.Done(0 if len(found) == 3 else 1, "".join(f"{path}\n" for path in found), "No such file")


@pytest.mark.parametrize("source", ["hostPath", "local"])
def test_every_volume_of_daira_is_a_folder_of_its_own(
    fake: FakeShell, kubectl: Kubectl, podman: Engine, source: str
) -> None:
    volumes = Volumes(fake)
    for volume in volumes.volumes:
        volume["spec"][source] = volume["spec"].pop("hostPath")
    assert verify.volumes(kubectl, podman) == "3 volumes of class c1, each a folder of its own on a node"
    assert "-n daira-staging -l app.kubernetes.io/instance=daira " in fake.one(" get pvc ").line
    assert all(line.endswith("-maxdepth 0 -type d") for line in fake.lines(" find "))


def test_no_claim_proves_nothing(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    Volumes(fake).claims.clear()
    with pytest.raises(DairaError, match="DAIRA has no volume claim: whether each volume is a folder of its own"):
        verify.volumes(kubectl, podman)


def test_a_claim_without_a_volume_is_named(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    Volumes(fake).claims[1].update(spec={}, status={"phase": "Pending"})
    with pytest.raises(DairaError, match="no volume is bound to the claim data-1: "):
        verify.volumes(kubectl, podman)


def test_two_volumes_in_one_folder_are_broken(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    volumes = Volumes(fake)
    volumes.volumes[2]["spec"]["hostPath"]["path"] = "/v/pvc-0_daira"
    with pytest.raises(DairaError, match=r"the volumes pvc-0, pvc-2 share the folder /v/pvc-0_daira: "):
        verify.volumes(kubectl, podman)


def test_a_volume_without_its_folder_is_broken(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    volumes = Volumes(fake)
    volumes.folders["daira-worker2"] = []
    with pytest.raises(DairaError, match=r"the volume pvc-1 has no folder on any node \(/v/pvc-1_daira\): "):
        verify.volumes(kubectl, podman)


def test_a_node_that_does_not_answer_proves_nothing(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    Volumes(fake)
    fake.on(" exec daira-worker2 find ", code=125, err="container is not running")
    with pytest.raises(DairaError, match="could not be judged: searching daira-worker2 failed: container is not run"):
        verify.volumes(kubectl, podman)


@pytest.mark.parametrize("spec", [{"csi": {}}, {"nfs": {"path": "/exported"}}])
def test_a_volume_that_is_no_folder_of_a_node_is_broken(
    fake: FakeShell, kubectl: Kubectl, podman: Engine, spec: dict[str, object]
) -> None:
    Volumes(fake).volumes[0]["spec"] = {"storageClassName": "c1", **spec}
    with pytest.raises(DairaError, match=r"the volume pvc-0 has no folder on any node: "):
        verify.volumes(kubectl, podman)


def test_a_volume_of_another_class_is_no_proof_for_the_default_one(
    fake: FakeShell, kubectl: Kubectl, podman: Engine
) -> None:
    Volumes(fake).volumes[0]["spec"]["storageClassName"] = "c0"
    with pytest.raises(DairaError, match="the volume pvc-0 is of the class c0, not of the default one, c1: "):
        verify.volumes(kubectl, podman)


def test_a_claim_whose_volume_is_gone_is_named(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    del Volumes(fake).volumes[0]
    with pytest.raises(DairaError, match="no volume is bound to the claim data-0: "):
        verify.volumes(kubectl, podman)


FORBIDDEN = 'Error from server (Forbidden): pods "canary" is forbidden: violates PodSecurity "restricted:latest"'


def _admission(fake: FakeShell, *, good: bool, bad: bool) -> None:
    def create(call: Call) -> shell.Done:
        security = json.loads(call.stdin or "")["spec"]["containers"][0]["securityContext"]
        admitted = good if security.get("runAsNonRoot") else bad
        return shell.Done(0, "", "") if admitted else shell.Done(1, "", FORBIDDEN)

    fake.on(" create --dry-run=server", do=create)


def test_only_restricted_pods_are_admitted(fake: FakeShell, kubectl: Kubectl) -> None:
    _admission(fake, good=True, bad=False)
    assert verify.pod_security(kubectl) == "daira-staging admits only pods that are `restricted`"
    assert all("--dry-run=server" in line for line in fake.lines("create"))


def test_a_namespace_that_admits_anything_is_broken(fake: FakeShell, kubectl: Kubectl) -> None:
    _admission(fake, good=True, bad=True)
    with pytest.raises(DairaError, match="admits a pod that is not restricted: Pod Security is not enforced"):
        verify.pod_security(kubectl)


def test_a_namespace_that_refuses_everything_proves_nothing(fake: FakeShell, kubectl: Kubectl) -> None:
    _admission(fake, good=False, bad=False)
    with pytest.raises(DairaError, match="refuses even a restricted pod"):
        verify.pod_security(kubectl)


def _top(nodes: int) -> str:
    return "".join(f"daira-node{i}   105m   5%   700Mi   9%\n" for i in range(nodes))


def test_metrics_are_waited_for(fake: FakeShell, kubectl: Kubectl, clock: Clock) -> None:
    outputs = [shell.Done(1, "", "Metrics API not available"), shell.Done(0, _top(2), ""), shell.Done(0, _top(3), "")]
    fake.on(" top nodes", do=lambda _: outputs.pop(0))
    assert "for every node" in verify.metrics(kubectl)
    assert clock.now == 2


@pytest.mark.parametrize("nodes", [0, 2])
def test_nodes_without_numbers_are_broken(fake: FakeShell, kubectl: Kubectl, nodes: int) -> None:
    fake.on(" top nodes", out=_top(nodes))
    with pytest.raises(DairaError, match="metrics-server has no numbers for the nodes"):
        verify.metrics(kubectl)


def test_waiting_goes_on_over_a_failed_command(clock: Clock) -> None:
    def fail() -> bool:
        raise CommandFailed("kubectl was ended")

    with pytest.raises(DairaError, match=r"^never \(waited 5 s\)$"):
        verify._wait_for(fail, 5, "never")
    assert clock.now == 6


@pytest.mark.parametrize("problem", [ConnectionRefusedError(), ssl.SSLError("foreign"), TimeoutError()])
def test_an_ingress_without_a_trusted_answer_is_broken(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def ask(*_: object) -> int:
        raise problem

    monkeypatch.setattr(verify, "https_status", ask)
    with pytest.raises(DairaError, match=r"does not answer over TLS at 198\.18\.0\.3:30443"):
        verify.ingress("198.18.0.3", Path("ca.crt"))


def test_any_status_is_an_answer_of_the_ingress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "https_status", lambda *_: 404)
    assert verify.ingress("198.18.0.3", Path("ca.crt")).endswith("answers over TLS for staging.daira.dev")


def test_all_promises_are_asked_and_the_first_broken_one_stops(
    fake: FakeShell, kubectl: Kubectl, podman: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        "api_server_flags",
        "encryption_at_rest",
        "audit_log",
        "default_storage",
        "pod_security",
        "metrics",
        "ingress",
    ]
    for name in names:
        monkeypatch.setattr(verify, name, lambda *_, name=name: name)
    fake.on("inspect", out=json.dumps({"daira": {"IPAddress": "198.18.0.3"}}))
    assert verify.all_promises(kubectl, podman, Path("ca.crt")) == names

    def broken(*_: object) -> str:
        raise DairaError("broken")

    monkeypatch.setattr(verify, "audit_log", broken)
    with pytest.raises(DairaError, match="broken"):
        verify.all_promises(kubectl, podman, Path("ca.crt"))
