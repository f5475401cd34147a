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

    made: bool = True
    loaded: int = 1
    installed: bool = True
    broken: str = ""
    order: list[str] = field(default_factory=list)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, fake: FakeShell, tools: Toolchain, podman: Engine) -> State:
    """Every step replaced by its answer."""
    now = State()

    def step(name: str, answer: Callable[[], object]) -> Callable[..., object]:
        def run(*_: object, **__: object) -> object:
            now.order.append(name)
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
        (addons, "install", lambda: certificate),
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
    state.made, state.loaded, state.installed = False, 0, False
    up.up(machine)
    assert [line.removeprefix("skip  ") for line in _shown(screen) if line.startswith("skip")] == [
        "cluster, 3 nodes  runs already",
        "load images into the nodes  all there",
        "helm upgrade --install  this release is installed",
    ]
    assert {"verify.all_promises", "verify.volumes", "release.test"} <= set(state.order)
    assert "release.restart" not in state.order


def test_new_images_under_old_names_restart_the_pods(machine: Machine, state: State) -> None:
    state.made, state.installed = False, False
    up.up(machine)
    assert "release.restart" in state.order


@pytest.mark.parametrize(
    "step", ["images.provide", "cluster.up", "verify.all_promises", "verify.volumes", "release.test"]
)
def test_the_first_broken_step_is_the_last(machine: Machine, state: State, screen: io.StringIO, step: str) -> None:
    state.broken = step
    with pytest.raises(DairaError, match=f"{step} is broken"):
        up.up(machine)
    assert state.order[-1] == step
    assert _shown(screen)[-1].startswith("fail  ")
