"""The pss rules say what Kubernetes' own module says, check by check and version by version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy import pods

from daira import shell
from daira.local import gobuild
from daira.local.machine import this_machine
from daira.policy.catalog import Entry, catalog
from daira.render.release import NEWEST, OLDEST, Object, Release, Source, Version

MODULE = gobuild.GoBuild(
    {},
    source="k8s.io/pod-security-admission@v0.37.2",
    checksum="h1:mnfCR7fUzsvtiSiYZD9HTcTJ9cpJDMnQn++9Rq1mlrc=",
)
VERSIONS: list[Version] = [(1, minor) for minor in range(OLDEST[1], NEWEST[1] + 1)]
LEVELS = ("baseline", "restricted")

Data = dict[str, Any]


class Verdict(NamedTuple):
    """What one version says to one object: the failing checks, and whether each level admits it."""

    failing: frozenset[str]
    baseline: bool
    restricted: bool


def check_id(rule: Entry) -> str | None:
    """The upstream check a rule stands for."""
    ids = [name.removeprefix("pss:") for name in rule.meta.standards if name.startswith("pss:")]
    assert len(ids) < 2, f"{rule.name} stands for more than one check"
    return ids[0] if ids else None


RULES = {name: rule for rule in catalog() if (name := check_id(rule))}


@pytest.fixture(scope="session")
def oracle() -> Callable[..., list[Any]]:
    """Run the oracle: its arguments and a text for stdin -> the answers of its lines."""
    folder = Path(__file__).parent / "oracle" / "pss"
    program = gobuild.build(this_machine(), gobuild.GoBuild({"pss": "."}, module=folder), "pss-oracle")["pss"]

    def run(*arguments: str, stdin: str = "") -> list[Any]:
        done = shell.run([program, *arguments], stdin=stdin, timeout=120)
        return [json.loads(line) for line in done.out.splitlines()]

    return run


def theirs(oracle: Callable[..., list[Any]], objects: list[Data]) -> list[list[Verdict]]:
    """Upstream's verdicts: per object, per version."""
    lines = "".join(json.dumps(item) + "\n" for item in objects)
    answers = oracle(f"-oldest={OLDEST[1]}", f"-newest={NEWEST[1]}", stdin=lines)
    broken = [answer["error"] for answer in answers if isinstance(answer, dict)]
    assert not broken, broken
    assert len(answers) == len(objects)
    return [
        [Verdict(frozenset(one["failing"]), one["baseline"], one["restricted"]) for one in answer] for answer in answers
    ]


def ours(objects: list[Data]) -> list[list[Verdict]]:
    """The rules' verdicts, of the same form. All objects are one release: none may be blamed for another."""
    source = Source("pods.json", "")
    made = [Object(item, source) for item in objects]
    number = {id(item): index for index, item in enumerate(made)}
    judged: list[list[Verdict]] = [[] for _ in made]
    for version in VERSIONS:
        release = Release(made, kube_version=version)
        failing: list[set[str]] = [set() for _ in made]
        for name, rule in RULES.items():
            for violation in rule.check(release):
                assert violation.status == "fail"
                failing[number[id(violation.object)]].add(name)
        for index, names in enumerate(failing):
            admitted = [not any(f"pss-{level}" in RULES[name].meta.groups for name in names) for level in LEVELS]
            judged[index].append(Verdict(frozenset(names), *admitted))
    return judged


def differences(oracle: Callable[..., list[Any]], objects: list[Data]) -> list[str]:
    """Where the two disagree, at most ten of it."""
    found = []
    for data, expected, said in zip(objects, theirs(oracle, objects), ours(objects), strict=True):
        for version, one, other in zip(VERSIONS, expected, said, strict=True):
            if one != other:
                found.append(f"{version}: upstream {one}, daira {other}: {json.dumps(data)}")
    return found[:10]


def fixtures() -> Iterator[tuple[str, Version, bool, Data]]:
    """Level, version, whether it is to pass, and pod of every fixture of the module for the versions known here."""
    folder = gobuild.source_folder(this_machine(), MODULE) / "test" / "testdata"
    for level in LEVELS:
        for version in VERSIONS:
            for verdict in ("pass", "fail"):
                for path in sorted((folder / level / f"v{version[0]}.{version[1]}" / verdict).glob("*.yaml")):
                    pod = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
                    yield level, version, verdict == "pass", pod


def test_every_check_is_a_rule_and_every_rule_a_check(oracle: Callable[..., list[Any]]) -> None:
    """Upstream's list is ours, each in its levels' groups; what restricted always replaces is not in its group."""
    (checks,) = oracle("-checks")
    assert sorted(RULES) == sorted(check["id"] for check in checks)
    replaced = {name: since for check in checks for name, since in check["overrides"].items()}
    for check in checks:
        wanted = {f"pss-{check['level']}"}
        if check["level"] == "baseline" and replaced.get(check["id"], NEWEST[1] + 1) > OLDEST[1]:
            wanted.add("pss-restricted")
        groups = {group for group in RULES[check["id"]].meta.groups if group.startswith("pss-")}
        assert groups == wanted, check["id"]


def test_the_module_s_own_fixtures(oracle: Callable[..., list[Any]]) -> None:
    """Check by check for every version, and the verdict that the fixture's folder tells."""
    found = list(fixtures())
    assert len(found) > 1500
    assert {(level, version, passes) for level, version, passes, _ in found} == {
        (level, version, passes) for level in LEVELS for version in VERSIONS for passes in (True, False)
    }
    all_pods = [pod for *_, pod in found]
    assert differences(oracle, all_pods) == []
    said = ours(all_pods)
    for (level, version, passes, pod), verdicts in zip(found, said, strict=True):
        verdict = verdicts[VERSIONS.index(version)]
        assert getattr(verdict, level) == passes, (level, version, pod["metadata"]["name"], verdict)
    # a rule that said nothing, or always something, would have been noticed
    newest = [verdicts[-1].failing for verdicts in said]
    assert set().union(*newest) == set(RULES)
    assert set.intersection(*map(set, newest)) == set()


@settings(max_examples=150)
@given(objects=st.lists(pods.objects(), min_size=1, max_size=12))
def test_random_pods(oracle: Callable[..., list[Any]], objects: list[Data]) -> None:
    """Any object with a pod: the same checks fail in every version, and the same levels admit it."""
    assert differences(oracle, objects) == []


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, -1, 0.0, 1.5, "", "x", "true", [], [[]], [None], {}, {"x": [{}]}]
)


def replaced(value: Any, steps: list[int], junk: object) -> Any:
    """A copy of a tree, in which what the steps lead to (each modulo the size) is `junk`."""
    if not steps or not value or not isinstance(value, dict | list):
        return junk
    if isinstance(value, dict):
        key = list(value)[steps[0] % len(value)]
        return {**value, key: replaced(value[key], steps[1:], junk)}
    index = steps[0] % len(value)
    return [*value[:index], replaced(value[index], steps[1:], junk), *value[index + 1 :]]


@settings(max_examples=150)
@given(data=pods.objects(), steps=st.lists(st.integers(0, 99), max_size=9), junk=JUNK)
def test_wrong_types_never_raise(data: Data, steps: list[int], junk: object) -> None:
    """Any value may stand anywhere below the kind."""
    spoilt = replaced(data, steps, junk)
    if isinstance(spoilt, dict):
        ours([spoilt | {"apiVersion": data["apiVersion"], "kind": data["kind"]}])
