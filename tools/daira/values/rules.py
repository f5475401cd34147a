"""The rules of `daira lint`: described in rules.yaml, in one place for reports, `daira explain` and the docs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from daira.report.result import Severity


@dataclass(frozen=True)
class LintRule:
    """One rule (report.Described)."""

    name: str
    severity: Severity
    title: str
    fix: str
    help: Mapping[str, str] = field(default_factory=dict)
    checklist: str | None = None
    tags: tuple[str, ...] = ("values",)


@cache
def rules() -> dict[str, LintRule]:
    """Every rule by its name, in the file's order."""
    text = Path(__file__).with_name("rules.yaml").read_text(encoding="utf-8")
    found = [LintRule(**entry) for entry in yaml.load(text, Loader=yaml.CSafeLoader)]
    return {rule.name: rule for rule in found}


def explained(rule: LintRule) -> str:
    """A rule as text: its title and severity, then its documentation."""
    lines = [f"{rule.name}: {rule.title}", "", f"  {'severity'.ljust(13)} {rule.severity}"]
    lines.append(f"  {'decided by'.ljust(13)} daira lint")
    for heading, text in rule.help.items():
        lines += ["", heading, *(f"  {line}".rstrip() for line in text.strip("\n").splitlines())]
    return "\n".join(lines)
