"""The table of deprecated APIs against the schemas of every Kubernetes that is judged for."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from daira.generate import deprecations as made
from daira.render.release import NEWEST, OLDEST

ROWS: list[dict[str, Any]] = yaml.safe_load(made.TABLE.read_text(encoding="utf-8"))
TABLE = {(row["api"], row["kind"]): row for row in ROWS}
SERVED = made.served()


def test_every_version_has_schemas() -> None:
    """Nothing below is empty."""
    assert sorted(SERVED) == list(range(OLDEST[1], NEWEST[1] + 1))
    assert all(("apps/v1", "Deployment") in kinds for kinds in SERVED.values())


def test_what_is_removed_is_not_served_and_what_vanished_is_removed() -> None:
    """The removal of each kind is exactly the version that has it no more."""
    wrong = [
        f"{api} {kind}: removed in {TABLE.get((api, kind), {}).get('removed')}, last served by {last}"
        for (api, kind), last in made.last_seen(SERVED).items()
        if (TABLE.get((api, kind), {}).get("removed") or NEWEST[1] + 1) <= last
        or (last < NEWEST[1] and TABLE.get((api, kind), {}).get("removed") != last + 1)
    ]
    assert wrong == []


def test_every_replacement_is_served_by_the_newest() -> None:
    """A reader is never sent from one dead API to another."""
    dead = {row["use"] for row in ROWS if row["use"]} - {f"{api} {kind}" for api, kind in SERVED[NEWEST[1]]}
    assert dead == set()


def test_the_table_is_sorted_and_has_each_kind_once() -> None:
    """As the generator writes it."""
    rows = [made.Entry(**row) for row in ROWS]
    assert rows == sorted(rows)
    assert len(TABLE) == len(ROWS)
    text = made.TABLE.read_text(encoding="utf-8")
    assert text == made.HEAD + "".join(f"{row.line()}\n" for row in rows)


@pytest.mark.parametrize(
    ("api", "kind", "deprecated", "removed"),
    [
        ("policy/v1beta1", "PodDisruptionBudget", 21, 25),
        ("policy/v1beta1", "PodSecurityPolicy", 21, 25),
        ("batch/v1beta1", "CronJob", 21, 25),
        ("autoscaling/v2beta1", "HorizontalPodAutoscaler", 22, 25),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", 23, 26),
        ("extensions/v1beta1", "Ingress", 14, 22),
        ("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", 26, 29),
        ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", 29, 32),
        ("storage.k8s.io/v1beta1", "CSIStorageCapacity", 24, 27),
        ("v1", "Endpoints", 33, None),
    ],
)
def test_the_deprecation_guide(api: str, kind: str, deprecated: int, removed: int | None) -> None:
    """What Kubernetes' deprecated API migration guide says."""
    row = TABLE[api, kind]
    assert (row["deprecated"], row["removed"]) == (deprecated, removed)


def test_a_lifecycle_file_is_read(tmp_path: Any) -> None:
    """The methods of a type, and none of a List's."""
    folder = tmp_path / "demo" / "v1beta1"
    folder.mkdir(parents=True)
    (folder / "register.go").write_text('const GroupName = "demo.k8s.io"\n')
    methods = "".join(
        f"func (in *{kind}) APILifecycle{what}() (major, minor int) {{\n\treturn 1, {minor}\n}}\n"
        for kind in ("Thing", "ThingList")
        for what, minor in (("Introduced", 20), ("Deprecated", 23), ("Removed", 26))
    )
    (folder / "zz_generated.prerelease-lifecycle.go").write_text(methods)
    found = list(made.entries(tmp_path))
    assert found == [made.Entry("demo.k8s.io/v1beta1", "Thing", 23, 26, "")]
    assert json.loads(json.dumps(found[0].line())).startswith("- {api: demo.k8s.io/v1beta1, kind: Thing")
