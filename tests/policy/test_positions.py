"""Where a path is: the line scanner says what libyaml's marks say, or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from tests.chart import conftest as charts
from tests.policy import yamltexts

from daira.render import goyaml, linescan, positions
from daira.render.manifests import objects_of
from daira.render.read import documents, spans
from daira.render.release import Object, Source

ENVIRONMENTS = ("development", "staging", "production")
MANIFESTS = [
    path
    for pattern in (
        ".github/**/*.y*ml",
        "cluster/**/*.yaml",
        "values/*.yaml",
        "charts/daira/**/values.yaml",
        "tests/**/*.yaml",
    )
    for path in sorted(charts.ROOT.glob(pattern))
]


def paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path of some data."""
    yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from paths(value, (*path, index))


def assert_same_places(text: str) -> int:
    """The scanner's places are libyaml's, in every document that the scanner takes; returns how many it took."""
    found, _ = documents(text, "text.yaml")
    taken = 0
    for number, ((start, end), data) in enumerate(zip(spans(text), found, strict=True)):
        if data is None or linescan.scan(text[start:end]) is None:
            continue
        taken += 1
        index = positions._kept(Source("text.yaml", text), number)
        composed = positions._kept(Source("text.yaml", text), number)
        composed.root = None
        for path in paths(data):
            assert index.find(path) == composed.find(path), f"{path} in\n{text}"
    return taken


@settings(max_examples=500, deadline=None)
@given(yamltexts.texts())
def test_generated_texts(text: str) -> None:
    assert_same_places(text)


@settings(max_examples=200, deadline=None)
@given(yamltexts.blocks(yamltexts.HARMLESS))
def test_plain_texts_are_scanned(text: str) -> None:
    """Plain text is no case for libyaml: a scanner that is never sure would pass the test above."""
    found, problems = documents(text, "text.yaml")
    if not problems and isinstance(found[0], dict | list):
        assert assert_same_places(text) == len(found)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(charts.ROOT)))
def test_files_of_the_repository(path: Path) -> None:
    assert_same_places(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_renders_of_the_chart(environment: str) -> None:
    text = yaml.safe_dump_all(charts.render(environment).objects)
    assert assert_same_places(text) > 30


TEXT = """\
# first
apiVersion: v1
kind: List
items:
  - kind: Pod
    metadata: {name: a, labels: {"x": y}}
    spec:
      containers:
      - name: one
        args: ["a", 'b']
      -
        name: two
        env: &env
          - {name: A, value: "1"}
      - name: three
        env: *env
---
kind: Pod
on: 1
<<: {metadata: 2}
"8080": x
spec: 'a
  b'
last: |
  spec: no
"""


@pytest.mark.parametrize(
    ("document", "path", "place"),
    [
        (0, (), (2, 1)),
        (0, ("kind",), (3, 1)),
        (0, ("items",), (4, 1)),
        (0, ("items", 0), (5, 5)),
        (0, ("items", 0, "metadata", "labels", "x"), (6, 34)),
        (0, ("items", 0, "metadata", "labels", "missing", "deeper"), (6, 25)),
        (0, ("items", 0, "spec", "containers", 0, "args", 1), (10, 21)),
        (0, ("items", 0, "spec", "containers", 1), (12, 9)),
        (0, ("items", 0, "spec", "containers", 1, "env", 0, "value"), (14, 23)),
        (0, ("items", 0, "spec", "containers", 2, "env", 0, "value"), (14, 23)),
        (0, ("items", 0, "spec", "containers", 9, "env"), (8, 7)),
        (1, (), (18, 1)),
        (1, ("true",), (19, 1)),
        (1, ("metadata",), (20, 6)),
        (1, ("8080",), (21, 1)),
        (1, ("last",), (24, 1)),
    ],
)
def test_places(document: int, path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    assert positions.locate(Source("a.yaml", TEXT), document, path) == place


def test_items_of_lists_are_found_in_the_file() -> None:
    pod = next(iter(objects_of(Source("a.yaml", TEXT))))
    assert positions.locate_all(pod, [("spec",), ("kind",), ()]) == [(7, 5), (5, 5), (5, 5)]
    assert positions.place_of(pod, ("metadata", "name")) == (6, 16)


def test_json() -> None:
    text = '{"kind": "Pod",\n "metadata": {"name": "\\ud83d\\ude00", "a": 1}} {"kind": "Pod",\n\t"spec": {}}\n'
    assert positions.locate(Source("a.json", text), 0, ("metadata", "a")) == (2, 39)
    assert positions.locate(Source("a.json", text), 1, ("kind",)) == (2, 49)
    assert positions.locate(Source("a.json", text), 1, ("spec",)) == (3, 2)


def test_files_in_the_shape_of_objects() -> None:
    template = Object(
        {"apiVersion": "daira.dev/v1", "kind": "Template", "lines": ["a", "b"]}, Source("t.yaml", "a\nb\n")
    )
    assert positions.locate_all(template, [("lines", 1), ("lines",), ()]) == [(2, 1), (1, 1), (1, 1)]
    source = Source("v.yaml", "# values\na: 1\nb:\n  c: 2\n")
    values = Object({"apiVersion": "daira.dev/v1", "kind": "Values", "values": {}}, source)
    assert positions.locate_all(values, [("values", "b", "c"), ("values",), ("kind",)]) == [(4, 3), (2, 1), (2, 1)]
    workflow = Object(
        {"apiVersion": "actions.github.com/v1", "kind": "Workflow"}, Source("w.yaml", "on: push\njobs: {}\n")
    )
    assert positions.locate_all(workflow, [("kind",), ("true",), ("jobs",)]) == [(1, 1), (1, 1), (2, 1)]


def test_lines_that_end_as_on_windows() -> None:
    text = "# c\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - name: a\r\n---\r\nkind: Pod\r\nspec: {a: &x b}\r\n"
    pods = list(objects_of(Source("a.yaml", text)))
    assert positions.locate_all(pods[0], [("spec", "containers", 0, "name"), ()]) == [(5, 5), (2, 1)]
    assert positions.locate_all(pods[1], [("spec", "a"), ()]) == [(8, 8), (7, 1)]
    assert linescan.scan(text.partition("---")[0].replace("\r", "")) is not None


def test_never_raises() -> None:
    for text in ("", "{", "a: [", "\t", "---\n---\n", "- [", "x", "a: &x [*x]\n", "[1]: 2\n"):
        assert positions.locate(Source("a.yaml", text), 0, ("a", 0, "b"))[0] >= 1
        assert positions.locate(Source("a.yaml", text), 7, ("a",)) >= (1, 1)


def test_a_deep_document_is_composed() -> None:
    text = "a: " + "[" * (goyaml.MAX_DEPTH - 1) + "]" * (goyaml.MAX_DEPTH - 1) + "\n"
    assert positions.locate(Source("a.yaml", text), 0, ("a", *[0] * 20)) == (1, 24)


@pytest.mark.parametrize("sort", ["documents", "list", "json"])
def test_many_objects_in_one_text(sort: str) -> None:
    """What is found out about a text is found out once: the time grows with its length, and not faster."""
    count = 4000
    if sort == "documents":
        text = "".join(f"---\nkind: Pod\nmetadata:\n  name: a{number}\n" for number in range(count))
        places = [(4 * number + 4, 3) for number in range(count)]
    elif sort == "list":
        text = "kind: List\nitems:\n" + "".join(f"- kind: Pod\n  metadata:\n    name: a{n}\n" for n in range(count))
        places = [(3 * number + 5, 5) for number in range(count)]
    else:
        text = "\n".join(f'{{"kind": "Pod", "metadata": {{"name": "a{number}"}}}}' for number in range(count))
        places = [(number + 1, 30) for number in range(count)]
    started = time.monotonic()
    found = list(objects_of(Source("a.yaml", text)))
    assert [positions.locate_all(item, [("metadata", "name")]) for item in found] == [[place] for place in places]
    assert time.monotonic() - started < 5
