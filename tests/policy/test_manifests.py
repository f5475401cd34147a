"""Targets become objects: files, folders, stdin; whatever is in the way is said, quickly and without an exception."""

from __future__ import annotations

import copy
import io
import json
import os
import pickle
import subprocess  # a program of its own, to see its memory
import sys
import time
from pathlib import Path

import pytest
from tests.chart import conftest as charts

from daira.errors import DairaError
from daira.render import goyaml, positions
from daira.render.manifests import MAX_BYTES, load, objects_of, shape
from daira.render.project import project, project_root
from daira.render.release import Source

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {}\n"


def write(path: Path, text: str | bytes) -> Path:
    """A file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def names(folder: Path, *targets: str) -> list[str]:
    """The objects of targets below a folder, as "file: Kind/name"."""
    made = load([folder / target for target in targets] or [folder])
    return [f"{os.path.relpath(item.source.file, folder)}: {item!r}" for item in made.objects]


def test_files_folders_and_their_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c/z.yaml", "c/d/a.json", "c.yaml", "B.yaml", "no.txt"):
        write(tmp_path / name, POD.format(name.partition(".")[0].replace("/", "-")))
    files = [
        "B.yaml: Pod/B",
        "a.yml: Pod/a",
        "b.yaml: Pod/b",
        "c.yaml: Pod/c",
        "c/z.yaml: Pod/c-z",
        "c/d/a.json: Pod/c-d-a",
    ]
    assert names(tmp_path) == files
    assert names(tmp_path, "c", "a.yml") == ["c/z.yaml: Pod/c-z", "c/d/a.json: Pod/c-d-a", "a.yml: Pod/a"]


def test_names_are_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "k" / "a.yaml", POD.format("a"))
    monkeypatch.chdir(tmp_path)
    for target in ("k", "./k/", "k/a.yaml", ".", "./k/a.yaml"):
        assert [item.source.file for item in load([target]).objects] == ["k/a.yaml"]
    assert [item.source.file for item in load([tmp_path / "k"]).objects] == [f"{tmp_path}/k/a.yaml"]


def test_stdin() -> None:
    made = load(["-"], io.BytesIO(("---\n# Source: a\n" + POD.format("a") + "---\n" + POD.format("b")).encode()))
    assert [(item.name, item.document, item.source.file) for item in made.objects] == [
        ("a", 0, "<stdin>"),
        ("b", 1, "<stdin>"),
    ]
    assert positions.locate_all(made.objects[1], [("metadata", "name")]) == [(11, 3)]


def test_charts_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "charts/a/Chart.yaml", "name: a\n")
    write(tmp_path / "charts/a/templates/x.yaml", "{{ broken }}\n")
    write(tmp_path / "b.yaml", POD.format("b"))
    made = load([tmp_path])
    assert (made.charts, len(made.objects), made.problems) == ([f"{tmp_path}/charts/a"], 1, [])
    assert load([tmp_path / "charts/a"]).charts == [f"{tmp_path}/charts/a"]
    templates = load([tmp_path / "charts/a/templates"])
    assert "Helm template" in templates.problems[0].sentence
    assert templates.empty


def test_lists_are_flattened() -> None:
    pods = {
        "kind": "PodList",
        "apiVersion": "v1",
        "items": [{"metadata": {"name": "b"}}, {"kind": "Odd", "apiVersion": "x/v1"}],
    }
    inner = {
        "kind": "List",
        "apiVersion": "v1",
        "items": [{"kind": "Pod", "metadata": {"name": "a"}}, pods, "text", {"no": "kind"}],
    }
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": [inner, {"kind": "List", "items": []}]})
    found = list(objects_of(Source("a.json", text)))
    assert [repr(item) for item in found] == ["Pod/a", "Pod/b", "x/Odd/"]
    assert found[1].inside == ("items", 0, "items", 1, "items", 0)
    assert found[1].api_version == "v1"
    kept = list(
        objects_of(Source("a.yaml", "apiVersion: x/v1\nkind: AllowList\nspec: {}\n---\nkind: DenyList\nitems: x\n"))
    )
    assert [item.kind for item in kept] == ["x/AllowList", "DenyList"]


def test_documents_that_are_no_objects(tmp_path: Path) -> None:
    file = write(tmp_path / "values.yaml", "# c\n\nreplicas: 1\n---\n- a\n---\n# nothing\n---\nkind: 7\n")
    write(tmp_path / "pod.yaml", POD.format("a"))
    made = load([tmp_path])
    assert made.others == [(str(file), 3), (str(file), 5), (str(file), 9)]
    assert len(made.objects) == 1
    assert not made.problems
    assert "3 documents are no Kubernetes object" in made.notes[0]
    assert str(file) in made.notes[0]
    named = load([file])
    assert [(problem.line, problem.severity) for problem in named.problems] == [
        (3, "error"),
        (5, "error"),
        (9, "error"),
    ]
    assert named.empty


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "kind: Pod\nmetadata: [\n")
    write(tmp_path / "b.yaml", POD.format("b"))
    made = load([tmp_path])
    assert len(made.objects) == 1
    assert [problem[:3] for problem in made.errors] == [(f"{tmp_path}/a.yaml", 3, 1)]


@pytest.mark.parametrize(
    ("content", "line", "column", "part"),
    [
        (b"\x7fELF\x00\x01\x02", 1, 1, "control character (U+007F)"),
        (b"kind: Pod\nname: \xff\xfe\n", 2, 7, "no UTF-8"),
        (b"kind: \x00\n", 1, 7, "control character (U+0000)"),
        (b"a: b: c\n", 1, 5, "quote a value"),
        (b'{"kind": "Pod",,}', 1, 16, ""),
        (b"a: &a [*a]\n", 1, 8, "contains itself"),
        (b"\xff\xfea", 1, 3, "no UTF-8"),
    ],
)
def test_odd_bytes(tmp_path: Path, content: bytes, line: int, column: int, part: str) -> None:
    made = load([write(tmp_path / "a.yaml", content)])
    assert made.empty
    assert [problem[1:3] for problem in made.errors] == [(line, column)]
    assert part in made.errors[0].sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    made = load([write(tmp_path / "a.yaml", POD.format("é").encode(encoding))])
    assert [item.name for item in made.objects] == ["é"]


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n", "---\n---\n"])
def test_nothing_is_said(tmp_path: Path, content: str) -> None:
    made = load([write(tmp_path / "a.yaml", content)])
    assert made.empty
    assert "nothing to check" in made.notes[0]
    assert load(["-"], io.BytesIO(content.encode())).notes
    (tmp_path / "empty").mkdir()
    assert "there is no *.yaml" in load([tmp_path / "empty"]).notes[0]


def test_targets_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    write(tmp_path / "a.yaml", POD.format("a"))
    made = load([tmp_path])
    assert [item.name for item in made.objects] == ["a"]
    assert [Path(problem.file).name for problem in made.errors] == ["gone.yaml", "pipe.yaml"]
    for target, part in (
        ("missing", "no such file"),
        ("pipe.yaml", "no file and no folder"),
        ("self", "cannot be read"),
        ("a\0", ""),
    ):
        found = load([tmp_path / target if "\0" not in target else target])
        assert found.empty
        assert part in found.errors[0].sentence


def test_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a.yaml", POD.format("a"))

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    made = load([file, tmp_path])
    assert ["Permission denied" in problem.sentence for problem in made.errors] == [True, True]


def test_process_substitution(tmp_path: Path) -> None:
    receiver, sender = os.pipe()
    os.write(sender, POD.format("a").encode())
    os.close(sender)
    assert len(load([f"/dev/fd/{receiver}"]).objects) == 1
    os.close(receiver)


def test_hidden_folders_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / ".git/a.yaml", POD.format("a"))
    write(tmp_path / "b.yaml", POD.format("b"))
    made = load([tmp_path])
    assert [item.name for item in made.objects] == ["b"]
    assert "hidden" in made.notes[0]


def test_what_is_nested_as_deep_as_allowed_can_be_walked(tmp_path: Path) -> None:
    """By the recursion of json, pickle and copy, too."""
    depth = goyaml.MAX_DEPTH - 1
    for text in (
        "kind: Pod\na: " + "[" * depth + "]" * depth + "\n",
        '{"kind": "Pod", "a": ' + "[" * depth + "]" * depth + "}",
    ):
        made = load([write(tmp_path / "a.yaml", text)])
        assert not made.problems
        data = made.objects[0].data
        assert json.loads(json.dumps(data)) == pickle.loads(pickle.dumps(data)) == copy.deepcopy(data)  # noqa: S301
    rows = [f"{' ' * number}k:\n" for number in range(5000)]
    started = time.monotonic()
    made = load([write(tmp_path / "a.yaml", "".join(rows))])
    assert "nested more than" in made.errors[0].sentence
    assert time.monotonic() - started < 5


MEASURE = """
import resource, sys, time
from daira.render.manifests import load
started = time.monotonic()
made = load(sys.argv[1:])
assert made.objects or made.errors
seconds = time.monotonic() - started
print(len(made.objects), len(made.errors), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize("sort", ["documents", "one list", "one value", "careful", "too big"])
def test_a_file_of_50_megabytes(tmp_path: Path, sort: str) -> None:
    """Read, or refused, in bounded time and memory."""
    pod = POD + "spec:\n  containers:\n    - name: a\n      image: a:1\n      args: [one, two]\n"
    size = 50 * 2**20
    count = size // len(pod)
    if sort == "documents":
        text = "---\n".join(pod.format(number) for number in range(count))
    elif sort == "one list":
        item = "  - " + pod.replace("\n", "\n    ").rstrip(" ")
        text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(item.format(n) for n in range(size // len(item)))
    elif sort == "one value":
        text = "kind: ConfigMap\ndata:\n  a: |\n" + "    some text in a line\n" * (size // 24)
    elif sort == "careful":
        text = POD + "  finalizers:\n" + "    - &a yes\n" * (size // 80)
    else:
        text = "#" * (MAX_BYTES + 1)
    file = write(tmp_path / "big.yaml", text)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, file], capture_output=True, text=True, timeout=120, check=True
    )
    objects, errors, seconds, megabytes = (float(word) for word in done.stdout.split())
    print(sort, done.stdout)
    assert bool(errors) == (sort == "too big")
    assert objects or errors
    assert seconds < 60
    assert megabytes < 3000


def test_many_documents_that_are_no_objects(tmp_path: Path) -> None:
    """Telling where each one is takes no longer than reading them."""
    started = time.monotonic()
    made = load([write(tmp_path / "a.yaml", "---\na: yes\n" * 50_000 + "---\na: [\n" * 1000)])
    assert len(made.problems) == 51_000
    assert made.problems[0].line == 100_003  # the broken ones are said first
    assert made.problems[-1].line == 100_000
    assert time.monotonic() - started < 30


def test_objects_of_raises_one_sentence() -> None:
    with pytest.raises(DairaError, match=r"a.yaml:2:1: "):
        list(objects_of(Source("a.yaml", "a: [\n")))


def test_shape() -> None:
    assert shape({"on": "push", "jobs": {}}) == {
        "on": "push",
        "jobs": {},
        "apiVersion": "actions.github.com/v1",
        "kind": "Workflow",
    }
    assert shape({"kind": ""}) is shape({"kind": ["Pod"]}) is shape([]) is shape(None) is shape({"jobs": {}}) is None


def test_the_project_itself() -> None:
    found = project(charts.ROOT, [charts.CHART])
    assert not found.problems
    kinds = {item.kind for item in found.objects}
    assert {"actions.github.com/Workflow", "daira.dev/Values", "daira.dev/Template", "kind.x-k8s.io/Cluster"} <= kinds
    files = [item.source.file for item in found.objects if item.kind in ("daira.dev/Values", "daira.dev/Template")]
    assert len(files) == len(set(files))
    values = next(item for item in found.objects if item.source.file.endswith("values/production.yaml"))
    key = next(iter(values.data["values"]))
    line, column = positions.place_of(values, ("values", key))
    assert values.source.text.split("\n")[line - 1][column - 1 :].startswith(f"{key}:")


def test_a_project_with_broken_files(tmp_path: Path) -> None:
    write(tmp_path / ".git/HEAD", "")
    write(tmp_path / ".github/workflows/ci.yml", "on: push\njobs: {a: {}}\n")
    write(tmp_path / ".github/workflows/broken.yml", "on: [\n")
    write(tmp_path / ".gitlab-ci.yml", "stages: [a]\n")
    write(tmp_path / "kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n---\nkind: Pod\n")
    write(tmp_path / "infra/x/audit.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n")
    write(tmp_path / "values/a.yaml", "a: [1\n")
    write(tmp_path / "values/b.yaml", "a: yes\n")
    write(tmp_path / "values/c.yaml", "- a\n")
    write(tmp_path / "values/d.yaml", "")
    write(tmp_path / "charts/a/values.yaml", b"\xff")
    write(tmp_path / "charts/a/templates/x.yaml", "a\nb: {{ x }}\n")
    found = project(tmp_path, [tmp_path / "charts/a"])
    assert [item.kind for item in found.objects] == [
        "actions.github.com/Workflow",
        "gitlab.com/Pipeline",
        "kind.x-k8s.io/Cluster",
        "audit.k8s.io/Policy",
        "daira.dev/Values",
        "daira.dev/Values",
        "daira.dev/Template",
    ]
    assert [item.data["values"] for item in found.objects if item.kind == "daira.dev/Values"] == [{"a": True}, {}]
    assert found.objects[-1].data["lines"] == ["a", "b: {{ x }}"]
    assert [Path(problem.file).name for problem in found.problems] == ["broken.yml", "a.yaml", "c.yaml", "values.yaml"]
    assert project_root(tmp_path / "charts/a") == project_root(tmp_path / "values/a.yaml") == tmp_path
    assert project(tmp_path / "missing").objects == []
    known: list[str | Path] = [f"{tmp_path}/kind.yaml", tmp_path / "values/b.yaml"]
    left = [item.source.file.rpartition("/")[2] for item in project(tmp_path, (), [tmp_path / "x.yaml"], known).objects]
    assert left == ["ci.yml", ".gitlab-ci.yml", "audit.yaml", "d.yaml"]


def test_the_root_of_a_target_outside_of_a_repository(tmp_path: Path) -> None:
    outside = next((path for path in (tmp_path, *tmp_path.parents) if (path / ".git").exists()), None)
    expected = outside or tmp_path / "a"
    assert project_root(write(tmp_path / "a/b.yaml", "")) == expected


def test_loading_imports_nothing_heavy() -> None:
    code = "import sys; from daira.render import manifests; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not {"yaml", "yaml_rs", "jsonschema", "click", "inspect", "subprocess"} & set(done.stdout.split())
