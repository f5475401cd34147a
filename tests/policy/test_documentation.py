"""`daira rules`, `daira explain`, docs/policy.md, and the files that let others use the check."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from daira import report as reports
from daira.cli import cli
from daira.cli.check import check
from daira.errors import UsageError
from daira.policy import documentation
from daira.policy.catalog import HEADINGS, catalog, sections
from daira.policy.rule import CHECKLIST, GROUPS

ROOT = Path(__file__).parents[2]


def _listed(*options: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads(CliRunner().invoke(cli, ["rules", "--format", "json", *options]).stdout)
    return made


def test_rules_as_json_is_the_contract() -> None:
    listed = _listed()
    assert [one["rule"] for one in listed] == [rule.name for rule in catalog()]
    for one in listed:
        assert list(one) == ["rule", "title", "severity", "groups", "standards", "decides"]
        assert all(":" in standard for standard in one["standards"])
    assert [one["rule"] for one in _listed("--select", "run-as-non-root")] == ["run-as-non-root"]
    assert [one["rule"] for one in _listed("--select", "run-as-*", "--ignore", "run-as-group,run-as-user")] == [
        "run-as-non-root"
    ]


def test_rules_as_a_table_has_every_rule_once_under_its_group() -> None:
    shown = CliRunner().invoke(cli, ["rules"]).stdout
    names = [line.split()[0] for line in shown.splitlines() if line.startswith("  ")]
    assert sorted(names) == sorted(rule.name for rule in catalog())
    headings = [line.partition(":")[0] for line in shown.splitlines() if line and not line.startswith(" ")]
    assert headings[:-1] == list(documentation.by_group(catalog()))
    assert headings[-1].startswith(f"{len(catalog())} rules; ")


def test_explain_says_all_that_is_documented() -> None:
    for rule in catalog():
        shown = CliRunner().invoke(cli, ["explain", rule.name]).stdout
        for heading in HEADINGS:
            assert f"\n{heading}\n  " in shown
            for line in sections(rule.doc)[heading].splitlines():
                assert f"  {line}".rstrip() in shown
        assert shown.startswith(f"{rule.name}: {rule.title}")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("run-as-nonroot", "there is no rule 'run-as-nonroot'; did you mean run-as-non-root"),
        ("zzzzzzz", "there is no rule 'zzzzzzz'; `daira rules` lists them"),
        ("pss-restricted", "pss-restricted is a group; `daira rules --select pss-restricted`"),
    ],
)
def test_explain_of_what_is_no_rule_is_wrong_usage(name: str, why: str) -> None:
    raised = CliRunner().invoke(cli, ["explain", name]).exception
    assert isinstance(raised, UsageError)
    assert str(raised).startswith(why)


def test_every_group_is_described() -> None:
    assert tuple(documentation.ABOUT) == GROUPS


def test_the_page_of_all_rules() -> None:
    score = {rule.name: (2, 2) for rule in catalog()}
    page = documentation.policy_md(score)
    assert f"**Score: {2 * len(catalog())} of {2 * len(catalog())}.**" in page
    for rule in catalog():
        assert len([line for line in page.splitlines() if line.startswith(f"| `{rule.name}` |")]) == 1
    checklist = page.partition("## The security checklist")[2].partition("<a id=")[0]
    assert [item for item in CHECKLIST if f"(#{item})" in checklist] == list(CHECKLIST)
    for item in CHECKLIST:
        assert f'<a id="{item}"></a>' in page
    cells = [line.replace("\\|", "").count("|") for line in page.splitlines() if line.startswith("| `")]
    assert set(cells) == {6}
    assert "0/0" not in page
    # what is not measured does not look as if it were
    assert "| 0/0 |" in documentation.policy_md({})


def test_the_schema_knows_the_checklist() -> None:
    path = Path(reports.__file__).parent / "report.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$defs"]["finding"]["properties"]["checklist"]["enum"] == [*CHECKLIST, None]
    told = (ROOT / "docs" / "reference" / "report.md").read_text(encoding="utf-8")
    for field in [*schema["$defs"]["finding"]["properties"], *schema["properties"]["summary"]["properties"]]:
        assert f"`{field}`" in told, f"docs/reference/report.md does not tell of {field}"


def test_the_pre_commit_hook() -> None:
    """Whole charts are judged, never single templates (kube-linter#211)."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("daira-check", "python", False)
    assert hook["entry"] == "daira check"


def test_the_action() -> None:
    """Inputs reach the script as environment only: interpolated, they would be code."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    steps = action["runs"]["steps"]
    given = {value for step in steps for value in step.get("env", {}).values()}
    for name in action["inputs"]:
        used = [step for step in steps if f"inputs.{name}" in str({**step, "run": ""})]
        assert used, f"the input {name} is not used"
    for step in steps:
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert len(step["uses"].partition("@")[2]) == 40, "an action that is not pinned by its commit"
    assert not any("secrets." in value for value in given)


def _run_action(tmp_path: Path, inputs: dict[str, str]) -> tuple[int, list[str], str]:
    """The check step with a daira that tells its arguments: exit code, arguments, outputs."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in action["runs"]["steps"] if step.get("id") == "check"]
    program = tmp_path / "daira" / "bin" / "daira"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 1\n")
    program.chmod(0o755)
    given = {name: inputs.get(name, one.get("default", "")) for name, one in action["inputs"].items()}
    environment = {
        variable: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
        for variable, value in step["env"].items()
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],  # noqa: S607 - as GitHub does
        env={
            **environment,
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert not done.stderr
    return done.returncode, done.stdout.splitlines(), (tmp_path / "outputs").read_text()


def test_the_actions_script(tmp_path: Path) -> None:
    hostile = '$(touch "$RUNNER_TEMP/ran"); "x" *'
    code, words, outputs = _run_action(
        tmp_path,
        {
            "targets": f"charts/web\n\n{hostile}\n",
            "values": "a b.yaml\nc.yaml",
            "sarif": "out.sarif",
            "json": "out.json",
        },
    )
    assert (code, outputs) == (1, "exit-code=1\n")
    assert not (tmp_path / "ran").exists()
    assert words == [
        *("check", "--format", "github", "--output", "-", "--values", "a b.yaml", "--values", "c.yaml"),
        *(
            "--fail-on",
            "warning",
            "--format",
            "sarif",
            "--output",
            "out.sarif",
            "--format",
            "json",
            "--output",
            "out.json",
        ),
        *("--", "charts/web", hostile),
    ]
    assert {word for word in words if word.startswith("--") and word != "--"} <= {
        option for parameter in check.params for option in parameter.opts
    }
