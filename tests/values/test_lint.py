"""daira lint: each rule with what it catches, what it leaves alone, and where it points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.values.small import SCHEMA, chart, findings, run, told

from daira.values.rules import rules

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijklmnop"
# text of a values file -> what is found in it: rule, key, line, column
BAD: dict[str, tuple[str, list[tuple[str, str, int, int]]]] = {
    "tab": ("backend:\n\treplicas: 3\n", [("syntax", "", 2, 1)]),
    "broken": ("backend: [1\n", [("syntax", "", 2, 1)]),
    "a list": ("- a\n", [("syntax", "", 1, 1)]),
    "a scalar": ("hello\n", [("syntax", "", 1, 1)]),
    "no anchor": ("backend: *x\n", [("syntax", "", 1, 10)]),
    "duplicate": ("sub: {level: debug}\nsub: {level: debug}\n", [("duplicate-key", "sub", 2, 1)]),
    "documents": ("sub: {level: debug}\n---\na: 1\n", [("several-documents", "", 2, 1)]),
    "unknown": ("backend:\n  replicaCount: 3\n", [("unknown-key", "backend.replicaCount", 2, 3)]),
    "unknown at the top": ("existingSecret: x\n", [("unknown-key", "existingSecret", 1, 1)]),
    "unknown in a subchart": ("sub:\n  x: 1\n", [("unknown-key", "sub.x", 2, 3)]),
    "missing": ("backend:\n  port: {number: 1}\n", [("missing-key", "backend.port.name", 2, 3)]),
    "missing by null": ("backend:\n  port: null\n", [("missing-key", "backend.port", 2, 3)]),
    "type": ("backend: {replicas: two}\n", [("wrong-type", "backend.replicas", 1, 11)]),
    "type of all": ("backend: {port: x}\n", [("wrong-type", "backend.port", 1, 11)]),
    "version": ("backend:\n  image:\n    tag: 1.10\n", [("unquoted-string", "backend.image.tag", 3, 5)]),
    "yes": ("backend:\n  config: {A: yes}\n", [("unquoted-string", "backend.config.A", 2, 12)]),
    "octal": ("backend:\n  config: {A: 0777}\n", [("unquoted-string", "backend.config.A", 2, 12)]),
    "exponent": ("backend:\n  config: {A: 5e3}\n", [("unquoted-string", "backend.config.A", 2, 12)]),
    "enum": ("sub: {level: debg}\n", [("not-allowed", "sub.level", 1, 7)]),
    "minimum": ("backend: {replicas: 0}\n", [("not-allowed", "backend.replicas", 1, 11)]),
    "pattern": ("backend: {size: 1GB}\n", [("not-allowed", "backend.size", 1, 11)]),
    "item": ("sub: {list: [1, a]}\n", [("wrong-type", "sub.list[1]", 1, 17)]),
    "together": (
        "backend:\n  autoscaling: {enabled: true}\n",
        [("contradiction", "backend.autoscaling.minReplicas", 2, 3)],
    ),
    "deprecated": ("backend: {oldSize: 2Gi}\n", [("deprecated-key", "backend.oldSize", 1, 11)]),
    "deprecated in a subchart": ("sub: {verbosity: debug}\n", [("deprecated-key", "sub.verbosity", 1, 7)]),
    "unused": ("backend: {replicas: 2, size: 2Gi}\n", [("unused-override", "backend.replicas", 1, 11)]),
    "unused tree": ("backend:\n  image:\n    tag: ''\n", [("unused-override", "backend.image.tag", 3, 5)]),
    "unused list": ("sub: {list: [1, 2, 3]}\n", [("unused-override", "sub.list", 1, 7)]),
    "unused empty": ("sub: {map: {}}\n", [("unused-override", "sub.map", 1, 7)]),
    "unused null": (
        "backend: {oldSize: null, size: 2Gi}\n",
        [("deprecated-key", "backend.oldSize", 1, 11), ("unused-override", "backend.oldSize", 1, 11)],
    ),
    "secret": ("backend: {password: h7-k2-q9}\n", [("secret", "backend.password", 1, 11)]),
    "token": (f"backend: {{config: {{A: {JWT}}}}}\n", [("secret", "backend.config.A", 1, 20)]),
    "address": ("backend: {config: {A: 'redis://u:pw@h:1'}}\n", [("secret", "backend.config.A", 1, 20)]),
    "random": ("backend: {config: {A: 'Zm9vYmFy8Qx3LpT7vWc2Rk5NsJdH'}}\n", [("secret", "backend.config.A", 1, 20)]),
    "merge key": (
        "backend:\n  config: &a {A: x}\nsub:\n  map:\n    <<: *a\n    B: {<<: [*a]}\n  z: 1\n",
        [("unknown-key", "sub.z", 7, 3)],
    ),
}
GOOD = {
    "nothing": "",
    "a comment": "# nothing\n",
    "null takes away": "sub: {map: {a: null}}\n",
    "quoted": 'backend: {image: {tag: "1.10"}, config: {A: "yes"}}\n',
    "global open": "global: {other: 1}\n",
    "global below a subchart": "sub: {global: {x: 1}}\n",
    "a Secret's name": "global: {existingSecret: my-secrets}\n",
    "placeholder": "backend: {password: '${PASSWORD}'}\n",
    "empty secret": "backend: {password: null, size: 2Gi}\n",
    "merged keys twice": "backend:\n  config:\n    <<: {A: x, B: w}\n    A: z\n",
    "a digest": f"backend: {{config: {{imageDigest: 'sha256:{'0123456789abcdef' * 4}'}}}}\n",
    "a shorter list": "sub: {list: [1, 2]}\n",
    "windows": "backend:\r\n  replicas: 3\r\n",
    "one and true": "sub: {map: {a: true}}\n",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong(here: Path, name: str) -> None:
    text, wanted = BAD[name]
    chart(here)
    assert told(here, text) == [(rule, key, "a.yaml", line, column) for rule, key, line, column in wanted]


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right(here: Path, name: str) -> None:
    chart(here)
    assert told(here, GOOD[name]) == []


def test_every_rule_that_judges_a_file_has_a_case() -> None:
    cases = {rule for _, wanted in BAD.values() for rule, *_ in wanted} | {"undeclared-key", "drift"}
    cases |= {"helm-error", "helm-warning", "helm-advice"}
    assert {rule.removeprefix("values-") for rule in rules()} == cases


def test_the_file_that_wins_is_named(here: Path) -> None:
    chart(here)
    assert told(here, "sub: {level: debug}\n", "sub:\n  level: x\n") == [("not-allowed", "sub.level", "b.yaml", 2, 3)]
    # what a later file hides is still wrong in its own
    assert told(here, "sub: {level: x}\n", "sub:\n  level: debug\n") == [("not-allowed", "sub.level", "a.yaml", 1, 7)]
    # a list replaces the whole list, so a longer one below has no say
    assert told(here, "sub: {list: [4, 5]}\n", "sub: {list: [a]}\n") == [("wrong-type", "sub.list[0]", "b.yaml", 1, 14)]


def test_messages(here: Path) -> None:
    chart(here)
    text = "backend:\n  replicaCount: 3\n  port: {number: 1}\n  image: {pullPolicy: always}\nexistingSecret: x\n"
    said = {one["values_key"]: one["message"] for one in findings(here, text)}
    assert said["backend.replicaCount"] == (
        "`backend.replicaCount` is not a key of this chart; did you mean `backend.replicas`? "
        "(backend.replicas: How many pods run.)"
    )
    assert "did you mean `global.existingSecret`?" in said["existingSecret"]
    assert "the whole" not in said["backend.port.name"]
    assert said["backend.image.pullPolicy"].endswith(
        '"always"; allowed is one of "Always", "IfNotPresent", "Never"; did you mean "Always"?'
    )


def test_a_secret_is_never_shown(here: Path) -> None:
    chart(here)
    (here / "a.yaml").write_text("backend:\n  password: [hfh39wkq22ms]\n  apiToken: hfh39wkq22ms\n", encoding="utf-8")
    for form in ("text", "json", "sarif", "junit", "github"):
        ran = run("lint", "c", "-f", "a.yaml", "--format", form)
        assert ran.exit_code == 1
        assert "hfh39wkq22ms" not in ran.output


def test_without_a_schema(here: Path) -> None:
    chart(here, schema=None)
    text = "backend:\n  replicaCuont: 3\n  replcas: 1\n  config: {ANY: x}\n  image: {tag: 1.10}\n"
    text += "global: {any: 1}\nsub: {map: {b: 1}}\n"
    assert told(here, text) == [
        ("undeclared-key", "backend.replicaCuont", "a.yaml", 2, 3),
        ("undeclared-key", "backend.replcas", "a.yaml", 3, 3),
        ("unquoted-string", "backend.image.tag", "a.yaml", 5, 11),
        ("undeclared-key", "sub.map.b", "a.yaml", 7, 13),
    ]
    ran = run("lint", "c", "--no-helm")
    assert ran.exit_code == 0
    assert "the chart has no values.schema.json" in ran.output


@pytest.mark.parametrize(
    "draft",
    [
        "http://json-schema.org/draft-07/schema#",
        "http://json-schema.org/draft-04/schema#",
        "",
        "https://json-schema.org/draft/2019-09/schema",
    ],
)
def test_any_draft(here: Path, draft: str) -> None:
    chart(here, schema={**({"$schema": draft} if draft else {}), "properties": {"a": {"type": "string"}}}, sub=False)
    assert ("unquoted-string", "a", "a.yaml", 1, 1) in told(here, "a: 1\n")


@pytest.mark.parametrize(
    "schema",
    [{"$ref": "#/nowhere"}, {"type": 3}, {"pattern": "["}, {"properties": {"backend": {"$ref": "https://x/y"}}}, [], 3],
)
def test_a_schema_that_cannot_be_used_is_said(here: Path, schema: Any) -> None:
    chart(here, schema=schema, sub=False)
    ran = run("lint", "c", "--no-helm")
    if schema != {"pattern": "["}:
        assert ran.exit_code == 3
        assert "the schema can't be used" in ran.output


def test_a_subchart_that_is_off_is_not_asked(here: Path) -> None:
    root = chart(here, schema=None)
    (root / "charts/sub/values.schema.json").write_text('{"required": ["token"]}', encoding="utf-8")
    assert ("missing-key", "sub.token") in [one[:2] for one in told(here, "sub: {level: debug}\n")]
    assert "missing-key" not in [one[0] for one in told(here, "sub: {enabled: false}\n")]


def _stages(here: Path, **texts: str) -> list[tuple[str, str, str]]:
    (here / "values").mkdir(exist_ok=True)
    for name, text in texts.items():
        (here / "values" / f"{name}.yaml").write_text(text, encoding="utf-8")
    ran = run("lint", "c", "--no-helm", "--format", "json", *(word for name in texts for word in ("--env", name)))
    return [(one["rule"], one["values_key"], one["environment"]) for one in json.loads(ran.stdout)["findings"]]


def test_drift(here: Path) -> None:
    chart(here)
    staging = "backend: {replicas: 3}\nsub: {list: [1], level: debug}\n"
    assert _stages(here, staging=staging, production="sub: {level: debug}\n") == [
        ("values-drift", "backend.replicas", "production"),
        ("values-drift", "sub.list", "production"),
    ]
    # red control: production decides, be it by saying what is the default already
    assert (
        _stages(here, staging=staging, production="backend: {replicas: 2}\nsub: {list: [1, 2, 3], level: debug}\n")
        == []
    )
    # development differs by its nature
    (here / "values" / "staging.yaml").unlink()
    assert _stages(here, development=staging, production="sub: {level: debug}\n") == []


def test_what_every_other_environment_decides_is_no_unused_override(here: Path) -> None:
    chart(here)
    texts = {"staging": "backend: {replicas: 3}", "production": "backend: {replicas: 4}"}
    assert _stages(here, development="backend: {replicas: 2}\n", **texts) == []
    assert _stages(here, development="backend: {port: 80}\n", **texts) == [
        ("values-unused-override", "backend.port", "development")
    ]


def test_exit_codes(here: Path) -> None:
    root = chart(here)
    (here / "drift.yaml").write_text("backend: {oldSize: 2Gi}\n", encoding="utf-8")
    assert run("lint", "c", "--no-helm").exit_code == 0
    assert run("lint", "c", "--no-helm", "-f", "drift.yaml").exit_code == 1
    assert run("lint", "c", "--no-helm", "-f", "drift.yaml", "--fail-on", "error").exit_code == 0
    for words in (["nowhere"], ["."], ["c", "-f", "nowhere.yaml"], ["c", "--env", "x"], ["c", "--dry-run"], []):
        ran = run("lint", *words)
        assert getattr(ran.exception, "exit_code", ran.exit_code) == 2, words
    (root / "values.yaml").unlink()
    (root / "charts/sub/values.yaml").unlink()
    ran = run("lint", "c", "--no-helm")
    assert ran.exit_code == 3
    assert "nothing was checked" in ran.output


def test_without_helm(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from daira.render import helm

    chart(here)
    monkeypatch.setenv("PATH", str(here))
    monkeypatch.setattr(helm, "__file__", str(here / "helm.py"))
    ran = run("lint", "c")
    assert ran.exit_code == 3
    assert "helm lint did not run" in ran.output
    assert run("lint", "c", "--no-helm").exit_code == 0


def test_helm_lint_speaks_too_and_does_not_repeat_the_schema(here: Path) -> None:
    root = chart(here)
    (root / "templates/fail.yaml").write_text(
        '{{ if eq .Values.sub.level "debug" }}{{ .Values.no.where }}{{ end }}\n'
        '{{ if eq .Values.backend.size "7Gi" }}{{ fail "never \\"7\\"" }}{{ end }}\n',
        encoding="utf-8",
    )
    (here / "a.yaml").write_text("sub: {level: debug}\n", encoding="utf-8")
    found = json.loads(run("lint", "c", "-f", "a.yaml", "--format", "json").stdout)["findings"]
    assert [(one["rule"], one["file"], one["line"]) for one in found] == [
        ("values-helm-error", "c/templates/fail.yaml", 1)
    ]
    (here / "a.yaml").write_text("backend: {size: 7Gi}\n", encoding="utf-8")
    found = json.loads(run("lint", "c", "-f", "a.yaml", "--format", "json").stdout)["findings"]
    assert [one["message"] for one in found] == ['the chart refuses these values: never "7"']
    (here / "a.yaml").write_text("sub: {level: x}\n", encoding="utf-8")
    found = json.loads(run("lint", "c", "-f", "a.yaml", "--format", "json").stdout)["findings"]
    assert [one["rule"] for one in found] == ["values-not-allowed"]


def test_archives(here: Path) -> None:
    import tarfile

    root = chart(here)
    with tarfile.open(root / "charts" / "sub-1.0.0.tgz", "w:gz") as tar:
        tar.add(root / "charts" / "sub", "sub")
    import shutil

    shutil.rmtree(root / "charts" / "sub")
    assert told(here, "sub: {x: 1}\n") == [("unknown-key", "sub.x", "a.yaml", 1, 7)]
    with tarfile.open(here / "c-1.0.0.tgz", "w:gz") as tar:
        tar.add(root, "c")
    (here / "b.yaml").write_text("sub: {x: 1}\n", encoding="utf-8")
    assert run("lint", "c-1.0.0.tgz", "--no-helm", "-f", "b.yaml").exit_code == 1


def test_the_report_is_the_contracts(here: Path) -> None:
    import jsonschema

    from daira import report

    chart(here)
    (here / "a.yaml").write_text("backend: {a/b~c: 3}\n", encoding="utf-8")
    ran = run("lint", "c", "-f", "a.yaml", "--format", "json", "--output", "-", "--format", "sarif", "--output", "s")
    told = json.loads(ran.stdout)
    schema = json.loads((Path(report.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, schema)
    one = told["findings"][0]
    assert (one["path"], one["values_key"], one["object"]["kind"]) == ("/backend/a~1b~0c", "backend.a/b~c", "")
    assert json.loads((here / "s").read_text(encoding="utf-8"))["runs"][0]["results"]


GOLDEN = """\
a.yaml
  error  values-unknown-key  Every key is one that the chart's schema knows
    a.yaml:2:3: `backend.replicaCount` is not a key of this chart; did you mean `backend.replicas`? (backend.replicas: How many pods run.)
  error  values-unquoted-string  A string that looks like a number or a boolean is quoted
    a.yaml:3:11: `backend.image.tag` is 1.1, a number, because it is written 1.10 without quotes; here a string is wanted: write "1.10" (The version.)
  warning  values-unused-override  An override changes something
    a.yaml:5:3: `sub.level` is "info" already without this line

How to fix
  values-unknown-key (1): Use the key that was meant, or remove it; `daira values explain KEY` lists what there is.
  values-unquoted-string (1): Put the value in quotes, as in "1.10".
  values-unused-override (1): Remove it; `daira lint --fix` does, with its comment.

3 values files, 17 rules: 3 violations (2 errors, 1 warning)
"""  # noqa: E501


def test_the_text_reads_well(here: Path) -> None:
    chart(here)
    (here / "a.yaml").write_text(
        "backend:\n  replicaCount: 3\n  image: {tag: 1.10}\nsub:\n  level: info\n", encoding="utf-8"
    )
    assert run("lint", "c", "-f", "a.yaml").output == GOLDEN


def test_explain_knows_the_rules() -> None:
    for name in rules():
        ran = run("explain", name)
        assert ran.exit_code == 0
        assert ran.output.startswith(f"{name}: ")
        assert "Why" in ran.output
    assert "did you mean values-unknown-key" in str(run("explain", "values-unknwn-key").exception)


def test_a_schema_may_contain_itself(here: Path) -> None:
    chart(here, schema={**SCHEMA, "properties": {**SCHEMA["properties"], "tree": {"$ref": "#"}}})
    assert told(here, "tree: {tree: {backnd: 1, backend: {port: 1}}}\n") == [
        ("unknown-key", "tree.tree.backnd", "a.yaml", 1, 15)
    ]
