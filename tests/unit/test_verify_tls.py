"""verify.https_status against a TLS server on the loopback interface."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from daira.errors import DairaError
from daira.local import authority, verify
from daira.local.authority import Certificate
from daira.local.machine import Machine

HOST = "staging.daira.dev"


@pytest.fixture
def issued(machine: Machine) -> Certificate:
    """A certificate for the staging host."""
    return authority.issue(machine, [HOST])


@pytest.fixture
def foreign(machine: Machine, tmp_path: Path) -> Certificate:
    """The same of another machine."""
    other = Machine(machine.root, tmp_path / "other" / "state", tmp_path / "other" / "cache", machine.progress)
    other.state.mkdir(parents=True)
    return authority.issue(other, [HOST])


class Handler(http.server.BaseHTTPRequestHandler):
    """204 for the staging host's front page, 404 for everything else."""

    def do_GET(self) -> None:
        known = self.headers["Host"] == HOST and self.path == "/"
        self.send_response(204 if known else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Quiet(http.server.HTTPServer):
    """Clients that refuse the certificate are what is tested here."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@pytest.fixture
def port(issued: Certificate) -> Iterator[int]:
    """The port of a TLS server that serves `issued`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.chain, issued.key)
    server = Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_trusted_server_is_asked_for_the_host(port: int, issued: Certificate) -> None:
    assert verify.https_status("127.0.0.1", port, HOST, "/", issued.authority) == 204
    assert verify.https_status("127.0.0.1", port, HOST, "/gone", issued.authority) == 404


def test_a_foreign_authority_does_not_make_it_trusted(port: int, foreign: Certificate) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        verify.https_status("127.0.0.1", port, HOST, "/", foreign.authority)


def test_another_name_is_not_trusted(port: int, issued: Certificate) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        verify.https_status("127.0.0.1", port, "production.daira.dev", "/", issued.authority)


def test_the_promise_on_a_real_connection(
    port: int, issued: Certificate, foreign: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daira.local.addons.PORT", port)
    monkeypatch.setattr(verify, "INGRESS_TIMEOUT_S", -1)
    assert "answers over TLS" in verify.ingress("127.0.0.1", issued.authority)
    with pytest.raises(DairaError, match="does not answer over TLS"):
        verify.ingress("127.0.0.1", foreign.authority)
