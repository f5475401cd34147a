"""The web as a browser sees it: compression, headers, routing, rates, and live updates."""

from __future__ import annotations

import gzip
import json
import re
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.live.conftest import Client, Site, wait_until
from websockets.sync.client import ClientConnection, connect

from daira.local import addons

HEADERS = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": r"no-referrer-when-downgrade|strict-origin-when-cross-origin|no-referrer|same-origin",
    "Content-Security-Policy": r".*default-src 'self'.*frame-ancestors 'self'.*",
    "Strict-Transport-Security": r"max-age=\d{7,}.*",
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("path", ["/", "/some/page", "/missing.txt", "/api/health"])
def test_security_headers(frontend: Client, path: str, header: str) -> None:
    answer = frontend.ask("GET", path)
    values = answer.headers.getlist(header)
    assert len(values) == 1, f"{header} of {path}: {values}"
    assert re.fullmatch(HEADERS[header], values[0]), values


def test_headers_that_must_not_be_there(frontend: Client) -> None:
    answer = frontend.ask("GET", "/")
    assert "X-XSS-Protection" not in answer.headers
    assert not re.search(r"\d", answer.headers.get("Server", ""))
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


def _script(frontend: Client) -> str:
    page = frontend.ask("GET", "/").body.decode()
    found = re.search(r'src="(/assets/[^"]+\.js)"', page)
    assert found, page
    return found[1]


def test_gzip(frontend: Client) -> None:
    path = _script(frontend)
    plain = frontend.ask("GET", path)
    packed = frontend.ask("GET", path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


def test_a_small_answer_is_not_packed(frontend: Client) -> None:
    answer = frontend.ask("GET", "/_health", headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert "Content-Encoding" not in answer.headers


def test_every_route_of_the_app_is_the_app(frontend: Client) -> None:
    page = frontend.ask("GET", "/")
    assert page.status == 200
    assert frontend.ask("GET", "/posts/some/deep/route").body == page.body
    assert frontend.ask("GET", "/assets/not-there.js").status == 404


def test_429_beyond_the_rate_and_none_below(frontend: Client) -> None:
    """The general zone: 10 requests a second. Bounded: 12 slow ones, then 120 at once."""
    for _ in range(12):
        assert frontend.ask("GET", "/some/page").status == 200
        time.sleep(0.11)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: frontend.ask("GET", "/some/page"), range(120)))
    refused = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers} == {200, 429}
    assert all(answer.headers["Retry-After"].isdigit() for answer in refused)
    wait_until(lambda: frontend.ask("GET", "/some/page").status == 200, 20, "served again after the burst")


def test_429_of_the_api(frontend: Client) -> None:
    """The api zone: 30 requests a second. Bounded: 240 at once."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: frontend.ask("GET", "/api/health"), range(240)))
    assert {answer.status for answer in answers} == {200, 429}
    wait_until(lambda: frontend.ask("GET", "/api/health").status == 200, 20, "served again after the burst")


def test_health_is_never_limited(frontend: Client) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: frontend.ask("GET", "/_health").status, range(100)))
    assert set(answers) == {200}


def test_the_ingress_leads_to_both(site: Site) -> None:
    client = site.ingress()
    assert b"<html" in client.ask("GET", "/").body
    assert client.ask("GET", "/api/health").json()["status"] == "ok"


def test_the_open_address_works_without_a_name(site: Site) -> None:
    client = site.ingress()
    assert client.ask("GET", "/api/health", headers={"Host": f"{site.address}:{addons.PORT}"}).status == 200


def _socket_io(live: ClientConnection) -> None:
    """The hand-shake of engine.io 4 and socket.io 5: open packet, connect, connected."""
    assert str(live.recv(timeout=20)).startswith("0{")
    live.send("40")
    assert str(live.recv(timeout=20)).startswith("40")


def _event(live: ClientConnection, name: str, limit_s: float = 20) -> Any:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        packet = str(live.recv(timeout=limit_s))
        if packet == "2":
            live.send("3")
        elif packet.startswith("42"):
            event, *data = json.loads(packet[2:])
            if event == name:
                return data[0]
    raise AssertionError(f"no event {name} within {limit_s:.0f} s")


def _both_ways(live: ClientConnection, writer: Client) -> None:
    _socket_io(live)
    post = writer.write_post(writer.register())
    wait_until(lambda: _event(live, "post.created")["id"] == post["id"], 20, "the event of the post")


def test_live_updates_through_the_ingress_over_tls(site: Site) -> None:
    trust = ssl.create_default_context(cafile=str(site.authority))
    uri = f"wss://{addons.HOST}:{addons.PORT}/socket.io/?EIO=4&transport=websocket"
    plain = socket.create_connection((site.address, addons.PORT), timeout=20)
    with connect(uri, sock=plain, ssl=trust, server_hostname=addons.HOST, proxy=None) as live:
        _both_ways(live, site.ingress())


def test_live_updates_through_the_frontend(site: Site, frontend: Client) -> None:
    uri = f"ws://127.0.0.1:{frontend.pool.port}/socket.io/?EIO=4&transport=websocket"
    with connect(uri, proxy=None) as live:
        _both_ways(live, frontend)
