"""A chart's render as a Release, and what is said where there is none; `daira render`."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.chart import conftest as charts

from daira.cli import cli
from daira.errors import DairaError, UsageError
from daira.render import gotemplate, helm, manifests, merge
from daira.render.release import Object, Release, Source

FIND = helm.find_helm
FIXTURE = Path(__file__).parent / "charts" / "origin"


def render(chart: Path, *values: Path, **more: object) -> Release:
    """A render with the pinned helm."""
    return helm.render(helm.Job(chart, values, **more), charts.tools()["helm"])  # type: ignore[arg-type]


def chart_with(folder: Path, template: str, **files: str) -> Path:
    """A chart of one template."""
    chart = folder / "tiny"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n", encoding="utf-8")
    (chart / "templates" / "one.yaml").write_text(template, encoding="utf-8")
    for name, text in files.items():
        (chart / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return chart


def test_everything_is_rendered() -> None:
    """Hooks, test pods, CRDs and subcharts; each object knows its file."""
    release = render(FIXTURE, FIXTURE / "more.yaml", release_name="try", environment="here")
    kinds = {item.kind for item in release.objects}
    assert {"CustomResourceDefinition", "Deployment", "ConfigMap", "Pod"} <= kinds
    assert (release.chart, release.environment) == (True, "here")
    files = {Path(item.source.file).relative_to(FIXTURE).as_posix() for item in release.objects}
    assert {"crds/thing.yaml", "templates/tests/hook.yaml", "charts/worker/templates/pod.yaml"} <= files
    assert all((FIXTURE / file).is_file() for file in files)


def test_several_environments_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are rendered at the same time, and parsed one after the other: the fast parser crashes in two threads."""
    parsed_in: set[int] = set()
    original = manifests.objects_of

    def noted(source: Source) -> Iterator[Object]:
        parsed_in.add(threading.get_ident())
        return original(source)

    monkeypatch.setattr(helm, "objects_of", noted)
    jobs = [
        helm.Job(charts.CHART, (charts.ROOT / "values" / f"{name}.yaml",), environment=name) for name in charts.SHIPPED
    ]
    releases = [found for found in helm.render_each(jobs, charts.tools()["helm"]) if isinstance(found, Release)]
    assert [release.environment for release in releases] == list(charts.SHIPPED)
    assert all(len(release.objects) > 40 for release in releases)
    assert parsed_in == {threading.get_ident()}


def test_the_chart_is_told_the_version(tmp_path: Path) -> None:
    """--kube-version reaches the templates."""
    chart = chart_with(
        tmp_path, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: v{{ .Capabilities.KubeVersion.Minor }}\n"
    )
    assert render(chart, kube_version=(1, 29)).objects[0].name == "v29"


def test_what_is_not_there(tmp_path: Path) -> None:
    """Wrong usage: a sentence with the name."""
    with pytest.raises(UsageError, match="there is no chart at nowhere"):
        render(Path("nowhere"))
    with pytest.raises(UsageError, match=r"holds no Chart\.yaml"):
        render(tmp_path)
    with pytest.raises(UsageError, match=r"the values file missing\.yaml does not exist"):
        render(FIXTURE, Path("missing.yaml"))


def test_broken_values_have_a_line(tmp_path: Path) -> None:
    """file:line:column of the values file, not Helm's words."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: 1\nb: [1\nc: 2\n", encoding="utf-8")
    with pytest.raises(helm.RenderFailed, match=r"origin could not be rendered: .*broken\.yaml:3:2: "):
        render(FIXTURE, broken)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("a: {{ fail `no luck` }}\n", r"tiny/templates/one\.yaml:1:6: no luck$"),
        ("a: 1\nb: {{ .Values.x.y }}\n", r"tiny/templates/one\.yaml:2:13: <\.Values\.x\.y>: nil pointer"),
        ("a: {{ nothing }}\n", r'tiny/templates/one\.yaml:1: function "nothing" not defined'),
        ("a: {{ if }}\n", r"tiny/templates/one\.yaml:1: missing value for if"),
        ("apiVersion: v1\nkind: [\n", r"tiny/templates/one\.yaml: YAML parse error"),
        ("a: {{ include `gone` . }}\n", r"tiny/templates/one\.yaml:1:6: .*no template \"gone\""),
    ],
)
def test_a_template_that_fails_has_a_line(tmp_path: Path, template: str, said: str) -> None:
    """Helm's own reason at the user's own file, on one line."""
    chart = chart_with(tmp_path, template)
    with pytest.raises(helm.RenderFailed, match=said) as failed:
        render(chart)
    assert "\n" not in str(failed.value)
    assert "Use --debug" not in str(failed.value)


def test_a_missing_dependency_comes_with_advice(tmp_path: Path) -> None:
    """The one command to run."""
    chart = chart_with(tmp_path, "")
    with (chart / "Chart.yaml").open("a", encoding="utf-8") as file:
        file.write("dependencies:\n  - {name: gone, version: 1.0.0, repository: https://charts.example.com}\n")
    with pytest.raises(helm.RenderFailed, match=r"\(gone\): run `helm dependency build .*tiny`"):
        render(chart)


def test_a_broken_archive_is_no_chart(tmp_path: Path) -> None:
    """A sentence, not a traceback."""
    archive = tmp_path / "x-1.0.0.tgz"
    archive.write_bytes(b"not an archive")
    with pytest.raises(helm.RenderFailed, match=r"x-1\.0\.0\.tgz could not be rendered: "):
        render(archive)


def test_without_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to do about it."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    with pytest.raises(DairaError, match="helm was not found"):
        FIND(tmp_path)


# --- values, as Helm merges them -----------------------------------------------------------------------------------


def test_values_are_merged_as_helm_does(tmp_path: Path) -> None:
    """The oracle is Helm: a template that prints all it was given, in the chart and in a subchart."""
    chart = chart_with(tmp_path, "")
    sub = chart / "charts" / "sub"
    (sub / "templates").mkdir(parents=True)
    (sub / "Chart.yaml").write_text("apiVersion: v2\nname: sub\nversion: 0.1.0\n", encoding="utf-8")
    (chart / "values.yaml").write_text(
        "global: {a: 1}\nkeep: 1\ngone: {one: 1, two: 2, 8080: 3}\nlist: [1, 2]\nsub: {deep: {one: parent}}\n",
        encoding="utf-8",
    )
    (sub / "values.yaml").write_text("deep: {one: own, two: own}\nsubs: null\ngone: 3\n", encoding="utf-8")
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("list: [3]\ngone: {one: null}\nsub: {deep: {two: first}}\nnew: {three: 1}\n", encoding="utf-8")
    second.write_text("sub: {deep: {two: second}, gone: null}\nnew: {four: 2}\n", encoding="utf-8")
    printed = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {all: {{ .Values | toJson | quote }}}\n"
    (chart / "templates" / "one.yaml").write_text(printed % "parent", encoding="utf-8")
    (sub / "templates" / "one.yaml").write_text(printed % "sub", encoding="utf-8")
    release = render(chart, first, second)
    seen = {item.name: json.loads(item.data["data"]["all"]) for item in release.objects}
    values = merge.load(chart, (first, second))
    mine = values.merged
    sub_seen = {key: value for key, value in seen["sub"].items() if key != "global"}
    assert {key: value for key, value in mine["sub"].items() if key != "global"} == sub_seen
    assert {key: value for key, value in mine.items() if key != "sub"} == {
        key: value for key, value in seen["parent"].items() if key != "sub"
    }
    assert values.get(("sub", "global", "a")) == seen["sub"]["global"]["a"] == 1
    assert values.where(("sub", "deep", "two")) == (str(second), 1, 14)
    assert values.where(("sub", "deep", "one")) == (str(chart / "values.yaml"), 5, 14)
    assert values.where(("list", 0)) == (str(first), 1, 8)
    assert values.where(("sub", "global", "a")) == (str(chart / "values.yaml"), 1, 10)


# --- the template language -----------------------------------------------------------------------------------------


def test_templates_are_read_whole() -> None:
    """Every template of the chart: its nodes, put together again, are its text."""
    for path in sorted(charts.CHART.rglob("templates/**/*")):
        if not path.is_file():
            continue
        template = gotemplate.parse(path.name, path.read_text(encoding="utf-8"))
        pieces = sorted(
            {(node.start, node.end) for node in template.root.walk() if node.sort != "root"}
            | {(node.close.start, node.close.end) for node in template.root.walk() if node.close}
        )
        assert "".join(template.text[start:end] for start, end in pieces) == template.text, path


@pytest.mark.parametrize("text", ["{{ if }", "{{ end }}", "{{ if . }}", "{{/* open", "{{ ! }}", "{{ else }}"])
def test_what_is_no_template_is_refused(text: str) -> None:
    """One exception, whatever is wrong."""
    with pytest.raises(gotemplate.BadTemplate):
        gotemplate.parse("x", text)


# --- the command ---------------------------------------------------------------------------------------------------


def call(*words: object) -> Result:
    """daira render."""
    return CliRunner().invoke(cli, ["render", *map(str, words)], catch_exceptions=False)


@pytest.fixture(autouse=True)
def _helm_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm, "find_helm", lambda: charts.tools()["helm"])


def test_render_prints_manifests_with_their_files() -> None:
    """What it prints is the manifests, each below a comment with its template."""
    result = call(FIXTURE, "-f", FIXTURE / "more.yaml")
    assert result.exit_code == 0
    assert f"# Source: {FIXTURE}/templates/deployment.yaml\n" in result.output
    assert len([item for item in yaml.safe_load_all(result.output) if item]) == 9


def test_render_with_origins_changes_nothing() -> None:
    """The comments are comments, the objects stay what they are."""
    job = helm.Job(charts.CHART, (charts.ROOT / "values" / "production.yaml",))
    result = call(charts.CHART, "-f", job.values[0], "--origins")
    plain = call(charts.CHART, "-f", job.values[0])
    assert list(yaml.safe_load_all(result.output)) == list(yaml.safe_load_all(plain.output))
    line = next(line for line in result.output.splitlines() if line.strip().startswith("minReplicas: 3"))
    assert re.search(r"templates/_objects\.tpl:\d+ backend\.autoscaling\.minReplicas$", line)


def test_render_as_json() -> None:
    """Each place with its file, line and values key."""
    found = json.loads(call(FIXTURE, "--format", "json").output)
    deployment = next(item for item in found["objects"] if item["object"]["kind"] == "Deployment")
    replicas = next(one for one in deployment["origins"] if one["path"] == "/spec/replicas")
    assert replicas["line"] == 13
    assert (replicas["values_key"], replicas["values_line"], replicas["values_exact"]) == ("replicas", 3, True)


def test_render_nothing_is_not_well(tmp_path: Path) -> None:
    """A chart that renders nothing was not rendered."""
    with pytest.raises(helm.RenderFailed, match="renders no object"):
        call(chart_with(tmp_path, ""))


def test_render_to_a_file(tmp_path: Path) -> None:
    """--output, and -q for nothing at all."""
    assert call(FIXTURE, "--output", tmp_path / "made.yaml").output == ""
    assert "kind: Deployment" in (tmp_path / "made.yaml").read_text(encoding="utf-8")
    assert call(FIXTURE, "-q").output == ""
    with pytest.raises(UsageError, match="is no Kubernetes version"):
        call(FIXTURE, "--kube-version", "new")
