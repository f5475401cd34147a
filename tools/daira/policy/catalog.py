"""The rules with their names, their metadata and what their docstrings say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import NamedTuple

from daira.policy.rule import Decides, Rule, Violation
from daira.policy.rules import RULES
from daira.render.release import Release
from daira.report.result import Severity

HEADINGS = ("What it checks", "Why", "Bad", "Good", "Fix", "Standard")


class Entry(NamedTuple):
    """A rule as the engine and the reports know it. check: the rule's function. doc: the module's docstring."""

    name: str
    meta: Rule
    check: Callable[[Release], Iterator[Violation]]
    doc: str

    @property
    def severity(self) -> Severity:
        """How grave a violation is."""
        return self.meta.severity

    @property
    def decides(self) -> Decides:
        """What the rule looks at."""
        return self.meta.decides

    @property
    def checklist(self) -> str | None:
        """The checklist item it belongs to, or None."""
        return self.meta.checklist

    @property
    def tags(self) -> tuple[str, ...]:
        """Its groups and standards."""
        return (*self.meta.groups, *self.meta.standards)

    @property
    def help(self) -> dict[str, str]:
        """Its docstring by heading."""
        return sections(self.doc)

    @property
    def title(self) -> str:
        """What holds when the rule is content."""
        return self.doc.partition("\n")[0].rstrip(".")

    @property
    def fix(self) -> str:
        """One sentence that says what to write instead."""
        return " ".join(" ".join(_cut(self.doc)["Fix"]).split())


def entry(module: ModuleType) -> Entry:
    """A rule's module as an Entry."""
    return Entry(module.__name__.rpartition(".")[2].replace("_", "-"), module.RULE, module.check, module.__doc__ or "")


@cache
def catalog() -> tuple[Entry, ...]:
    """Every rule, in the registry's order."""
    return tuple(entry(module) for module in RULES)


@cache
def by_name() -> dict[str, Entry]:
    """Every rule by its name."""
    return {rule.name: rule for rule in catalog()}


@cache
def sections(doc: str) -> dict[str, str]:
    """A rule's docstring: heading -> dedented text; "" is the title. Headings stand alone on a line, with a colon."""
    import textwrap  # for documentation, not for a check

    return {heading: textwrap.dedent("\n".join(lines)).strip("\n") for heading, lines in _cut(doc).items()}


def _cut(doc: str) -> dict[str, list[str]]:
    """The lines of a rule's docstring, as they are indented, by heading."""
    found: dict[str, list[str]] = {"": []}
    at = ""
    for line in doc.splitlines():
        if line.endswith(":") and line[:-1] in HEADINGS:
            at = line[:-1]
            found[at] = []
        else:
            found[at].append(line)
    return found
