"""Every image: named as the chart names it, had by one of four ways, loaded where it is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.conftest import ROOT, Call, FakeShell

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local import addons, cluster, imagebuild, images, nodeimage, standins
from daira.local.engine import Engine
from daira.local.images import Image
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain

PART = st.text("ab1", min_size=1, max_size=4).map(lambda text: f"{text}-x.y_z{text}")
HOST = st.sampled_from(["", "registry.example/", "localhost/", "localhost:5000/", "registry.example.org:443/"])
TAG = st.sampled_from(["", ":1", ":v1.2.3-alpine", ":latest"])
DIGEST = st.sampled_from(["", f"@sha256:{'a' * 64}"])


@given(HOST, st.lists(PART, min_size=1, max_size=3), TAG, DIGEST)
def test_repository_is_the_name_without_tag_and_digest(host: str, path: list[str], tag: str, digest: str) -> None:
    name = f"{host}{'/'.join(path)}"
    assert images.repository(f"{name}{tag}{digest}") == name
    assert images.repository(name) == name


def test_walk_images_finds_containers_at_any_depth() -> None:
    pod = {"initContainers": [{"image": "init:1"}], "containers": [{"image": "a:1"}, {"image": "b:1"}, {"name": "n"}]}
    documents = [
        None,
        {"kind": "Pod", "spec": pod},
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}},
        {"kind": "List", "items": [{"spec": {"containers": [{"image": "c:1"}]}}]},
        {"kind": "ConfigMap", "data": {"image": "not-a-container:1", "containers": "text"}},
    ]
    found = list(images.walk_images(documents))
    assert sorted(found) == ["a:1", "a:1", "b:1", "b:1", "c:1", "init:1", "init:1"]


@given(st.lists(PART, max_size=4), st.integers(0, 5))
def test_walk_images_misses_none(names: list[str], depth: int) -> None:
    document: Any = {"containers": [{"image": name} for name in names]}
    for level in range(depth):
        document = [document] if level % 2 else {"spec": document, "containers": "x"}
    assert list(images.walk_images(document)) == names


def test_wanted_is_the_charts_images_and_the_add_ons(machine: Machine, tools: Toolchain, fake: FakeShell) -> None:
    spec = "spec: {containers: [{image: 'b:1'}, {image: 'a:1'}]}"
    fake.on("helm template", out=f"{spec}\n---\n---\n{spec}\n")
    found = images.wanted(machine, tools, Path("v.yaml"))
    assert found == sorted({"a:1", "b:1", *addons.images(machine)})
    assert len(addons.images(machine)) == 2
    assert fake.one("helm").line == f"helm template daira {machine.chart} -f v.yaml"


@pytest.mark.parametrize(("inspect", "pull", "expected"), [(0, 1, True), (1, 0, True), (1, 1, False)])
def test_registry_answers(
    machine: Machine, fake: FakeShell, podman: Engine, inspect: int, pull: int, expected: bool
) -> None:
    fake.on("image inspect", code=inspect)
    fake.on(" pull ", code=pull)
    assert images.registry_answers(machine, podman) is expected
    assert machine.made == ([cluster.STOCK_NODE] if inspect and expected else [])


def test_a_registry_that_never_ends_its_answer_does_not_answer(
    machine: Machine, fake: FakeShell, podman: Engine
) -> None:
    def hang(call: Call) -> None:
        raise CommandFailed("podman was ended after 600 s without finishing")

    fake.on("image inspect", code=1)
    fake.on(" pull ", do=hang)
    assert images.registry_answers(machine, podman) is False


def test_the_stock_node_is_used_where_a_registry_answers(
    machine: Machine, podman: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodeimage, "build", lambda machine, engine: "built")
    assert images.node(machine, podman, registry=True) == (cluster.STOCK_NODE, False)
    assert images.node(machine, podman, registry=False) == ("built", True)
    assert re.fullmatch(r"kindest/node:v[\d.]+@sha256:[0-9a-f]{64}", cluster.STOCK_NODE)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records which images are built; imagebuild is not asked."""
    done: list[str] = []

    def stand_in(machine: Machine, engine: Engine, entry: standins.StandIn) -> str:
        done.append(entry.image)
        return f"localhost/stand-in/{entry.folder.name}:key"

    def build(machine: Machine, engine: Engine, *, name: str, args: dict[str, str], **more: object) -> str:
        done.append(f"{name} {sorted(args.items())} {sorted(more['contexts'])}")  # type: ignore[call-overload]
        return f"localhost/daira-build/{name}:key"

    monkeypatch.setattr(standins, "build", stand_in)
    monkeypatch.setattr(imagebuild, "build", build)
    return done


def test_own_images_are_built(machine: Machine, podman: Engine, made: list[str]) -> None:
    for registry in (True, False):
        found = images.provide(machine, podman, "registry.example/daira/frontend:0.1.0", registry=registry)
        assert (found.origin, found.source) == ("built", "localhost/daira-build/frontend:key")
    assert made[0] == "frontend [] ['config']"
    assert sorted(made[1:3]) == ["nginxinc/nginx-unprivileged", "node"]
    assert "('NGINX_IMAGE', 'localhost/stand-in/nginx:key'), ('NODE_IMAGE', 'localhost/stand-in/node:key')" in made[3]


def test_the_backend_needs_no_nginx(machine: Machine, podman: Engine, made: list[str]) -> None:
    images.build_own(machine, podman, "backend", registry=False)
    assert made == ["node", "backend [('NODE_IMAGE', 'localhost/stand-in/node:key')] []"]


def test_a_folder_without_sources_is_refused(machine: Machine, podman: Engine, tmp_path: Path) -> None:
    with pytest.raises(DairaError, match=f"{tmp_path} holds no package.json: give the folder of the backend's sources"):
        images.build_own(machine, podman, "backend", registry=True, source=tmp_path)


def test_public_images_are_pulled_once(machine: Machine, podman: Engine, fake: FakeShell) -> None:
    fake.on("image inspect", code=1)
    expected = Image("redis:7", "pulled", "", "redis:7")
    assert images.provide(machine, podman, "redis:7", registry=True) == expected
    assert fake.lines(" pull ") == ["podman pull -q redis:7"]
    fake.on("image inspect", code=0)
    assert images.provide(machine, podman, "redis:7", registry=True) == expected
    assert len(fake.lines(" pull ")) == 1
    assert machine.made == ["redis:7"]


def test_a_name_that_does_not_exist_is_no_reason_for_a_stand_in(
    machine: Machine, podman: Engine, fake: FakeShell, made: list[str]
) -> None:
    fake.on("image inspect", code=1)
    fake.on(" pull ", code=1)
    with pytest.raises(DairaError, match="redis:77 could not be pulled: check that the name and tag exist"):
        images.provide(machine, podman, "redis:77", registry=True)
    assert not made


def test_stand_ins_absent_and_unknown_without_a_registry(
    machine: Machine, podman: Engine, fake: FakeShell, made: list[str]
) -> None:
    redis = images.provide(machine, podman, "redis:7.4", registry=False)
    assert redis == Image("redis:7.4", "stand-in", redis.detail, "localhost/stand-in/redis:key")
    assert "Debian" in redis.detail
    grafana = images.provide(machine, podman, "grafana/grafana:12", registry=False)
    assert (grafana.origin, grafana.source) == ("absent", "")
    assert grafana.values == {"monitoring": {"grafana": {"enabled": False}}}
    with pytest.raises(DairaError, match="nobody/knows:1 can't be pulled and has no stand-in"):
        images.provide(machine, podman, "nobody/knows:1", registry=False)
    assert not fake.calls


class Nodes:
    """Three nodes that keep what they are told they hold, and an engine whose images have ids."""

    def __init__(self, fake: FakeShell, ids: dict[str, str]) -> None:
        self.lists: dict[str, str] = {}
        for reference, image_id in ids.items():
            fake.on(f"image inspect -f .* {re.escape(reference)}$", out=f"{image_id}\n")
        fake.on(f" cat {images.LOADED_FILE}", do=self._cat)
        fake.on(f" cp /dev/stdin {images.LOADED_FILE}", do=self._copy)

    def _cat(self, call: Call) -> shell.Done:
        node = call.line.split()[2]
        return shell.Done(0 if node in self.lists else 1, self.lists.get(node, ""), "")

    def _copy(self, call: Call) -> None:
        assert call.stdin is not None
        self.lists[call.line.split()[3]] = call.stdin


BACKEND = Image("daira/backend:1", "built", "", "localhost/daira-build/backend:k")
REDIS = Image("redis:7", "pulled", "", "redis:7")
GRAFANA = Image("grafana/grafana:12", "absent", "why", values={})


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Records which names are saved."""
    names: list[list[str]] = []

    def save(engine: Engine, references: list[str], archive: Path, log: Path) -> None:
        names.append(references)
        archive.touch()

    monkeypatch.setattr(imagebuild, "save", save)
    return names


def test_only_what_is_missing_is_loaded(
    machine: Machine, podman: Engine, fake: FakeShell, saved: list[list[str]]
) -> None:
    nodes = Nodes(fake, {BACKEND.source: "id1", REDIS.source: "id2"})
    assert images.load(machine, podman, [REDIS, GRAFANA]) == 1
    assert images.load(machine, podman, [REDIS, GRAFANA, BACKEND]) == 1
    assert images.load(machine, podman, [REDIS, GRAFANA, BACKEND]) == 0
    assert saved == [["redis:7"], ["localhost/daira/backend:1"]]
    assert fake.lines(" tag ") == [f"podman tag {BACKEND.source} localhost/daira/backend:1"]
    imports = fake.lines(" images import ")
    assert sorted(line.split()[2] for line in imports) == sorted(cluster.NODES * 2)
    assert all(
        re.search(r" import --local --no-unpack /kind/archives/(own|public)-\w+\.tar$", line) for line in imports
    )
    assert set(nodes.lists) == set(cluster.NODES)
    assert json.loads(nodes.lists[cluster.NODES[2]]) == {"redis:7": "id2", "daira/backend:1": "id1"}


def test_an_archive_is_kept_for_the_next_cluster_until_its_content_changes(
    machine: Machine, podman: Engine, fake: FakeShell, saved: list[list[str]]
) -> None:
    nodes = Nodes(fake, {BACKEND.source: "id1", REDIS.source: "id2"})
    images.load(machine, podman, [REDIS, BACKEND])
    nodes.lists.clear()  # a new cluster
    assert images.load(machine, podman, [REDIS, BACKEND]) == 2
    assert saved == [["redis:7"], ["localhost/daira/backend:1"]]
    fake.on(f"image inspect -f .* {re.escape(BACKEND.source)}$", out="new")
    assert images.load(machine, podman, [REDIS, BACKEND]) == 1
    assert sorted(file.name.split("-")[0] for file in (machine.cache / "archives").iterdir()) == ["own", "public"]


def test_an_image_with_new_content_is_loaded_again(
    machine: Machine, docker: Engine, fake: FakeShell, saved: list[list[str]]
) -> None:
    Nodes(fake, {BACKEND.source: "id1"})
    images.load(machine, docker, [BACKEND])
    fake.on("image inspect -f", out="id2")
    assert images.load(machine, docker, [BACKEND]) == 1
    assert saved == [["daira/backend:1"]] * 2


def test_what_one_node_lost_is_loaded_again(
    machine: Machine, podman: Engine, fake: FakeShell, saved: list[list[str]]
) -> None:
    nodes = Nodes(fake, {REDIS.source: "id2"})
    images.load(machine, podman, [REDIS])
    del nodes.lists[cluster.NODES[1]]
    assert images.load(machine, podman, [REDIS]) == 1


def test_a_load_that_fails_is_not_remembered(
    machine: Machine, podman: Engine, fake: FakeShell, saved: list[list[str]]
) -> None:
    nodes = Nodes(fake, {REDIS.source: "id2"})
    fake.on(" images import ", code=1)
    with pytest.raises(CommandFailed):
        images.load(machine, podman, [REDIS])
    assert not nodes.lists


def test_loaded_is_what_all_nodes_hold_the_same(fake: FakeShell, podman: Engine) -> None:
    nodes = Nodes(fake, {})
    lists = [{"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "other"}, {"a": "1", "b": "2", "c": "3"}]
    nodes.lists = {node: json.dumps(held) for node, held in zip(cluster.NODES, lists, strict=True)}
    assert images._loaded(podman) == {"a": "1"}
    nodes.lists[cluster.NODES[0]] = ""
    assert images._loaded(podman) == {}


def test_every_image_our_own_dockerfiles_start_from_has_a_stand_in(machine: Machine) -> None:
    for app, arg in images.BASE_ARGS.items():
        text = (ROOT / "images" / f"Dockerfile.{app}").read_text(encoding="utf-8")
        assert f"ARG {arg}=" in text
