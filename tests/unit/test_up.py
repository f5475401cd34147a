"""`daira up`: the steps in their order, each skipped when it is done, and what is said about it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.unit.conftest import FakeShell

from daira.errors import DairaError
from daira.local import addons, cluster, engine, images, release, toolchain, up, verify
from daira.local.authority import Certificate
from daira.local.engine import Engine
from daira.local.images import Image
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain

REDIS = Image("redis:7", "stand-in", "Debian's", "localhost/redis:k")


@dataclass
class State:
    """What each step answers, and which steps were asked, in their order."""

    fresh: bool = True  # tools, engine and images have to be made or fetched
    made: bool = True
    loaded: int = 1
    installed: bool = True
    applied: bool = True
    broken: str = ""
    order: list[str] = field(default_factory=list)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, fake: FakeShell, tools: Toolchain, podman: Engine) -> State:
    """Every step replaced by its answer."""
    now = State()

    def step(name: str, answer: Callable[[], object]) -> Callable[..., object]:
        def run(*given: object, **__: object) -> object:
            now.order.append(name)
            if now.fresh and given and isinstance(given[0], Machine):
                given[0].made.append(name)
            if now.broken == name:
                raise DairaError(f"{name} is broken")
            return answer()

        return run

    certificate = Certificate(Path("c"), Path("k"), Path("a"))
    for module, name, answer in (
        (toolchain, "ensure", lambda: tools),
        (engine, "ensure", lambda: podman),
        (images, "registry_answers", lambda: False),
        (images, "node", lambda: ("localhost/node:1", True)),
        (images, "wanted", lambda: [REDIS.reference]),
        (images, "provide", lambda: REDIS),
        (cluster, "up", lambda: now.made),
        (images, "load", lambda: now.loaded),
        (addons, "install", lambda: (certificate, now.applied)),
        (addons, "node_address", lambda: "198.18.0.3"),
        (verify, "all_promises", lambda: ["a promise is kept"]),
        (verify, "volumes", lambda: "5 volumes"),
        (release, "install", lambda: now.installed),
        (release, "restart", lambda: None),
        (release, "test", lambda: None),
    ):
        monkeypatch.setattr(module, name, step(f"{module.__name__.rsplit('.', 1)[-1]}.{name}", answer))
    return now


def _shown(screen: io.StringIO) -> list[str]:
    ended = [line for line in screen.getvalue().splitlines() if not line.startswith("  ..  ")]
    return [re.sub(r" \(\d+\.\d s\)", "", line) for line in ended]


def test_a_first_run_does_every_step_and_says_so(machine: Machine, state: State, screen: io.StringIO) -> None:
    running = up.up(machine)
    assert running.url == "https://198.18.0.3:30443/"
    assert running.images == [REDIS]
    assert _shown(screen) == [
        " ok   tools  4 from path",
        " ok   container engine  podman",
        " ok   node image  built here: no registry answers",
        " ok   image redis:7  stand-in: Debian's",
        " ok   cluster, 3 nodes",
        " ok   load images into the nodes  1 images",
        " ok   metrics-server, Ingress controller, namespace",
        " ok   the cluster's promises  1 proved",
        "        a promise is kept",
        " ok   helm upgrade --install",
        " ok   DAIRA's volumes  5 volumes",
        " ok   helm test",
    ]
    assert state.order.index("verify.all_promises") < state.order.index("release.install")
    assert "release.restart" not in state.order


def test_a_second_run_skips_what_is_done_and_proves_again(machine: Machine, state: State, screen: io.StringIO) -> None:
    state.fresh, state.made, state.loaded, state.installed, state.applied = False, False, 0, False, False
    up.up(machine)
    assert [line.removeprefix("skip  ") for line in _shown(screen) if line.startswith("skip")] == [
        "tools  there already (4 from path)",
        "container engine  there already (podman)",
        "node image  there already (built here: no registry answers)",
        "image redis:7  there already (stand-in: Debian's)",
        "cluster, 3 nodes  runs already",
        "load images into the nodes  all there",
        "metrics-server, Ingress controller, namespace  as they are to be, and ready",
        "helm upgrade --install  this release is installed",
    ]
    assert {"verify.all_promises", "verify.volumes", "release.test"} <= set(state.order)
    assert "release.restart" not in state.order


def test_new_images_under_old_names_restart_the_pods(machine: Machine, state: State, screen: io.StringIO) -> None:
    state.made, state.installed = False, False
    up.up(machine)
    assert "release.restart" in state.order
    assert " ok   helm upgrade --install  pods restarted: images changed" in _shown(screen)


def test_only_the_step_that_had_to_make_something_is_done(
    machine: Machine, state: State, screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.fresh = False
    references = ["redis:7", "grafana:1", "backend:1"]
    monkeypatch.setattr(images, "wanted", lambda *_: references)

    def provide(machine: Machine, engine: Engine, reference: str, **_: object) -> Image:
        if reference == "backend:1":
            machine.made.append(reference)
            return Image(reference, "built", "from images/reference/backend", "localhost/backend:k")
        return Image(reference, "absent", "no source") if reference == "grafana:1" else REDIS

    monkeypatch.setattr(images, "provide", provide)
    up.up(machine)
    assert [line for line in _shown(screen) if " image " in line and "node" not in line] == [
        "skip  image redis:7  there already (stand-in: Debian's)",
        "skip  image grafana:1  absent: no source",
        " ok   image backend:1  built: from images/reference/backend",
    ]


@pytest.mark.parametrize(
    "step", ["images.provide", "cluster.up", "verify.all_promises", "verify.volumes", "release.test"]
)
def test_the_first_broken_step_is_the_last(machine: Machine, state: State, screen: io.StringIO, step: str) -> None:
    state.broken = step
    with pytest.raises(DairaError, match=f"{step} is broken"):
        up.up(machine)
    assert state.order[-1] == step
    assert _shown(screen)[-1].startswith("fail  ")
