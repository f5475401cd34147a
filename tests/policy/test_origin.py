"""Where a rendered line comes from: measured on the chart, and on one with every way to print a line."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.chart import conftest as charts

from daira import shell
from daira.render import helm, marked, markers, marks, merge, origin
from daira.render.origin import From, Origin
from daira.render.places import places
from daira.render.release import Object, Release
from daira.render.release import Path as Key

FIXTURE = Path(__file__).parent / "charts" / "origin"


@cache
def rendered(environment: str) -> Release:
    """DAIRA's chart in an environment."""
    values = (charts.ROOT / "values" / f"{environment}.yaml",)
    job = helm.Job(charts.CHART, values, environment=environment, release_name="daira")
    return helm.render(job, charts.tools()["helm"])


def fixture(chart: Path = FIXTURE) -> Release:
    """The chart of this test, with more.yaml on top of its values."""
    return helm.render(helm.Job(chart, (chart / "more.yaml",), release_name="try"), charts.tools()["helm"])


def locate(item: Object, path: Key) -> Origin:
    """Where a place comes from."""
    assert isinstance(item.source.origin, From)
    return item.source.origin.rendering.locate(item, path)


def leaves(item: Object) -> list[Key]:
    """Every path of an object that ends in a value."""
    return [path for path, place in places(item.source.text, item.document).items() if place.scalar and path]


def get(release: Release, kind: str, name: str, namespace: str = "") -> Object:
    """An object, by a part of its name."""
    found = [
        item for item in release.objects if item.kind == kind and name in item.name and namespace in item.namespace
    ]
    assert len(found) == 1, found
    return found[0]


def key_path(pointer: str) -> Key:
    """A JSON Pointer as a path."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return tuple(int(step) if step.isdigit() else step for step in steps)


# --- DAIRA's chart: every leaf of every object ---------------------------------------------------------------------


@pytest.mark.parametrize("environment", charts.SHIPPED)
def test_every_place_of_the_chart_is_exact(environment: str) -> None:
    """No place is a guess, and each is in a file and on a line that exist."""
    score: Counter[str] = Counter()
    for item in rendered(environment).objects:
        for path in leaves(item):
            found = locate(item, path)
            score["exact" if found.exact else "guess"] += 1
            lines = Path(found.file).read_text(encoding="utf-8").splitlines()
            assert lines[found.line - 1].strip(), f"{item} {path}: {found}"
            if found.key:
                score["key exact" if found.key.exact else "key guess"] += 1
    print(environment, dict(score))
    assert score["exact"] > 2000
    assert score["guess"] == 0
    assert score["key exact"] > 120


def commented(chart: Path, folder: Path) -> Path:
    """A copy of the chart where each plain `key: value` line ends with a comment that names it: another way to know."""
    copy = folder / "chart"
    shutil.copytree(chart, copy)
    for path in [*copy.rglob("templates/**/*.yaml"), *copy.rglob("templates/**/_*.tpl")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.fullmatch(r"\s*(- )?[\w./-]+:( [\w./-]+)?", line):
                lines[number] = f"{line} #@@{path.relative_to(copy)}:{number + 1}"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return copy


@pytest.mark.parametrize("environment", charts.SHIPPED)
def test_lines_agree_with_comments_that_helm_hands_through(environment: str, tmp_path: Path) -> None:
    """An oracle that shares nothing with the marks: comments in the templates, found again in the manifests."""
    release = rendered(environment)
    values = charts.ROOT / "values" / f"{environment}.yaml"
    job = helm.Job(commented(charts.CHART, tmp_path), (values,), release_name="daira")
    twins = {(item.kind, item.namespace, item.name): item for item in helm.render(job, charts.tools()["helm"]).objects}
    agreed = 0
    for item in release.objects:
        twin = twins.get((item.kind, item.namespace, item.name))
        if twin is None:
            continue
        for path, place in places(twin.source.text, twin.document).items():
            end = twin.source.text.find("\n", place.start)
            comment = re.search(r" #@@(\S+)$", twin.source.text[place.start : end])
            if comment and path:
                found = locate(item, path)
                assert f"{Path(found.file).relative_to(charts.CHART)}:{found.line}" == comment[1], f"{item} {path}"
                agreed += 1
    print(environment, "lines that agree:", agreed)
    assert agreed > 1000


def other(value: Any) -> Any:
    """Another value of the same sort."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str) and re.fullmatch(r"\d+[A-Za-z]*", value):
        digits = re.match(r"\d+", value)
        assert digits
        return f"{int(digits[0]) + 1}{value[digits.end() :]}"
    return f"{value}x" if isinstance(value, str) else None


def test_an_exact_key_changes_its_place() -> None:
    """A sample of the keys that are said to be exact: change the value, and the place changes to it."""
    release = rendered("production")
    keys: dict[Key, tuple[Object, Key]] = {}
    for item in release.objects:
        for path in leaves(item):
            found = locate(item, path)
            if found.key and found.key.exact and all(isinstance(step, str) for step in found.key.path):
                keys.setdefault(found.key.path, (item, path))
    judged = 0
    for number, (key, (item, path)) in enumerate(keys.items()):
        value = other(merge.value_at(item.data, path))
        if number % 6 or value is None:
            continue
        changed = {"values": {".".join(str(step) for step in key): value}}
        if any("." in str(step) for step in key):
            continue
        done = charts.template(
            "production", yaml.safe_dump(charts.nest(changed["values"])), "daira", "default", (), charts.CHART, 0
        )
        if done.code:
            continue  # the chart refuses the value
        twins = [one for one in charts.parse(done.out) if one["kind"] == item.data["kind"]]
        twin = next((one for one in twins if one["metadata"]["name"] == item.name), None)
        assert twin is None or str(merge.value_at(twin, path)) == str(value), f"{key} does not feed {item} {path}"
        judged += 1
    assert judged >= 10


# --- a chart with every way to print a line ------------------------------------------------------------------------

DEPLOYMENT, CONFIG = "templates/deployment.yaml", "templates/config.yaml"
HELPERS, LIBRARY = "templates/_helpers.tpl", "charts/lib/templates/_lib.tpl"
WORKER = "charts/worker/templates/pod.yaml"
POD = "/spec/template/spec"
# object (kind, part of its name, namespace) · place · template file · a text that only the right line of it has ·
# values key (a question mark: a best guess) · where that is set
PLACES = [
    ("Deployment", "app", "", "/spec/replicas", DEPLOYMENT, "replicas:", "replicas", "more.yaml:1"),
    ("Deployment", "app", "", "/metadata/labels/app", HELPERS, "app: {{", None, None),
    ("Deployment", "app", "", "/metadata/labels/zone", LIBRARY, "zone: {{", "global.zone", "values.yaml:2"),
    ("Deployment", "app", "", "/metadata/labels/team", DEPLOYMENT, ".Values.labelKey", "team?", "values.yaml:19"),
    ("Deployment", "app", "", "/metadata/annotations/checksum~1config", DEPLOYMENT, "checksum/config", None, None),
    (
        *("Deployment", "app", "", f"{POD}/containers/0/resources/limits/cpu", HELPERS, "toYaml .resources"),
        *("resources.limits.cpu", "more.yaml:4"),
    ),
    (
        *("Deployment", "app", "", f"{POD}/containers/0/resources/limits/memory", HELPERS, "toYaml .resources"),
        *("resources.limits.memory", "values.yaml:9"),
    ),
    (
        *("Deployment", "app", "", f"{POD}/containers/0/image", HELPERS, "image: {{ printf"),
        *("image.tag?", "values.yaml:6"),
    ),
    (
        *("Deployment", "app", "", f"{POD}/containers/0/env/1/value", DEPLOYMENT, "value: {{ .value"),
        *("extraEnv[1].value", "values.yaml:16"),
    ),
    ("Deployment", "app", "", f"{POD}/containers/0/env/3/name", DEPLOYMENT, 'printf "SETTING_', None, None),
    (
        *("Deployment", "app", "", f"{POD}/containers/0/env/3/value", DEPLOYMENT, "value: {{ $value"),
        *("settings.level", "values.yaml:21"),
    ),
    ("Deployment", "app", "", f"{POD}/containers/1/image", LIBRARY, "sidecar:1", None, None),
    ("Deployment", "app", "", f"{POD}/containers/1/args/0", LIBRARY, "--zone", "global.zone?", "values.yaml:2"),
    (
        *("Deployment", "app", "", f"{POD}/terminationGracePeriodSeconds", DEPLOYMENT, "terminationGrace"),
        *("nested.deeper[0].weight?", "values.yaml:25"),
    ),
    (
        "ConfigMap",
        "config",
        "one",
        "/data/level",
        CONFIG,
        "toYaml .Values.settings",
        "settings.level",
        "values.yaml:21",
    ),
    ("ConfigMap", "config", "one", "/data/inner.yaml", CONFIG, "inner.yaml", None, None),
    ("ConfigMap", "config", "one", "/data/password", CONFIG, "randAlphaNum", None, None),
    (
        "ConfigMap",
        "config",
        "two",
        "/data/level",
        "templates/config-two.yaml",
        "level:",
        "settings.level",
        "values.yaml:21",
    ),
    ("ConfigMap", "host-1", "", "/data/host", CONFIG, "host: {{ $host", "hosts[1]", "values.yaml:17"),
    ("Pod", "red", "", "/metadata/labels/size", WORKER, "size:", "red.size", "values.yaml:29"),
    ("Pod", "blue", "", "/metadata/labels/size", WORKER, "size:", "blue.size", "charts/worker/values.yaml:1"),
    (
        *("Pod", "blue", "", "/spec/containers/0/resources/limits/cpu", WORKER, "limits: {{-"),
        *("blue.limits.cpu", "more.yaml:7"),
    ),
    ("Pod", "try-", "", "/spec/restartPolicy", "templates/tests/hook.yaml", "restartPolicy", None, None),
    ("CustomResourceDefinition", "things", "", "/spec/scope", "crds/thing.yaml", "scope:", None, None),
    # what is missing: the line of what would hold it, and the key that would give it
    (
        "Deployment",
        "app",
        "",
        f"{POD}/containers/0/resources/limits/ephemeral-storage",
        HELPERS,
        "toYaml .resources",
        "resources.limits",
        "more.yaml:3",
    ),
    (
        *("Deployment", "app", "", f"{POD}/containers/0/livenessProbe", HELPERS, "- name: {{ .name }}"),
        *("probe?", "values.yaml:32"),
    ),
    (
        "Deployment",
        "app",
        "",
        f"{POD}/securityContext/runAsNonRoot",
        DEPLOYMENT,
        "    spec:",
        "podSecurityContext?",
        "values.yaml:11",
    ),
    ("Deployment", "app", "", f"{POD}/tolerations", DEPLOYMENT, "    spec:", "tolerations?", "values.yaml:10"),
]


def check_places(release: Release, chart: Path) -> None:
    """All of PLACES hold for a render of the chart."""
    for kind, name, namespace, pointer, file, line, key, where in PLACES:
        found = locate(get(release, kind, name, namespace), key_path(pointer))
        what = f"{kind} {name} {pointer}: {found}"
        lines = (chart / file).read_text(encoding="utf-8").splitlines()
        assert found.exact, what
        assert (found.file, found.line) == (str(chart / file), _only(lines, line)), what
        given = found.key and f"{found.key.key}{'' if found.key.exact else '?'}"
        assert given == key, what
        if found.key:
            assert f"{found.key.file}:{found.key.line}" == f"{chart}/{where}", what


def _only(lines: list[str], text: str) -> int:
    numbers = [number for number, line in enumerate(lines, start=1) if text in line]
    assert len(numbers) == 1, (text, numbers)
    return numbers[0]


def test_every_way_to_print_a_line() -> None:
    """toYaml, range, with, include, tpl, block scalars, a library, aliases, globals, checksums, hooks, CRDs, …"""
    check_places(fixture(), FIXTURE)


def test_line_ends_of_windows(tmp_path: Path) -> None:
    """The same with CRLF in every template."""
    chart = tmp_path / "origin"
    shutil.copytree(FIXTURE, chart)
    for path in [*chart.rglob("templates/**/*.yaml"), *chart.rglob("templates/**/*.tpl")]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    check_places(fixture(chart), chart)


def test_archives(tmp_path: Path) -> None:
    """A chart as an archive, with its subcharts as archives: the places are named inside of them."""
    packed = tmp_path / "packed"
    shutil.copytree(FIXTURE, packed)
    for name in ("lib", "worker"):
        shell.run(["tar", "-czf", packed / "charts" / f"{name}-0.1.0.tgz", "-C", packed / "charts", name], timeout=30)
        shutil.rmtree(packed / "charts" / name)
    release = fixture(packed)
    found = locate(get(release, "Pod", "blue"), ("metadata", "labels", "size"))
    assert (found.file, found.line) == (
        str(packed / "charts" / "worker-0.1.0.tgz" / "worker" / "templates/pod.yaml"),
        7,
    )
    assert found.exact
    assert found.key
    assert found.key.file == str(packed / "charts" / "worker-0.1.0.tgz" / "worker" / "values.yaml")
    shell.run(
        ["helm" if shutil.which("helm") else charts.tools()["helm"], "package", FIXTURE, "-d", tmp_path], timeout=60
    )
    archive = tmp_path / "origin-0.1.0.tgz"
    release = helm.render(helm.Job(archive, release_name="try"), charts.tools()["helm"])
    found = locate(get(release, "Deployment", "app"), ("spec", "replicas"))
    assert found.exact
    assert found.file == str(archive / "origin" / "templates" / "deployment.yaml")
    assert found.key
    assert found.key.file == str(archive / "origin" / "values.yaml")


def test_callers_are_named() -> None:
    """A line of a named template says who printed it, the nearest first."""
    found = locate(get(fixture(), "Deployment", "app"), ("metadata", "labels", "zone"))
    assert [(Path(file).name, line) for file, line in found.callers] == [("_helpers.tpl", 7), ("deployment.yaml", 7)]


# --- red controls --------------------------------------------------------------------------------------------------


def test_a_mark_that_changes_what_is_rendered_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks that reach what a template computes with: the answer for that object is no longer called exact."""
    original = marks.unmark

    def spoilt(text: str, marks: list[marks.Mark]) -> marks.Rendered:
        return original(text.replace("revisionHistoryLimit", "x").replace("selector:", "selectors:"), marks)

    monkeypatch.setattr(marks, "unmark", spoilt)
    release = fixture()
    assert not locate(get(release, "Deployment", "app"), ("spec", "replicas")).exact
    assert locate(get(release, "Pod", "blue"), ("metadata", "labels", "size")).exact, "and only for that"


def test_without_the_marked_render_it_is_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    """The template is searched for the path, and the answer says that it is a guess."""

    def nothing(*_: object) -> tuple[None, str]:
        return None, ""

    release = fixture()
    monkeypatch.setattr(marked, "_attempt", nothing)
    found = locate(get(release, "Deployment", "app"), ("spec", "replicas"))
    assert (Path(found.file).name, found.line, found.exact) == ("deployment.yaml", 13, False)


def test_several_environments_are_prepared_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart is marked once, and each environment answers for itself."""
    jobs = [
        helm.Job(charts.CHART, (charts.ROOT / "values" / f"{name}.yaml",), environment=name) for name in charts.SHIPPED
    ]
    releases = [helm.render(job, charts.tools()["helm"]) for job in jobs]
    origin.prepare_all(releases)
    monkeypatch.setattr(origin, "prepare", None)
    found = [locate(get(release, "Deployment", "-backend"), ("spec", "revisionHistoryLimit")) for release in releases]
    assert all(one.exact for one in found)
    image = key_path("/spec/template/spec/containers/0/image")
    keys = [locate(get(release, "Deployment", "-backend"), image).key for release in releases]
    of_production = keys[charts.SHIPPED.index("production")]
    assert of_production is not None
    assert of_production.file == str(charts.ROOT / "values" / "production.yaml")


def test_a_template_that_cannot_be_marked_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """One template whose marked twin Helm refuses costs the answers for that one only."""
    original = markers.mark

    def broken(*given: Any, **more: Any) -> marks.Marked:
        made = original(*given, **more)
        for file, text in made.files.items():
            if "config-two" in file:
                made.files[file] = text + "{{ fail `no` }}"
        return made

    monkeypatch.setattr(markers, "mark", broken)
    release = fixture()
    assert locate(get(release, "Deployment", "app"), ("spec", "replicas")).exact
    assert not locate(get(release, "ConfigMap", "config", "two"), ("data", "level")).exact
