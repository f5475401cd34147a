"""Fakes that the unit tests share: a shell that starts nothing, programs that are tiny scripts, a loopback server."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

from daira import shell
from daira.errors import CommandFailed
from daira.local import toolchain
from daira.local.cluster import Kubectl
from daira.local.engine import Engine
from daira.local.machine import Machine
from daira.local.toolchain import Tool, Toolchain
from daira.progress import Progress

ROOT = Path(__file__).resolve().parents[2]

# the same examples in every run: a failure here is repeated by running the tests again
settings.register_profile("daira", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("daira")


@dataclass(frozen=True)
class Call:
    """One process that would have been started."""

    line: str
    stdin: str | None
    env: dict[str, str]
    log: Path | None


Answer = Callable[[Call], shell.Done | None]


@dataclass
class FakeShell:
    """Stands in for shell.run: records what would be started and answers by the last rule whose pattern matches."""

    calls: list[Call] = field(default_factory=list)
    rules: list[tuple[re.Pattern[str], Answer]] = field(default_factory=list)

    def on(self, pattern: str, *, out: str = "", err: str = "", code: int = 0, do: Answer | None = None) -> None:
        """Answer command lines that hold `pattern` (a regular expression) with this, or with what `do` returns."""
        done = shell.Done(code, out, err)
        self.rules.append((re.compile(pattern), do or (lambda _: done)))

    def run(
        self,
        argv: Sequence[object],
        *,
        timeout: float,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        log: Path | None = None,
        check: bool = True,
    ) -> shell.Done:
        """The signature of shell.run."""
        assert timeout > 0
        words = [Path(str(argv[0])).name, *(str(word) for word in argv[1:])]
        call = Call(" ".join(words), stdin, dict(env or {}), log)
        self.calls.append(call)
        for pattern, answer in reversed(self.rules):
            if pattern.search(call.line):
                done = answer(call) or shell.Done(0, "", "")
                if check and done.code != 0:
                    raise CommandFailed(f"{words[0]} ended with exit code {done.code}: {done.err}")
                return done
        return shell.Done(0, "", "")

    def lines(self, pattern: str) -> list[str]:
        """The recorded command lines that hold `pattern`."""
        return [call.line for call in self.calls if re.search(pattern, call.line)]

    def one(self, pattern: str) -> Call:
        """The only recorded call that holds `pattern`."""
        found = [call for call in self.calls if re.search(pattern, call.line)]
        assert len(found) == 1, [call.line for call in self.calls]
        return found[0]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeShell:
    """A shell that starts nothing: what engine, kubectl, kind and helm would be asked is recorded."""
    made = FakeShell()
    monkeypatch.setattr(shell, "run", made.run)
    return made


@pytest.fixture
def screen() -> io.StringIO:
    """What the progress of `machine` printed."""
    return io.StringIO()


@pytest.fixture
def machine(tmp_path: Path, screen: io.StringIO) -> Machine:
    """This project, with a state and a cache folder of the test's own."""
    made = Machine(ROOT, tmp_path / "state", tmp_path / "cache", Progress(screen))
    made.state.mkdir()
    made.cache.mkdir()
    return made


@pytest.fixture
def podman() -> Engine:
    """Podman, started through the fake shell."""
    return Engine("podman", {"CONTAINERS_CONF": "/c"})


@pytest.fixture
def docker() -> Engine:
    """Docker, started through the fake shell."""
    return Engine("docker")


@pytest.fixture
def tools() -> Toolchain:
    """Every pinned program, in a folder that does not exist."""
    return Toolchain({name: Tool(name, "v0", Path("/tools") / name, "path") for name in toolchain.pins()})


@pytest.fixture
def kubectl(machine: Machine, tools: Toolchain) -> Kubectl:
    """kubectl, started through the fake shell."""
    return Kubectl(machine, tools)


@dataclass(frozen=True)
class Programs:
    """A folder on PATH with nothing in it but tiny scripts."""

    folder: Path

    def add(self, name: str, body: str) -> Path:
        """Make a program of shell lines."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """PATH, with the test's own programs only."""
    made = Programs(tmp_path / "programs")
    made.folder.mkdir()
    monkeypatch.setenv("PATH", str(made.folder))
    return made


@dataclass(frozen=True)
class Site:
    """A web server on the loopback interface. files: path -> bytes; asked: the paths that were asked for."""

    url: str
    files: dict[str, bytes]
    asked: list[str]


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on the loopback interface, for as long as the test runs."""
    files: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_address[1]}", files, asked)
    server.shutdown()
    server.server_close()
    thread.join()
