"""daira lint --fix: what it mends, what it leaves alone, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.values.small import chart, run

from daira.render.goyaml import Refused
from daira.render.merge import Layer
from daira.values import edits
from daira.values.found import Edit
from daira.values.overrides import same

# before -> after; None where nothing is touched
FIXED: dict[str, tuple[str, str | None]] = {
    "quote": (
        "# head\nbackend:\n  image:\n    tag:   1.10   # the version\n  config: {A: yes,  B: 'x'}\n",
        '# head\nbackend:\n  image:\n    tag:   "1.10"   # the version\n  config: {A: "yes",  B: \'x\'}\n',
    ),
    "slip": ("backend:\n  repilcas: 3 # three\n", "backend:\n  replicas: 3 # three\n"),
    "case": ("backend:\n  image: {pull_policy: Always}\n", "backend:\n  image: {pullPolicy: Always}\n"),
    "a slip with both set": ("backend:\n  repilcas: 3\n  replicas: 4\n", None),
    "two slips for one": ("backend:\n  repilcas: 3\n  replcas: 4\n", None),
    "another word": ("backend:\n  instances: 3\n", None),
    "unused": (
        "# the file's own\n\nbackend:\n  # its own\n  replicas: 2  # two\n\n  # of the size\n  size: 2Gi\n",
        "# the file's own\n\nbackend:\n\n  # of the size\n  size: 2Gi\n",
    ),
    "unused tree": ("sub:\n  level: debug\nbackend:\n  image:\n    tag: ''\n", "sub:\n  level: debug\n"),
    "unused in one line": ("backend: {replicas: 2, size: 2Gi}\n", None),
    "unused at the top of the file": ("# about the file\nbackend:\n  replicas: 2\n", "# about the file\n"),
    "deprecated": ("backend:\n  # how big\n  oldSize: 2Gi\n", "backend:\n  # how big\n  size: 2Gi\n"),
    "deprecated, elsewhere": (
        "backend:\n  size: 2Gi\n  # which\n  oldSecret: mine\nglobal:\n  environment: prod\nsub: {level: debug}\n",
        "backend:\n  size: 2Gi\nglobal:\n  environment: prod\n  # which\n  existingSecret: mine\nsub: {level: debug}\n",
    ),
    "deprecated, to a new place": (
        "backend:\n  oldSecret: mine\n",
        "global:\n  existingSecret: mine\n",
    ),
    "deprecated with both set": ("backend:\n  oldSize: 2Gi\n  size: 3Gi\n", None),
    "broken": ("backend:\n  image: {tag: 1.10}\n  x: [\n", None),
    "twice the same key": ("backend:\n  image: {tag: 1.10}\nbackend:\n  image: {tag: 1.10}\n", None),
    "anchored": ("backend:\n  image: {tag: &v 1.10}\n", None),
    "windows": ("backend:\r\n  image:\r\n    tag: 1.10\r\n", 'backend:\r\n  image:\r\n    tag: "1.10"\r\n'),
    "no end": ("backend:\n  image:\n    tag: 1.10", 'backend:\n  image:\n    tag: "1.10"'),
    "odd layout": (
        "backend:\n     image:   {tag: 1.10}\n"
        "     config:\n       A: 'x'\n       B: >-\n           long\n           text\n",
        'backend:\n     image:   {tag: "1.10"}\n'
        "     config:\n       A: 'x'\n       B: >-\n           long\n           text\n",
    ),
}


@pytest.mark.parametrize("name", FIXED)
def test_fix(here: Path, name: str) -> None:
    before, after = FIXED[name]
    chart(here)
    file = here / "a.yaml"
    file.write_bytes(before.encode())
    shown = run("lint", "c", "--no-helm", "-f", "a.yaml", "--fix", "--dry-run")
    assert file.read_bytes() == before.encode()
    assert shown.exit_code == (after is not None)
    assert ("+++ a.yaml" in shown.stdout) == (after is not None)
    run("lint", "c", "--no-helm", "-f", "a.yaml", "--fix")
    assert file.read_bytes().decode() == (before if after is None else after)
    again = run("lint", "c", "--no-helm", "-f", "a.yaml", "--fix", "--dry-run")
    assert again.exit_code == 0
    assert "nothing to fix" in again.stderr


def test_it_says_what_it_did_and_lints_the_result(here: Path) -> None:
    chart(here)
    (here / "a.yaml").write_text("backend:\n  repilcas: 3\n  x: 1\n", encoding="utf-8")
    (here / "a.yaml").chmod(0o640)
    ran = run("lint", "c", "--no-helm", "-f", "a.yaml", "--fix")
    assert ran.exit_code == 1
    assert ran.stderr == "renamed `backend.repilcas` to `backend.replicas` (a.yaml:2)\n"
    assert "`backend.x` is not a key" in ran.stdout
    assert "repilcas" not in ran.stdout
    assert (here / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in here.iterdir()) == ["a.yaml", "c"]


def test_what_only_one_environment_does_not_need_stays(here: Path) -> None:
    chart(here)
    (here / "values").mkdir()
    (here / "values/one.yaml").write_text("sub: {level: debug}\n", encoding="utf-8")
    (here / "values/two.yaml").write_text("sub: {list: [1]}\n", encoding="utf-8")
    (here / "a.yaml").write_text("sub:\n  level: info\n", encoding="utf-8")
    run("lint", "c", "--no-helm", "--env", "one", "--env", "two", "-f", "a.yaml", "--fix")
    assert (here / "a.yaml").read_text(encoding="utf-8") == "sub:\n  level: info\n"


def test_the_charts_own_files_are_left_alone(here: Path) -> None:
    root = chart(here, defaults="backend:\n  image: {tag: 1.10}\n  port: 1\n")
    before = (root / "values.yaml").read_bytes()
    assert run("lint", "c", "--no-helm", "--fix").exit_code == 1
    assert (root / "values.yaml").read_bytes() == before


TEXTS = st.text(alphabet="ab:-[]{}&*!|>#'\"%@`,?~ \t\n01.<", max_size=60)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS, st.sampled_from(["quote", "remove", "rename"]), st.data())
def test_an_edit_changes_what_is_said_and_nothing_else(text: str, kind: str, data: st.DataObject) -> None:
    layer = Layer("", text)
    if isinstance(layer.decoded, Refused) or not layer.data:
        return
    key = (data.draw(st.sampled_from(sorted(layer.data))),)
    after = edits.apply(text, Edit(kind, key, ("zz",)))  # type: ignore[arg-type]
    if after is None:
        return
    made = Layer("", after).data
    others = {name: value for name, value in layer.data.items() if name != key[0]}
    assert same({name: value for name, value in made.items() if name not in (key[0], "zz")}, others)
    assert (key[0] in made) == (kind == "quote")
