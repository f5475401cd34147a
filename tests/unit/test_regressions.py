"""Bugs that were found once: each test failed before its fix."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import click
import pytest
from tests.unit.conftest import Call, FakeShell

from daira import shell
from daira.cli import COMMANDS, main
from daira.errors import DairaError
from daira.local import authority, cluster, gobuild, imagebuild, images, toolchain, verify
from daira.local.cluster import Kubectl
from daira.local.content import key_of
from daira.local.engine import Engine
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain


def test_b1_internal_failure_is_exit_3_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def command() -> None:
        raise KeyError("items")

    module = ModuleType("daira.cli.boom")
    module.boom = command  # type: ignore[attr-defined]
    monkeypatch.setitem(COMMANDS, "boom", "boom")
    monkeypatch.setitem(sys.modules, "daira.cli.boom", module)
    with pytest.raises(SystemExit) as caught:
        main(["boom"])
    assert caught.value.code == 3
    assert "Traceback" not in capsys.readouterr().err


def test_b2_prune_leaves_the_users_own_dangling_images(fake: FakeShell, docker: Engine) -> None:
    fake.on(" images --format", out="")
    imagebuild.prune(docker)
    assert all("--filter" in line for line in fake.lines("image prune"))


def test_b3_source_of_a_local_module_changes_the_key(tmp_path: Path) -> None:
    for name in ("go.mod", "go.sum", "main.go"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    spec = gobuild.GoBuild({"pause": "."}, module=tmp_path)
    before = spec.key()
    (tmp_path / "main.go").write_text("other", encoding="utf-8")
    assert spec.key() != before


def test_b4_top_without_numbers(fake: FakeShell, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "METRICS_TIMEOUT_S", -1)
    fake.on(" top nodes", out="a 105m 5% 700Mi 9%\nb 105m 5% 700Mi 9%\nc <unknown> <unknown> <unknown> <unknown>\n")
    with pytest.raises(DairaError):
        verify.metrics(kubectl)


def test_b5_refused_for_another_reason_is_no_proof(fake: FakeShell, kubectl: Kubectl) -> None:
    def create(call: Call) -> shell.Done:
        good = "runAsNonRoot" in (call.stdin or "")
        return shell.Done(0 if good else 1, "", "" if good else "The connection to the server was refused")

    fake.on(" create --dry-run=server", do=create)
    with pytest.raises(DairaError):
        verify.pod_security(kubectl)


def test_b6_search_that_failed_is_no_proof(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    answers = [shell.Done(0, "x\n", ""), shell.Done(125, "", "container is not running")]
    fake.on(" grep .*/var/lib/etcd", do=lambda _: answers.pop(0) if len(answers) > 1 else answers[0])
    with pytest.raises(DairaError):
        verify.encryption_at_rest(kubectl, podman)


def test_b7_secret_in_the_audit_log_as_the_api_sends_it(fake: FakeShell, kubectl: Kubectl, podman: Engine) -> None:
    text = ""

    def apply(call: Call) -> None:
        nonlocal text
        text = json.loads(call.stdin or "")["stringData"]["text"]

    def grep(call: Call) -> shell.Done:
        word = call.line.split("grep -F ")[1].split()[0]
        line = f'{{"verb":"get","name":"canary-1","data":"{base64.b64encode(text.encode()).decode()}"}}'
        return shell.Done(0, line, "") if word.startswith("canary-") or word in line else shell.Done(1, "", "")

    fake.on(" apply ", do=apply)
    fake.on(" grep .*audit", do=lambda call: shell.Done(0, grep(call).out.replace("canary-1", "canary-"), ""))
    monkey = verify._audit_lines

    def lines(engine: Engine, *words: str) -> list[str]:
        return monkey(engine, *words) if not words[0].startswith("canary-") else ["found"]

    verify._audit_lines = lines
    try:
        with pytest.raises(DairaError):
            verify.audit_log(kubectl, podman)
    finally:
        verify._audit_lines = monkey


def test_b8_no_api_server_pod_is_one_sentence(fake: FakeShell, kubectl: Kubectl) -> None:
    fake.on("component=kube-apiserver", out='{"items": []}')
    with pytest.raises(DairaError):
        verify.api_server_flags(kubectl)


def test_b9_archive_without_the_member_is_one_sentence(tmp_path: Path) -> None:
    import io
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz"):
        pass
    with pytest.raises(DairaError):
        toolchain._place(packed.getvalue(), "linux-amd64/helm", tmp_path / "helm")


@pytest.mark.parametrize("how", ["captive portal in latin-1", "cut short"])
def test_b10_a_bad_answer_falls_through_like_no_network(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    import http.client

    def fetch(url: str) -> bytes:
        if how == "cut short":
            raise http.client.IncompleteRead(b"half")
        return b"\xff\xfe<html>"

    monkeypatch.setattr(toolchain, "_fetch", fetch)
    try:
        assert toolchain._downloaded(machine, "kind", toolchain.pins()["kind"]) is None
    except DairaError:
        assert how != "cut short"


def test_b11_another_files_line_does_not_vouch() -> None:
    import hashlib

    line = f"{hashlib.sha256(b'data').hexdigest()}  not-kind-linux-amd64\n"
    with pytest.raises(DairaError):
        toolchain._verify("kind", "https://e.org/kind-linux-amd64", b"data", line)


def test_b12_a_half_written_list_on_a_node_counts_as_nothing(fake: FakeShell, podman: Engine) -> None:
    fake.on(f" cat {images.LOADED_FILE}", out='{"redis:7": "id')
    assert images._loaded(podman) == {}


def test_b13_a_file_that_moves_to_another_folder_changes_the_key(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    folders = [tmp_path / "a", tmp_path / "b"]
    (tmp_path / "a" / "f").touch()
    before = key_of(paths=folders)
    (tmp_path / "a" / "f").rename(tmp_path / "b" / "f")
    assert key_of(paths=folders) != before


def test_b13b_no_name_looks_like_anothers_content(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "a:False:8").touch()
    (tmp_path / "two" / "a").write_text("False:0:", encoding="utf-8")
    assert key_of(paths=[tmp_path / "one"]) != key_of(paths=[tmp_path / "two"])


def test_b14_ca_certificate_and_key_that_do_not_match_are_not_used(machine: Machine) -> None:
    authority.issue(machine, ["a.example"])
    folder = machine.cache / "authority"
    (folder / "ca.key").write_bytes((folder / "tls.key").read_bytes())  # as after an interruption between two writes
    issued = authority.issue(machine, ["b.example"])
    from cryptography import x509

    leaf, ca = (x509.load_pem_x509_certificate(path.read_bytes()) for path in (issued.chain, issued.authority))
    leaf.verify_directly_issued_by(ca)


def test_b15_an_encryption_file_cut_short_is_not_kept(machine: Machine) -> None:
    file = cluster._files(machine) / "encryption.yaml"
    file.parent.mkdir(parents=True)
    file.touch(0o600)
    cluster._write_files(machine)
    assert file.read_bytes()


def test_b16_children_of_a_program_that_is_ended_are_ended_too(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with pytest.raises(DairaError):
        shell.run(["sh", "-c", f"sleep 30 & echo $! > {pid_file}; wait"], timeout=0.3)
    pid = int(pid_file.read_text())
    end = time.monotonic() + 5
    while (state := _state(pid)) not in ("gone", "Z"):  # a signal is sent at once and taken a moment later
        if time.monotonic() > end:
            os.kill(pid, 9)
            raise AssertionError(f"the child is still there after 5 s, in state {state}")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
    except FileNotFoundError:
        return "gone"


def test_b18_new_images_restart_the_pods_after_an_upgrade_too(
    machine: Machine, tools: Toolchain, fake: FakeShell, monkeypatch: pytest.MonkeyPatch, podman: Engine
) -> None:
    """release.install's key holds image.source, so it returns True whenever an image changed: restart never runs."""
    from daira.local import addons, release, up
    from daira.local.authority import Certificate

    image = images.Image("daira/backend:1", "built", "", "localhost/daira-build/backend:new")
    monkeypatch.setattr(up, "prepare", lambda machine: (tools, podman))
    monkeypatch.setattr(up, "provide_images", lambda *_: ([image], "node", True))
    monkeypatch.setattr(cluster, "up", lambda *_, **__: False)
    monkeypatch.setattr(images, "load", lambda *_: 1)
    monkeypatch.setattr(addons, "install", lambda *_: (Certificate(Path("c"), Path("k"), Path("a")), False))
    monkeypatch.setattr(addons, "node_address", lambda *_: "198.18.0.3")
    monkeypatch.setattr(verify, "all_promises", lambda *_: [])
    monkeypatch.setattr(verify, "volumes", lambda *_: "")
    monkeypatch.setattr(release, "test", lambda *_: None)
    old = {"version": 1, "info": {"status": "deployed", "description": "daira up 0123456789abcdef"}}
    fake.on("^helm status", out=json.dumps(old))
    fake.on("get deployments", out="deployment.apps/daira-backend\n")
    up.up(machine)
    assert fake.lines("^helm upgrade")
    assert fake.lines("rollout restart")
