"""`daira new service` and `daira new environment`: what they make holds at once, and what fails changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from daira import shell
from daira.cli import cli
from daira.errors import UsageError
from daira.generate import edit, environment, service, wiring
from daira.local import toolchain
from daira.local.machine import this_machine

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("charts", "values", "schemas", "tests", ".github", "docs", "k8s", "daira.exemptions.yaml", "pyproject.toml")
LINKED = ("cluster", "images", "README.md", "Makefile", "tools")
LONG = "the-longest-name-there-may-be1"
DIGEST = f"sha256:{'a1' * 32}"
# name -> the words of the command
SERVICES = {
    "w": ["--port", "8080", "--image", "team/worker:1.2.3", "--to", "postgres", "--to", "redis"],
    LONG: ["--port", "65535", "--image", f"team/worker@{DIGEST}", "--from", "frontend", "--from", "w"],
    "a-2": ["--like", "frontend"],
    "alpha": ["--like", "backend", "--image", "team/alpha", "--port", "4000", "--health", "/alive"],
}


def copied(folder: Path) -> Path:
    """A copy of the repository, as far as the commands read and write it."""
    ignore = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        elif source.exists():
            shutil.copy(source, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    return folder


def run(*words: str) -> Result:
    """The command line in the working directory."""
    return CliRunner().invoke(cli, ["new", *words])


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder that is its own."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def inside() -> Iterator[pytest.MonkeyPatch]:
    """The pinned programs in PATH, and a working directory to set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(toolchain.ensure(this_machine())["helm"].parent), prepend=":")
        yield patch


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, inside: pytest.MonkeyPatch) -> Path:
    """A copy nothing is to change."""
    folder = copied(tmp_path_factory.mktemp("untouched"))
    inside.chdir(folder)
    return folder


def objects(folder: Path, env: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What an environment renders, by kind and name."""
    helm = toolchain.ensure(this_machine())["helm"]
    words = [helm, "template", "r", folder / "charts" / "daira", "-f", folder / "values" / f"{env}.yaml"]
    items = [one for one in yaml.safe_load_all(shell.run(words, timeout=60).out) if one]
    return {(one["kind"], one["metadata"]["name"]): one for one in items}


CHANGED = (
    "charts/daira/Chart.yaml",
    "charts/daira/values.yaml",
    "charts/daira/files/edges.yaml",
    "schemas/daira.schema.yaml",
    "tests/chart/objects.yaml",
    "tests/chart/frozen.yaml",
    "daira.exemptions.yaml",
    ".github/workflows/ci-cd.yml",
)


PLAIN = ["--port", "8080", "--image", "team/worker:1.2.3"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Worker", *PLAIN], "is no name for a service"),
        (["1st", *PLAIN], "is no name for a service"),
        (["a_b", *PLAIN], "is no name for a service"),
        (["a-", *PLAIN], "is no name for a service"),
        (["x" * 31, *PLAIN], "31 characters"),
        (["global", *PLAIN], "reserved word"),
        (["on", *PLAIN], "reserved word"),
        (["range", *PLAIN], "reserved word"),
        (["backend", *PLAIN], "is there already"),
        (["migrations", *PLAIN], "is a key of"),
        (["prometheus", *PLAIN], "would meet"),
        (["secrets-pods", *PLAIN], "would meet"),
        (["postgres-init", *PLAIN], "would meet"),
        (["test-api", *PLAIN], "would meet"),
        (["worker"], "needs --image and --port"),
        (["worker", "--port", "8080", "--image", "Team/Worker"], "is no image's name"),
        (["worker", "--port", "8080", "--image", "a/b@sha256:12"], "is no image's name"),
        (["worker", *PLAIN, "--tag", "9"], "differ"),
        (["worker", *PLAIN, "--health", "health"], "is no path"),
        (["worker", *PLAIN, "--from", "nobody"], "is no component"),
        (["worker", *PLAIN, "--to", "tests"], "nobody calls tests"),
        (["worker", "--like", "postgres"], "there is no shape"),
        (["worker", "--port", "8080", "--image", "team/worker:latest"], "image tags float"),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(repository: Path, words: list[str], said: str) -> None:
    before = snapshot(repository)
    done = run("service", *words)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert snapshot(repository) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["QA"], "is no name for an environment"),
        (["defaults"], "reserved word"),
        (["staging"], "is there already"),
        (["qa", "--from", "nowhere"], "there is no environment nowhere"),
    ],
)
def test_an_environment_that_can_not_be_changes_nothing(repository: Path, words: list[str], said: str) -> None:
    before = snapshot(repository)
    done = run("environment", *words)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert snapshot(repository) == before


def test_elsewhere_it_says_where_to_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="top of DAIRA's repository"):
        service.new_service(tmp_path, service.Order("worker"))
    with pytest.raises(UsageError, match="top of DAIRA's repository"):
        environment.new_environment(tmp_path, "qa", "staging")


def test_text_goes_in_where_it_belongs() -> None:
    text = "a:\n  b: 1\n  c:\n    d: 2\n\n# of e\ne: 3\n"
    assert edit.block(text, "c", 2) == "  c:\n    d: 2\n"
    assert edit.after(text, "a", "n: 1\n", file="f", gap="\n").startswith(
        "a:\n  b: 1\n  c:\n    d: 2\n\nn: 1\n\n# of e\n"
    )
    assert edit.listed('  K: [a, "migrate-*", z]\n', "n") == '  K: [a, "migrate-*", n, z]\n'
    assert edit.ordered("s:\n  a:\n  c:\nt:\n  b:\n", "s", "b", "  b:\n") == "s:\n  a:\n  b:\n  c:\nt:\n  b:\n"
    with pytest.raises(UsageError, match="f has no z"):
        edit.after(text, "z", "", file="f")


def test_an_image_is_scanned_once() -> None:
    text = 'scan:\n          - {image: "a:1"}\n'
    assert wiring._scanned(text, "b:2") == 'scan:\n          - {image: "b:2"}\n          - {image: "a:1"}\n'
    assert wiring._scanned(text, "a:1") == text
    assert wiring._scanned("scan: []\n", "b:2") == "scan: []\n"


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("worker", ("", "worker", "", "")),
        ("team/worker:1.2", ("", "team/worker", "1.2", "")),
        ("localhost/worker", ("localhost", "worker", "", "")),
        ("mirror.example:5000/team/worker:1.2", ("mirror.example:5000", "team/worker", "1.2", "")),
        (f"team/worker:1.2@{DIGEST}", ("", "team/worker", "1.2", DIGEST)),
    ],
)
def test_an_image_is_taken_apart(image: str, parts: tuple[str, ...]) -> None:
    found = service.parts(image, "")
    assert tuple(found[key] for key in ("registry", "repository", "tag", "digest")) == parts
