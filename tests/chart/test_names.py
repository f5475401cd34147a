"""Names and selectors: any release name, two releases side by side, and what of a released chart never changes."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.chart.conftest import CHART, Object, Release, render
from tests.chart.walk import INSTANCE, NAME, pods

FROZEN = Path(__file__).with_name("frozen.yaml")
LONGEST = "a-release-name-that-is-fifty-three-characters-long-ok"
# What the API server takes: RFC 1123 names; Services are stricter (RFC 1035, no dots, no digit in front).
NAME_1123 = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
NAME_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
# The controller adds this many characters to a StatefulSet's name for its pods' revision label, which ends at 63.
ROOM = {"StatefulSet": 52}


def bad_names(objects: list[Object]) -> list[str]:
    """Names and labels the API server would refuse, and names that are taken twice."""
    found = []
    for item in objects:
        name, kind = item["metadata"]["name"], item["kind"]
        pattern = NAME_1035 if kind == "Service" else NAME_1123
        if not (isinstance(name, str) and pattern.fullmatch(name) and len(name) <= ROOM.get(kind, 63)):
            found.append(f"{kind}/{name}")
        metadata = [item["metadata"], *(pod.metadata for pod in pods([item]))]
        for value in (value for one in metadata for value in one.get("labels", {}).values()):
            if not (isinstance(value, str) and LABEL.fullmatch(value) and len(value) <= 63):
                found.append(f"{kind}/{name}: label {value!r}")
    counted = Counter((item["kind"], item["metadata"]["name"]) for item in objects)
    return found + [f"{kind}/{name} twice" for (kind, name), count in counted.items() if count > 1]


def dangling(release: Release) -> list[str]:
    """References inside the release to a name that no object has."""
    names = {
        kind: {item["metadata"]["name"] for item in release.of(kind)} for kind in ("ConfigMap", "Secret", "Service")
    }
    found = []
    for pod in pods(release.objects):
        for volume in pod.spec.get("volumes", []):
            used = [volume, *volume.get("projected", {}).get("sources", [])]
            maps = [it["configMap"]["name"] for it in used if "configMap" in it]
            secrets = [it["secret"].get("secretName", it["secret"].get("name")) for it in used if "secret" in it]
            found += [f"{pod.where}: {it}" for it in maps if it not in names["ConfigMap"]]
            found += [f"{pod.where}: {it}" for it in secrets if it not in names["Secret"]]
        for container in pod.containers:
            for source in container.get("envFrom", []):
                if source["configMapRef"]["name"] not in names["ConfigMap"]:
                    found.append(f"{pod.where}: {source}")
    for item in release.of("StatefulSet"):
        if item["spec"]["serviceName"] not in names["Service"]:
            found.append(f"{item['metadata']['name']}: {item['spec']['serviceName']}")
    for item in release.of("Ingress"):
        for path in item["spec"]["rules"][0]["http"]["paths"]:
            if path["backend"]["service"]["name"] not in names["Service"]:
                found.append(f"Ingress: {path}")
    return found


def hosts(release: Release) -> set[str]:
    """Every Service's name that the configuration and the environment point at."""
    text = json.dumps(
        [item for item in release.objects if item["kind"] in ("ConfigMap", "Deployment", "StatefulSet", "Pod")]
    )
    return set(re.findall(rf"([a-z0-9.-]+)\.{release.namespace}\.svc\.cluster\.local", text)) | set(
        re.findall(r"http://([a-z0-9-]+):3000", text)
    )


@pytest.mark.parametrize("release", ["daira", LONGEST, "backend", "postgres", "monitoring", "x"])
def test_a_release_name_fits_everywhere(release: str) -> None:
    assert len(LONGEST) == 53
    made = render("staging", release=release)
    assert not bad_names(made.objects)
    assert not dangling(made)
    services = {item["metadata"]["name"] for item in made.of("Service")}
    assert hosts(made) and hosts(made) <= services


@given(
    release=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?)?", fullmatch=True)
)
def test_any_release_name_fits(release: str) -> None:
    made = render("staging", release=release)
    assert not bad_names(made.objects)
    assert not dangling(made)
    for pod in pods(made.objects):
        assert pod.metadata["labels"][INSTANCE] == release


@pytest.mark.parametrize("release", ["1abc", "a.b", "123", "true", "null", "0x1f", f"1{'x' * 50}.y"])
def test_a_release_name_that_is_no_word_fits(release: str) -> None:
    """Helm takes names with dots, with a digit in front, and ones that YAML reads as a number or a switch."""
    made = render("staging", release=release)
    assert not bad_names(made.objects)
    assert not dangling(made)


@pytest.mark.parametrize("namespace", ["123", "true"])
def test_a_namespace_that_yaml_reads_as_something_else_stays_text(namespace: str) -> None:
    assert {item["metadata"]["namespace"] for item in render("staging", namespace=namespace).objects} == {namespace}


def test_a_name_that_does_not_fit_is_reported() -> None:
    made: Object = {"kind": "Service", "metadata": {"name": "1abc", "labels": {"a": True}}}
    assert bad_names([made, made]) == ["Service/1abc", "Service/1abc: label True"] * 2 + ["Service/1abc twice"]
    assert bad_names([{"kind": "StatefulSet", "metadata": {"name": "x" * 53}}])


def test_the_guides_names() -> None:
    made = render("staging")
    for kind, names in {
        "Deployment": ("backend", "frontend"),
        "StatefulSet": ("postgres", "redis"),
        "Service": ("backend", "frontend", "postgres", "redis"),
    }.items():
        for name in names:
            assert made.get(kind, name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("daira", "daira-backend"), (f"{LONGEST[:-1]}1", f"{LONGEST[:-1]}2"), ("a", "a-b"), ("a.b", "a-b")],
)
def test_two_releases_in_one_namespace_share_nothing(one: str, other: str) -> None:
    first, second = render("staging", release=one), render("staging", release=other)

    def names(made: Release) -> set[tuple[str, str]]:
        return {(item["kind"], item["metadata"]["name"]) for item in made.objects}

    assert not names(first) & names(second)
    for item in first.objects:
        chosen = item.get("spec", {}).get("selector") or {}
        labels = chosen.get("matchLabels", chosen)
        if labels:
            assert not [pod.where for pod in pods(second.objects) if labels.items() <= pod.metadata["labels"].items()]


def selector(item: Object) -> dict[str, str] | None:
    """The labels an object chooses pods by."""
    spec = item.get("spec") or {}
    chosen = spec.get("podSelector") or spec.get("selector") or {}
    found: dict[str, str] | None = chosen.get("matchLabels", chosen) or None
    return found


@pytest.mark.parametrize("release", ["daira", LONGEST])
def test_a_selector_is_exactly_name_and_instance(release: str) -> None:
    made = render("staging", release=release)
    found = 0
    for item in made.objects:
        labels = selector(item)
        if labels is None or item["metadata"]["name"].endswith("default-deny"):
            continue
        found += 1
        assert set(labels) == {NAME, INSTANCE}, f"{item['kind']}/{item['metadata']['name']}"
        assert labels[INSTANCE] == release
        chosen = [pod for pod in pods(made.objects) if labels.items() <= pod.metadata["labels"].items()]
        assert chosen, f"{item['kind']}/{item['metadata']['name']} chooses no pod"
    assert found >= 37


def frozen(release: Release) -> dict[str, Any]:
    """What nobody may change any more: selectors, volume claims, Services and their ports."""
    made: dict[str, Any] = {"workloads": {}, "services": {}}
    for item in release.objects:
        name, spec = item["metadata"]["name"], item.get("spec") or {}
        if item["kind"] in ("Deployment", "StatefulSet"):
            entry: dict[str, Any] = {"selector": spec["selector"]["matchLabels"]}
            if item["kind"] == "StatefulSet":
                entry["serviceName"] = spec["serviceName"]
                entry["podManagementPolicy"] = spec["podManagementPolicy"]
                entry["volumeClaimTemplates"] = spec["volumeClaimTemplates"]
            made["workloads"][f"{item['kind']}/{name}"] = entry
        elif item["kind"] == "Service":
            entry = {"selector": spec["selector"], "ports": {port["name"]: port["port"] for port in spec["ports"]}}
            if "clusterIP" in spec:
                entry["clusterIP"] = spec["clusterIP"]
            made["services"][name] = entry
    return made


def test_what_never_changes_has_not_changed() -> None:
    """frozen.yaml is written once: a difference here breaks every installed release, so the chart is wrong."""
    assert frozen(render("staging")) == yaml.safe_load(FROZEN.read_text(encoding="utf-8"))


def test_no_switch_touches_what_never_changes() -> None:
    values = {
        "global.imageRegistry": "mirror.example",
        "global.environment": "development",
        "backend.autoscaling.enabled": False,
        "frontend.nginx.ipv6": True,
        "postgres.resources.limits.memory": "1Gi",
    }
    assert frozen(render("staging", values)) == frozen(render("staging"))


@pytest.fixture(scope="module")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart as its next version would be: other numbers, nothing else."""
    folder = tmp_path_factory.mktemp("next") / "daira"
    shutil.copytree(CHART, folder)
    for path in folder.rglob("Chart.yaml"):
        text = path.read_text(encoding="utf-8").replace("0.1.0", "0.2.0")
        path.write_text(re.sub(r"(?m)^appVersion: .*$", 'appVersion: "9.9.9"', text), encoding="utf-8")
    return folder


# The application's own images follow the appVersion, so they are held still here.
TAGS = {"backend.image.tag": "1.0.0", "frontend.image.tag": "1.0.0"}


def test_a_new_chart_version_restarts_no_pod(next_version: Path) -> None:
    def templates(made: Release) -> dict[str, Any]:
        return {
            pod.where: (pod.metadata.get("labels"), pod.metadata.get("annotations"), pod.spec)
            for pod in pods(made.objects)
            if pod.owner["kind"] != "Pod"  # helm test makes these anew each time
        }

    now, then = render("production", TAGS), render("production", TAGS, chart=next_version)
    assert templates(now) == templates(then)
    assert frozen(now) == frozen(then)
    labels = then.get("Deployment", "backend")["metadata"]["labels"]
    assert (labels["app.kubernetes.io/version"], labels["helm.sh/chart"]) == ("9.9.9", "backend-0.2.0")


def test_a_new_app_version_does_reach_the_images(next_version: Path) -> None:
    """The control: the copy is another version."""
    made = render("staging", chart=next_version).get("Deployment", "backend")
    assert made["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":9.9.9")


def test_pods_carry_no_version_labels() -> None:
    for pod in pods(render("staging").objects):
        if pod.owner["kind"] != "Pod":
            assert set(pod.metadata["labels"]) == {NAME, INSTANCE, "app.kubernetes.io/part-of"}, pod.where
