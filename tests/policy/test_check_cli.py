"""`daira check` from its words to its exit code: what is said about odd input, and where findings are."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import signal
import struct
import subprocess  # programs of their own: pipes that close, signals
import sys
import tarfile
import termios
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.chart import conftest as charts

from daira import cli
from daira.policy import engine
from daira.render import helm

ONE = "--select=run-as-non-root"
GOOD = """apiVersion: v1
kind: Pod
metadata: {name: good}
spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a, image: "registry.example.com/a:1"}]}
"""
BAD = """apiVersion: v1
kind: Pod
metadata:
  name: bad
spec:
  containers:
    - name: a
      image: nginx:latest
    - name: b
      image: nginx:latest
      securityContext:
        runAsNonRoot: false
"""
TEMPLATE = """apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
spec:
  securityContext:
    runAsNonRoot: {{ .Values.nonRoot }}
  containers:
    - name: a
      image: {{ .Values.image }}
"""


class Ran(NamedTuple):
    """How a run ended."""

    code: object
    out: str
    err: str


Check = Callable[..., Ran]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory outside of any repository, with helm on the PATH."""
    folder = Path(charts.tools()["helm"]).parent
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def check(here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Runs `daira check` in this process; never ends with a traceback."""

    def run(*words: object, stdin: bytes | None = None) -> Ran:
        if stdin is not None:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["check", *(str(word) for word in words)])
        # what the terminal sees, in UTF-8
        made = Ran(ended.value.code, *capfd.readouterr())
        assert "Traceback" not in made.out + made.err
        assert "internal failure" not in made.out + made.err
        return made

    return run


def write(path: Path, text: str | bytes) -> Path:
    """A file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def chart(folder: Path, template: str = TEMPLATE, values: str = "nonRoot: true\nimage: nginx:1\n") -> Path:
    """A chart with one template."""
    write(folder / "Chart.yaml", f"apiVersion: v2\nname: {folder.name.lower().replace('_', '-')}\nversion: 1.0.0\n")
    write(folder / "values.yaml", values)
    write(folder / "templates" / "pod.yaml", template)
    return folder


def findings(ran: Ran) -> list[dict[str, Any]]:
    """The findings of a JSON report."""
    found: list[dict[str, Any]] = json.loads(ran.out)["findings"]
    return found


# ---- exit codes


def test_clean_and_findings(here: Path, check: Check) -> None:
    """0 without findings, 1 with them, and the summary says so."""
    write(here / "good.yaml", GOOD)
    write(here / "bad.yaml", BAD)
    assert check("good.yaml", ONE) == (0, "1 object, 1 rule: no violations\n", "")
    ran = check("bad.yaml", ONE)
    assert (ran.code, ran.err) == (1, "")
    assert "bad.yaml:7:7: " in ran.out
    assert "bad.yaml:12:9: container b:" in ran.out


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ("run-as-non-root", {"error": 1, "warning": 1, "info": 1, None: 1}),
        ("image-pull-policy", {"error": 0, "warning": 0, "info": 0, None: 0}),
    ],
)
def test_fail_on(here: Path, check: Check, rule: str, codes: dict[str | None, int]) -> None:
    """The default is warning."""
    write(here / "bad.yaml", BAD)
    for least, code in codes.items():
        assert check("bad.yaml", "--select", rule, *(["--fail-on", least] if least else [])).code == code, least


def test_fail_on_each_severity(here: Path, check: Check) -> None:
    """A finding counts from its own severity downwards."""
    from daira.policy.catalog import catalog

    gravity = {"info": 0, "warning": 1, "error": 2}
    write(here / "bad.yaml", BAD)
    ran = check("bad.yaml", "--format", "json")
    by_severity = {found["severity"]: found["rule"] for found in findings(ran) if found["status"] == "fail"}
    assert {"error", "warning"} <= set(by_severity)
    assert {rule.severity for rule in catalog()} <= set(gravity)
    for severity, rule in by_severity.items():
        for least, needed in gravity.items():
            code = check("bad.yaml", "--select", rule, "--fail-on", least).code
            assert code == int(gravity[severity] >= needed), (rule, severity, least)


def test_undecidable_counts_as_info(here: Path, check: Check) -> None:
    """It is never hidden, and fails only with --fail-on info."""
    write(
        here / "pod.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, envFrom: "
        "[{configMapRef: {name: gone}}]}]}}",
    )
    ran = check("pod.yaml", "--select=config-references-exist")
    assert ran.code == 0
    assert "Undecidable here" in ran.out
    assert "1 undecidable" in ran.out
    assert check("pod.yaml", "--select=config-references-exist", "--fail-on=info").code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nonsense"], "No such option"),
        (["--fail-on", "never"], "'never' is not one of"),
        (["--format", "xml"], "'xml' is not one of"),
        (
            ["--select", "run-as-nonroot"],
            "there is no rule and no group 'run-as-nonroot'; did you mean run-as-non-root",
        ),
        (["--ignore", "zzz-*"], "no rule and no group matches 'zzz-*'"),
        (["--select", "non-root", "--ignore", "*"], "leave no rule"),
        (["--kube-version", "1.99"], "--kube-version 1.99 is not known: give one from 1.25 to 1.37"),
        (["--kube-version", "latest"], "--kube-version latest is not known"),
        (["--env", "staging"], "values (-f, --env) are for charts, and no chart is among the targets"),
        (["-f", "values.yaml"], "values (-f, --env) are for charts"),
        (["missing.yaml"], "missing.yaml does not exist: name a chart"),
        (["charts/none"], "charts/none does not exist: name a chart"),
        (["a\0b"], "does not exist"),
        (["x" * 300], "does not exist"),
        (["--exemptions", "none.yaml"], "none.yaml"),
        (["--baseline", "none.json"], "baseline none.json: cannot be read"),
        (["--output", "no/such/folder/report"], "no/such/folder/report: there is no folder no/such/folder"),
        (["--output", "."], "it is a folder"),
        (["--format", "json", "--format", "text"], "--format is there 2 times and --output 0 times"),
    ],
)
def test_wrong_usage(here: Path, check: Check, words: list[str], said: str) -> None:
    """2, and a sentence that says what was wrong."""
    write(here / "good.yaml", GOOD)
    ran = check("good.yaml", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())


def test_no_target_outside_of_a_repository(check: Check) -> None:
    """There is nothing to guess."""
    ran = check()
    assert (ran.code, ran.out) == (2, "")
    assert "no target was given and there is no chart at charts/daira" in ran.err


# ---- charts


def test_a_chart_with_values(here: Path, check: Check) -> None:
    """Finding, template line, and the values key with its line, in whichever file sets it."""
    chart(here / "web")
    write(here / "root.yaml", "image: nginx:2\nnonRoot: false\n")
    assert check("web", ONE).code == 0
    ran = check("web", ONE, "-f", "root.yaml", "--format", "json")
    assert ran.code == 1
    (found,) = findings(ran)
    assert (found["file"], found["line"], found["column"]) == ("web/templates/pod.yaml", 7, 5)
    assert (found["values_key"], found["values_file"], found["values_line"]) == ("nonRoot", "root.yaml", 2)
    # values files are merged in order
    write(here / "again.yaml", "nonRoot: true\n")
    assert check("web", ONE, "-f", "root.yaml", "-f", "again.yaml").code == 0


@pytest.mark.parametrize("name", ["web", "My_Chart", "x" * 70, "a,b", 'a "b"', "1.2"])
def test_charts_of_any_name(here: Path, check: Check, name: str) -> None:
    """The folder's name need not be one that Helm takes for a release or a flag."""
    made = chart(here / "made")
    made.rename(here / name)
    write(here / "va,lues.yaml", "nonRoot: false\n")
    assert check(here / name, ONE).code == 0
    assert check(here / name, ONE, "-f", "va,lues.yaml").code == 1


def test_a_chart_from_inside(here: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """`daira check .`"""
    monkeypatch.chdir(chart(here / "web", values="nonRoot: false\nimage: a\n"))
    ran = check(".", ONE)
    assert ran.code == 1
    assert "templates/pod.yaml:7:5" in ran.out
    assert "there is no *.yaml" not in ran.out


def test_a_packed_chart(here: Path, check: Check) -> None:
    """What is in an archive is named below it."""
    chart(here / "web", values="nonRoot: false\nimage: a\n")
    with tarfile.open(here / "web-1.0.0.tgz", "w:gz") as tar:
        tar.add(here / "web", "web")
    shutil.rmtree(here / "web")
    ran = check("web-1.0.0.tgz", ONE)
    assert ran.code == 1
    assert "web-1.0.0.tgz/web/templates/pod.yaml:7:5" in ran.out
    write(here / "broken.tgz", b"no archive")
    ran = check("broken.tgz", ONE)
    assert (ran.code, ran.out.count("broken.tgz could not be rendered: ")) == (3, 1)


def test_a_folder_with_charts_and_manifests(here: Path, check: Check) -> None:
    """Both are checked, once each."""
    chart(here / "all" / "web", values="nonRoot: false\nimage: a\n")
    write(here / "all" / "bad.yaml", BAD)
    ran = check("all", ONE, "--format", "json")
    assert sorted(found["file"] for found in findings(ran)) == [
        "all/bad.yaml",
        "all/bad.yaml",
        "all/web/templates/pod.yaml",
    ]
    assert json.loads(ran.out)["notes"] == []


def test_the_same_target_twice_is_one(here: Path, check: Check) -> None:
    """Nothing is found in two copies that are one."""
    write(here / "bad.yaml", BAD)
    assert len(findings(check("bad.yaml", "./bad.yaml", ONE, "--format=json"))) == 2


def test_environments(here: Path, check: Check) -> None:
    """--env finds values/ beside the charts; a finding of all environments is told once."""
    chart(here / "charts" / "daira", values="nonRoot: false\nimage: a\n")
    write(here / "values" / "staging.yaml", "{}\n")
    write(here / "values" / "production.yaml", "{}\n")
    write(here / "values" / "development.yaml", "nonRoot: true\n")
    ran = check(ONE)
    assert ran.code == 1
    assert ran.out.count("charts/daira/templates/pod.yaml:7:5") == 1
    assert "in production, staging" in ran.out
    assert "3 objects, 1 rule: 2 violations (2 errors, 1 different ones in 2 environments)" in ran.out
    assert check(ONE, "--env", "development").code == 0
    assert [found["environment"] for found in findings(check(ONE, "--env", "staging", "--format", "json"))] == [
        "staging"
    ]
    ran = check(ONE, "--env", "stagin")
    assert ran.code == 2
    assert "there is no environment stagin for charts/daira: there are development, production, staging" in ran.err


def test_this_repository(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """No TARGET: the chart in every environment, without a note that means nothing."""
    monkeypatch.chdir(charts.ROOT)
    ran = check("--format", "json")
    report = json.loads(ran.out)
    assert ran.code in (0, 1)
    assert report["problems"] == []
    assert "there is no *.yaml" not in ran.out
    assert report["summary"]["objects"] > 100
    assert {found["environment"] for found in report["findings"]} <= {None, *charts.SHIPPED}


def test_values_that_are_not_there(here: Path, check: Check) -> None:
    """2: the command is wrong."""
    chart(here / "web")
    ran = check("web", "-f", "none.yaml")
    assert (ran.code, ran.err) == (
        2,
        "error: the values file none.yaml does not exist: correct the path after -f\n",
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: 1\nb: [1\nc: 2\n", "broken.yaml:3:2: "),
        ("a:\n\tb: 1\n", "broken.yaml:2:1: "),
        ("- 1\n", "broken.yaml"),
        (b"\xff\xfe\x00\x01", "broken.yaml"),
        ("a: " + "[" * 100_000 + "]" * 100_000, "broken.yaml:1:131: mappings and lists are nested more than 128 deep"),
        ("a: " + "[" * 5_000 + "]" * 5_000, "broken.yaml:1:131: mappings and lists are nested more than 128 deep"),
    ],
)
def test_broken_values(here: Path, check: Check, content: str | bytes, said: str) -> None:
    """3, with the place; said once; a manifest beside the chart is checked nevertheless."""
    chart(here / "web")
    write(here / "bad.yaml", BAD)
    write(here / "broken.yaml", content)
    ran = check("web", "bad.yaml", "-f", "broken.yaml", ONE)
    assert ran.code == 3
    assert "web could not be rendered: " in ran.out
    assert said in ran.out
    assert "bad.yaml:7:7" in ran.out
    assert "1 thing could not be checked" in ran.out


def test_a_broken_template(here: Path, check: Check) -> None:
    """3, with the template's line, and the other chart is checked."""
    chart(here / "all" / "broken", template="a: 1\nb: {{ .Values.x.y }}\n")
    chart(here / "all" / "web", values="nonRoot: false\nimage: a\n")
    ran = check("all", ONE)
    assert ran.code == 3
    assert "all/broken could not be rendered: all/broken/templates/pod.yaml:2:" in ran.out
    assert "all/web/templates/pod.yaml:7:5" in ran.out


def test_a_chart_that_renders_nothing(here: Path, check: Check) -> None:
    """Nothing was checked, and that is not well."""
    chart(here / "web", template="{{ if false }}a: 1{{ end }}\n")
    ran = check("web")
    assert ran.code == 3
    assert "web: renders no object" in ran.out
    assert "nothing was checked" in ran.out


def test_without_helm(here: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """3, with what to do; manifests are checked nevertheless."""
    chart(here / "web")
    write(here / "bad.yaml", BAD)
    monkeypatch.setenv("PATH", "/nowhere")
    # the repository that this module is in may have its own
    monkeypatch.setattr(helm, "__file__", str(here / "helm.py"))
    ran = check("web", "bad.yaml", ONE)
    assert ran.code == 3
    assert "helm was not found, and charts are rendered with it: install Helm" in ran.out
    assert "bad.yaml:7:7" in ran.out
    assert check("bad.yaml", ONE).code == 1


# ---- odd manifests


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [1\nb: 2\n", "odd.yaml:2:2: "),
        ("a:\n\t- b\n", "odd.yaml:2:1: "),
        ("a: " + "[" * 200_000, "odd.yaml:1:131: mappings and lists are nested more than 128 deep"),
        (b"\x7fELF\x02\x01\x01\x00\xff\xfe", "binary"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
                for before, after in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "odd.yaml:",
        ),
        ("a: 1\n", "this document is no Kubernetes object"),
        ("{{ if .Values.x }}\na: 1\n{{ end }}\n", "this is a Helm template and no manifest"),
    ],
    ids=["broken", "tabs", "deep", "binary", "bomb", "no-object", "template"],
)
def test_a_broken_file_among_good_ones(here: Path, check: Check, content: str | bytes, said: str) -> None:
    """3, one sentence with the place, quickly, and the others are checked."""
    write(here / "bad.yaml", BAD)
    write(here / "odd.yaml", content)
    began = time.monotonic()
    ran = check("odd.yaml", "bad.yaml", ONE)
    assert time.monotonic() - began < 10
    assert ran.code == 3
    assert said in ran.out
    assert "bad.yaml:7:7" in ran.out
    assert "1 thing could not be checked" in ran.out
    # -q and reports in files: said all the same
    assert said in check("odd.yaml", "bad.yaml", ONE, "-q").err
    assert said in check("odd.yaml", "bad.yaml", ONE, "--format", "json", "-o", "report.json").err


def test_a_big_file(here: Path, check: Check) -> None:
    """Of more than 64 MB: said, not read. Of 50 MB: checked."""
    write(here / "bad.yaml", BAD)
    with (here / "big.yaml").open("wb") as file:
        file.truncate(70 * 2**20)
    ran = check("big.yaml", "bad.yaml", ONE)
    assert ran.code == 3
    assert "big.yaml: is bigger than 64 MB: split it" in ran.out
    assert "bad.yaml:7:7" in ran.out
    block = (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big}}\ndata:\n  a: |\n{'    x' * 20}\n"
        + "    text\n" * 2**10
    )
    write(here / "big.yaml", "---\n".join([block] * (50 * 2**20 // len(block)) + [BAD]))
    began = time.monotonic()
    assert check("big.yaml", ONE).code == 1
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("content", [b"", b"\n", b"---\n", b"# nothing\n", b"null\n"])
def test_empty_stdin(check: Check, content: bytes) -> None:
    """A pipe whose program failed is not a clean check."""
    ran = check("-", stdin=content)
    assert ran.code == 3
    assert "<stdin>: holds no document, there is nothing to check" in ran.out
    assert "nothing was checked" in ran.out
    assert "error: nothing was checked" in check("-", "-q", stdin=content).err


def test_no_stdin_at_all(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed by who started the program, or a folder."""
    monkeypatch.setattr("sys.stdin", None)
    assert check("-").code == 3


def test_empty_folder(here: Path, check: Check) -> None:
    """Nothing was checked."""
    (here / "empty").mkdir()
    ran = check("empty")
    assert ran.code == 3
    assert "empty: there is no *.yaml, *.yml, *.json in this folder" in ran.out


def test_a_folder_without_any_object(here: Path, check: Check) -> None:
    """YAML that is none of Kubernetes is passed over, and nothing was checked."""
    write(here / "values" / "a.yaml", "a: 1\n")
    ran = check("values")
    assert ran.code == 3
    assert "1 document is no Kubernetes object (no `kind`) and not checked: values/a.yaml" in ran.out


def test_links_and_pipes(here: Path, check: Check) -> None:
    """A loop of links ends; a pipe is not waited for."""
    write(here / "all" / "bad.yaml", BAD)
    (here / "all" / "loop").symlink_to(here / "all")
    assert len(findings(check("all", ONE, "--format=json"))) == 2
    os.mkfifo(here / "pipe")
    ran = check("pipe", "all", ONE)
    assert ran.code == 3
    assert "pipe: this is no file and no folder" in ran.out
    os.mkfifo(here / "all" / "pipe.yaml")
    assert check("all", ONE).code == 3
    (here / "all" / "pipe.yaml").unlink()
    chart(here / "web")
    ran = check("web", "-f", "pipe")
    assert (ran.code, "the values file pipe is no file" in ran.err) == (2, True)


def test_what_may_not_be_read(here: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """3 with the reason, and the others are checked. (Permissions do not stop root: the system's answer is made up.)"""
    write(here / "all" / "bad.yaml", BAD)
    write(here / "all" / "secret.yaml", BAD)
    real = os.open

    def refuse(path: Any, *more: Any, **named: Any) -> int:
        if str(path).endswith("secret.yaml"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *more, **named)

    monkeypatch.setattr(os, "open", refuse)
    ran = check("all", ONE)
    assert ran.code == 3
    assert "all/secret.yaml: cannot be read (Permission denied): correct its permissions" in ran.out
    assert "all/bad.yaml:7:7" in ran.out


# ---- where findings are


LIST = """apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: first}
    spec:
      containers:
        - name: a
  - apiVersion: v1
    kind: PodList
    items:
      - metadata: {name: second}
        spec:
          containers: [{name: b}]
"""


@pytest.mark.parametrize(
    "change", [bytes, lambda data: data.replace(b"\n", b"\r\n"), lambda data: b"\xef\xbb\xbf" + data]
)
def test_lines_of_lists(check: Check, change: Callable[[bytes], bytes]) -> None:
    """On stdin, with either line end, with a byte order mark."""
    found = findings(check("-", ONE, "--format", "json", stdin=change(LIST.encode())))
    assert [(one["object"]["name"], one["file"], one["line"], one["column"]) for one in found] == [
        ("first", "<stdin>", 9, 11),
        ("second", "<stdin>", 15, 24),
    ]


def test_lines_of_several_documents(here: Path, check: Check) -> None:
    """Counted from the top of the file."""
    write(here / "all.yaml", f"# first\n---\n{GOOD}---\n---\n{BAD}")
    found = findings(check("all.yaml", ONE, "--format", "json"))
    assert [(one["line"], one["column"], one["path"], one["container"]) for one in found] == [
        (15, 7, "/spec/containers/0/securityContext/runAsNonRoot", "a"),
        (20, 9, "/spec/containers/1/securityContext/runAsNonRoot", "b"),
    ]


def test_json(here: Path, check: Check) -> None:
    """As kubectl writes it."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a"}]}}
    write(here / "pod.json", json.dumps(pod, indent=2))
    (found,) = findings(check("pod.json", ONE, "--format", "json"))
    assert (found["file"], found["line"], found["column"]) == ("pod.json", 9, 7)


# ---- reports


def test_the_json_contract(here: Path, check: Check) -> None:
    """Key by key, in its order, as `../shared/design.md` has it; what is ours comes after."""
    write(here / "bad.yaml", BAD)
    ran = check("bad.yaml", ONE, "--format", "json")
    report = json.loads(ran.out)
    assert list(report)[:3] == ["version", "summary", "findings"]
    assert report["version"] == 1
    assert {key: report["summary"][key] for key in ("objects", "rules", "findings", "exempted")} == {
        "objects": 1,
        "rules": 1,
        "findings": 2,
        "exempted": 0,
    }
    first = report["findings"][0]
    wanted = {
        "rule": "run-as-non-root",
        "checklist": "non-root",
        "severity": "error",
        "status": "fail",
        "message": first["message"],
        "fix": first["fix"],
        "environment": None,
        "object": {"apiVersion": "v1", "kind": "Pod", "namespace": "", "name": "bad"},
        "path": "/spec/containers/0/securityContext/runAsNonRoot",
        "container": "a",
        "file": "bad.yaml",
        "line": 7,
        "column": 7,
        "values_key": None,
        "exempted": None,
    }
    assert {key: first[key] for key in wanted} == wanted
    assert list(first)[: len(wanted)] == list(wanted)
    assert first["message"]
    assert first["fix"]


def test_exempted_findings_say_why(here: Path, check: Check) -> None:
    """By the exemption file found upwards from the target, and not with --no-exemptions."""
    write(here / "all" / "bad.yaml", BAD)
    write(
        here / "daira.exemptions.yaml",
        "exemptions:\n  - {rule: run-as-non-root, name: bad, reason: it has to, expires: 2099-01-01}\n",
    )
    ran = check("all", ONE, "--format", "json")
    assert ran.code == 0, ran.out + ran.err
    assert [found["exempted"] for found in findings(ran)] == [{"reason": "it has to", "expires": "2099-01-01"}] * 2
    assert json.loads(ran.out)["summary"]["exempted"] == 2
    assert check("all", ONE, "--no-exemptions").code == 1


def test_a_baseline_leaves_what_is_new(here: Path, check: Check) -> None:
    """The report of one run is the next one's baseline."""
    write(here / "bad.yaml", BAD)
    assert check("bad.yaml", ONE, "--format", "json", "-o", "base.json").code == 1
    assert check("bad.yaml", ONE, "--baseline", "base.json").code == 0
    write(here / "bad.yaml", "# moved\n" + BAD + "    - name: c\n")
    found = findings(check("bad.yaml", ONE, "--baseline", "base.json", "--format", "json"))
    assert [one["container"] for one in found] == ["c"]


def test_several_reports(here: Path, check: Check) -> None:
    """One run, each format in its place."""
    write(here / "bad.yaml", BAD)
    ran = check("bad.yaml", ONE, "--format", "json", "-o", "report.json", "--format", "text", "-o", "-")
    assert ran.code == 1
    assert "bad.yaml:7:7" in ran.out
    assert json.loads((here / "report.json").read_text(encoding="utf-8"))["summary"]["findings"] == 2


def test_select_and_ignore(here: Path, check: Check) -> None:
    """Rules, groups, globs, several with commas."""
    write(here / "bad.yaml", BAD)

    def rules(*words: str) -> set[str]:
        return {found["rule"] for found in findings(check("bad.yaml", "--format", "json", *words))}

    assert rules("--select", "run-as-non-root,image-tag-latest") == {"run-as-non-root", "image-tag-latest"}
    assert rules("--select", "image-tag-*") == {"image-tag-latest"}
    assert "run-as-non-root" in rules("--select", "pss-*")
    assert "run-as-non-root" not in rules("--select", "pss-*", "--ignore", "run-as-*")
    assert "run-as-non-root" in rules() - rules("--ignore", "pss-restricted")


def test_colour(here: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only on a terminal, and not with NO_COLOR or --no-color."""
    write(here / "bad.yaml", BAD)
    assert "\033" not in check("bad.yaml", ONE).out
    monkeypatch.setattr("daira.report.publish.terminal", lambda stream: True)
    assert "\033[31;1m" in check("bad.yaml", ONE).out
    assert "\033" not in check("bad.yaml", ONE, "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033" not in check("bad.yaml", ONE).out


# ---- processes


def _program(*words: str) -> list[str]:
    return [sys.executable, "-m", "daira", *words]


def test_a_reader_that_leaves(here: Path) -> None:
    """`daira check … | head -1`: nothing is said about it, and the exit code is the check's."""
    write(here / "bad.yaml", "---\n".join(BAD.replace("name: bad", f"name: bad-{number}") for number in range(500)))
    with subprocess.Popen(
        _program("check", "bad.yaml"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 1
        assert process.stderr.read() == ""


def test_a_standard_output_that_is_full(here: Path) -> None:
    """3 and one sentence."""
    write(here / "bad.yaml", BAD)
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            _program("check", "bad.yaml"), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (
        3,
        "error: the report can't be written to the standard output: No space left on device\n",
    )


def _wait_for_reader(process: subprocess.Popen[str]) -> None:
    """Until the program has taken something from its standard input, and so waits for more."""
    assert process.stdin
    process.stdin.write("# something\n")
    process.stdin.flush()
    limit = time.monotonic() + 30
    while struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)))[0]:
        assert time.monotonic() < limit, "the program did not read its standard input within 30 s"
        time.sleep(0.02)


def test_ctrl_c(here: Path) -> None:
    """130 and one sentence."""
    write(here / "bad.yaml", BAD)
    with subprocess.Popen(
        _program("check", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell that starts the tests in the background has it ignored
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
    ) as process:
        _wait_for_reader(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.strip().startswith("interrupted")
    assert len(err.strip().splitlines()) == 1


def test_a_failure_of_its_own(here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """3 and one sentence; the traceback only with -vv."""
    write(here / "bad.yaml", BAD)

    def broken(*given: object) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(engine, "run", broken)
    for words, traceback in (([], False), (["-vv"], True)):
        with pytest.raises(SystemExit) as ended:
            cli.main(["check", "bad.yaml", *words])
        err = capfd.readouterr().err
        assert ended.value.code == 3
        assert "internal failure: KeyError: 'oh'; please report it" in err
        assert ("Traceback" in err) == traceback
