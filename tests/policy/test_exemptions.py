"""Exemptions by file and by annotation: what they cover, when they end, and what is said about them."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.results import OTHER, RULE, WEB, finding, whole

from daira.errors import UsageError
from daira.policy import exemptions
from daira.render.release import Object, Release, Source
from daira.report.result import Exempted, Finding, Problem

TODAY = date(2026, 11, 23)
WHY = "known, see decision 12"
GOOD = f"reason: '{WHY}', expires: 2027-03-01"
KEY = f"daira.dev/exempt.{RULE}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / exemptions.FILE


def _file(here: Path, *entries: str) -> exemptions.Exemptions:
    here.write_text("exemptions:\n" + "".join(f"  - {{ {entry} }}\n" for entry in entries))
    return exemptions.load(here)


def _apply(
    findings: list[Finding], loaded: exemptions.Exemptions = (), annotated: Any = (), **more: Any
) -> tuple[list[bool], list[str]]:
    """Whether each finding is exempted, and the notes."""
    found, notes = exemptions.apply(findings, loaded, annotated, TODAY, **more)
    assert [one._replace(exempted=None) for one in found] == findings
    return [one.exempted is not None for one in found], [str(note) for note in notes]


@pytest.mark.parametrize(
    ("selectors", "covered"),
    [
        ("", True),
        ("kind: Deployment, namespace: shop, name: web, container: app, environment: staging", True),
        ("kind: 'Dep*', namespace: 's?op', name: '[w]eb', container: 'a*', environment: 'st*'", True),
        ("environment: '*'", True),
        ("environment: production", False),
        ("environment: 'prod*'", False),
        ("kind: StatefulSet", False),
        ("kind: deployment", False),
        ("namespace: default", False),
        ("name: we", False),
        ("name: 'x*'", False),
        ("container: side", False),
    ],
)
def test_selectors(here: Path, selectors: str, covered: bool) -> None:
    loaded = _file(here, ", ".join(part for part in (f"rule: {RULE}", selectors, GOOD) if part))
    found, _ = exemptions.apply([finding(environment="staging")], loaded, (), TODAY)
    assert found[0].exempted == (Exempted(WHY, "2027-03-01") if covered else None)


def test_one_container_is_exempted_and_no_other(here: Path) -> None:
    loaded = _file(here, f"rule: {RULE}, container: app, {GOOD}")
    findings = [finding(), finding(container="side"), finding(container=None)]
    assert _apply(findings, loaded)[0] == [True, False, False]


def test_one_rule_is_exempted_and_no_other(here: Path) -> None:
    """kube-score#542: one ignore disabled everything."""
    for loaded, annotated in ((_file(here, f"rule: {RULE}, {GOOD}"), []), ((), [_deployment({KEY: _value()})])):
        assert _apply([finding(), finding(rule=OTHER)], loaded, annotated)[0] == [True, False]


@pytest.mark.parametrize("rule", ["non-root", "pss-restricted", "run-as-*", "'*'"])
def test_rules_by_group_and_glob(here: Path, rule: str) -> None:
    assert _apply([finding()], _file(here, f"rule: {rule}, {GOOD}"))[0] == [True]


def test_the_name_of_a_rule_and_a_group_is_the_rule(here: Path) -> None:
    """An exemption means as little as it can."""
    (loaded,) = _file(here, f"rule: waf, {GOOD}")
    assert loaded.rules == {"waf"}


def test_undecidable_findings_can_be_exempted_too(here: Path) -> None:
    assert _apply([whole()], _file(here, f"rule: {RULE}, {GOOD}"))[0] == [True]


@pytest.mark.parametrize(("expires", "counts"), [("2026-11-22", False), ("2026-11-23", True), ("2026-11-24", True)])
def test_the_last_day_is_the_one_named(here: Path, expires: str, counts: bool) -> None:
    loaded = _file(here, f"rule: {RULE}, reason: r, expires: {expires}")
    exempted, notes = _apply([finding(), finding(rule=OTHER)], loaded)
    assert exempted == [counts, False]
    expired = (
        f"daira.exemptions.yaml:2:5: the exemption of {RULE} expired on 2026-11-22: 1 finding counts again; renew it "
        "with its reason, or remove it"
    )
    assert notes == ([] if counts else [expired])


def test_a_valid_one_beside_an_expired_one(here: Path) -> None:
    loaded = _file(here, f"rule: {RULE}, reason: r, expires: 2026-01-01", f"rule: {RULE}, {GOOD}")
    exempted, notes = _apply([finding()], loaded)
    assert exempted == [True]
    assert len(notes) == 1
    assert "expired on 2026-01-01: no finding needs it" in notes[0]


def test_unused_is_said_only_where_the_run_could_have_used_it(here: Path) -> None:
    loaded = _file(here, f"rule: {RULE}, environment: staging, {GOOD}")
    staging = Release([], environment="staging")
    unused = (
        f"daira.exemptions.yaml:2:5: the exemption of {RULE} exempts nothing: no finding needs it any more; remove it"
    )
    assert _apply([finding(rule=OTHER)], loaded, [staging])[1] == [unused]
    assert _apply([], loaded, [staging], rules={RULE})[1] == [unused]
    assert _apply([], loaded, [staging], rules={OTHER})[1] == []
    assert _apply([], loaded, [Release([], environment="production")])[1] == []
    assert _apply([], loaded, [staging], complete=False)[1] == []
    assert _apply([finding(environment="staging")], loaded, [staging])[1] == []


def test_two_that_cover_the_same_are_both_in_use(here: Path) -> None:
    loaded = _file(here, f"rule: {RULE}, {GOOD}", f"rule: {RULE}, name: web, {GOOD}")
    assert _apply([finding()], loaded) == ([True], [])


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("- a", 1, "has to be a mapping with exemptions"),
        ("exemption: []", 1, "no key 'exemption'; did you mean exemptions?"),
        ("exemptions: []\nmore: 1", 2, "no key 'more'"),
        ("exemptions: {}", 1, "has to be a list"),
        ("exemptions: [a]", 1, "has to be a mapping with rule"),
        ("exemptions:\n- reason: r\n  expires: 2027-01-01", 2, "names no `rule`"),
        (f"exemptions:\n- rule: {RULE}\n  expires: 2027-01-01", 2, "has no `reason`"),
        (f"exemptions:\n- rule: {RULE}\n  reason: r", 2, "has no `expires`"),
        (f"exemptions:\n- rule: {RULE}\n  reason: ' '\n  expires: 2027-01-01", 3, "`reason` has to be a text"),
        (f"exemptions:\n- rule: {RULE}\n  reason:\n  expires: 2027-01-01", 3, "`reason` has to be a text"),
        (f"exemptions:\n- rule: {RULE}\n  reason: [r]\n  expires: 2027-01-01", 3, "`reason` has to be a text"),
        (f"exemptions:\n- rule: {RULE}\n  reason: r\n  expires: soon", 4, "'soon' is not a date"),
        (f"exemptions:\n- rule: {RULE}\n  reason: r\n  expires: 2027-02-30", 4, "is not a date: day is out of range"),
        (f"exemptions:\n- rule: {RULE}\n  reason: r\n  expires: 20270301", 4, "write it as YYYY-MM-DD"),
        ("exemptions:\n- reason: r\n  expires: 2027-01-01\n  rule: run-as-nonroot", 4, "did you mean run-as-non-root"),
        ("exemptions:\n- rule: 'zz*'\n  reason: r\n  expires: 2027-01-01", 2, "no rule and no group matches"),
        (f"exemptions:\n- rule: {RULE}\n  reasn: r", 3, "no key 'reasn'; did you mean reason?"),
        (f"exemptions:\n- rule: {RULE}\n  rule: {RULE}", 3, "'rule' is there twice"),
        ("exemptions:\n  - {", 3, "not YAML"),
        ("a\0b", None, "not YAML"),
        ("{? [a] : b}", 1, "has no key"),
        ("--- \nexemptions: []\n---\nexemptions: []", 3, "not YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(here: Path, text: str, line: int | None, why: str) -> None:
    here.write_text(text)
    with pytest.raises(UsageError) as caught:
        exemptions.load(here)
    assert why in str(caught.value)
    assert str(caught.value).startswith(f"daira.exemptions.yaml:{line}:" if line else "daira.exemptions.yaml")


@pytest.mark.parametrize("text", ["", "# nothing yet", "exemptions:", "exemptions: []", "\ufeffexemptions: []"])
def test_an_empty_file_exempts_nothing(here: Path, text: str) -> None:
    here.write_text(text, encoding="utf-8")
    assert exemptions.load(here) == ()


def test_a_file_that_cannot_be_read(here: Path) -> None:
    here.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        exemptions.load(here)


def test_the_nearest_file_above_the_target(tmp_path: Path) -> None:
    target = tmp_path / "repository" / "charts" / "web"
    target.mkdir(parents=True)
    (target / "Chart.yaml").touch()
    assert exemptions.discover(target / "Chart.yaml") is None
    (tmp_path / exemptions.FILE).touch()
    assert exemptions.discover(target) == tmp_path / exemptions.FILE
    (tmp_path / "repository" / ".git").mkdir()
    assert exemptions.discover(target) is None, "looked above the repository"
    (tmp_path / "repository" / exemptions.FILE).touch()
    assert exemptions.discover(target / "Chart.yaml") == tmp_path / "repository" / exemptions.FILE
    (target / exemptions.FILE).touch()
    assert exemptions.discover(target) == target / exemptions.FILE


def _value(reason: str = WHY, expires: str = "2027-03-01") -> str:
    return f"{reason}; expires={expires}"


def _deployment(
    annotations: Any = None, template: Any = None, *, file: str = "chart/templates/web.yaml", name: str = "web"
) -> Object:
    return Object(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "shop", "annotations": annotations},
            "spec": {"template": {"metadata": {"annotations": template}}},
        },
        Source(file, ""),
    )


def test_an_annotation_exempts_the_object_and_its_pod() -> None:
    """kube-score#488 and #102: on the Deployment or on its pod template, it is the same."""
    findings = [finding(), finding(container="side"), finding(path="/spec", container=None)]
    other = [finding(subject=WEB._replace(name="other")), finding(subject=WEB._replace(namespace="x"))]
    for annotated in (_deployment({KEY: _value("a; b")}), _deployment(None, {KEY: _value("a; b")})):
        exempted, notes = _apply([*findings, *other], (), [annotated])
        assert exempted == [True, True, True, False, False]
        assert notes == []
        found, _ = exemptions.apply([finding()], (), [annotated], TODAY)
        assert found[0].exempted == Exempted("a; b", "2027-03-01")


def test_an_annotation_down_to_one_container() -> None:
    annotated = [_deployment({f"{KEY}.side": _value()})]
    assert _apply([finding(), finding(container="side")], (), annotated)[0] == [False, True]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        (KEY, "only a reason", "does not end with an expiry date"),
        (KEY, "expires=2027-03-01", "it gives no reason"),
        (KEY, "; expires=2027-03-01", "it gives no reason"),
        (KEY, "why; expires 2027-03-01", "does not end with an expiry date"),
        (KEY, "why; expires=1.3.2027", "'1.3.2027' is not a date"),
        (KEY, "", "does not end with an expiry date"),
        (KEY, True, "its value is not a text"),
        (KEY, None, "its value is not a text"),
        (KEY, ["x"], "its value is not a text"),
        (f"{KEY}s", _value(), "did you mean run-as-non-root"),
        ("daira.dev/exempt.", _value(), "there is no rule"),
    ],
)
def test_a_malformed_annotation_is_said_and_does_not_count(key: str, value: object, why: str) -> None:
    exempted, (note,) = _apply([finding()], (), [_deployment({key: value})])
    assert exempted == [False]
    assert f"annotation {key} of Deployment/web is not an exemption and does not count: " in note
    assert why in note
    assert note.startswith("chart/templates/web.yaml: ")


def test_annotations_expire_and_go_unused_as_well() -> None:
    annotated = [_deployment({KEY: _value(expires="2026-01-01"), f"daira.dev/exempt.{OTHER}": _value()})]
    exempted, (expired, unused) = _apply([finding()], (), annotated)
    assert exempted == [False]
    assert f"annotation {KEY} of Deployment/web expired on 2026-01-01: 1 finding counts again" in expired
    assert f"annotation daira.dev/exempt.{OTHER} of Deployment/web exempts nothing" in unused


def test_a_templates_annotation_is_one_in_all_environments() -> None:
    """Needed in production alone it is in use; what is wrong with it is said once."""
    releases = [
        Release([_deployment({KEY: _value(), f"{KEY}.x": "bad"})], environment=name, chart=True)
        for name in ("staging", "production")
    ]
    exempted, notes = _apply([finding(environment="production")], (), releases)
    assert exempted == [True]
    assert len(notes) == 1
    assert "is not an exemption" in notes[0]


def test_an_annotation_of_one_environment_says_nothing_about_another() -> None:
    staging = Release([_deployment({KEY: _value()})], environment="staging", chart=True)
    production = Release([_deployment()], environment="production", chart=True)
    findings = [finding(environment="staging"), finding(environment="production")]
    assert _apply(findings, (), [staging, production])[0] == [True, False]


def test_an_annotation_in_one_manifest_says_nothing_about_its_namesake_in_another() -> None:
    release = Release([_deployment({KEY: _value()}, file="a.yaml"), _deployment(file="b.yaml")])
    assert _apply([finding(file="a.yaml"), finding(file="b.yaml")], (), [release])[0] == [True, False]


def test_the_line_of_an_annotation_is_told() -> None:
    note = exemptions.apply(
        [], (), [_deployment({KEY: "bad"})], TODAY, locate=lambda _: ("t.yaml", 7, 3, False, None, None, 0)
    )[1][0]
    assert note[1:] == ("t.yaml", 7, 3)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([KEY, "metadata", "annotations", "template", 1]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(metadata=TREES, spec=TREES)
def test_wrong_types_never_raise(metadata: object, spec: object) -> None:
    item = Object({"apiVersion": "v1", "kind": "Deployment", "metadata": metadata, "spec": spec}, Source("x", ""))
    exemptions.apply([finding()], (), [item], TODAY)


def test_nothing_to_exempt_costs_nothing_and_much_little() -> None:
    """Without any the list itself comes back; 200,000 findings and 10,000 annotated objects are no quadratic loop."""
    objects = [_deployment({KEY: _value()}, name=f"web-{number}") for number in range(10_000)]
    findings = [finding(subject=WEB._replace(name=item.name)) for item in objects for _ in range(20)]
    same, notes = exemptions.apply(findings, (), [Release([_deployment()])], TODAY)
    assert same is findings
    assert notes == []
    began = time.process_time()
    found, _ = exemptions.apply(findings, (), [Release(objects)], TODAY)
    assert all(one.exempted for one in found)
    assert time.process_time() - began < 10


def test_notes_are_problems(here: Path) -> None:
    (note,) = exemptions.apply([], _file(here, f"rule: {RULE}, {GOOD}"), (), TODAY)[1]
    assert isinstance(note, Problem)
    assert (note.file, note.line, note.column) == ("daira.exemptions.yaml", 2, 5)
