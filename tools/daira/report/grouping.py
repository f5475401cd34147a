"""The same finding in several environments as one, and how places and texts are shown to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from daira.report.result import Finding

Group = list[Finding]


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """The findings; those that are the same at the same place in several environments are one group.

    Twice in one environment is two findings, however alike they are.
    """
    found = list(findings)
    if len({finding.environment for finding in found}) < 2:
        return [[finding] for finding in found]
    groups: dict[tuple[object, ...], Group] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for finding in found:
        key = (*finding.same, finding.file, finding.line, finding.column, finding.exempted)
        once = (finding.environment, *key)
        seen[once] += 1
        groups.setdefault((seen[once], *key), []).append(finding)
    return list(groups.values())


def environments(group: Group) -> str:
    """ "in development, staging", or nothing where there are no environments."""
    named = dict.fromkeys(finding.environment for finding in group if finding.environment is not None)
    return f"in {', '.join(named)}" if named else ""


def values(group: Group) -> str:
    """The values keys that feed the place, each with where it is set; or nothing."""
    keys: dict[str, dict[str, None]] = {}
    for finding in group:
        # what is a values key itself says so in its message
        if finding.values_key is not None and (finding.values_file, finding.values_line) != (
            finding.file,
            finding.line,
        ):
            where = keys.setdefault(finding.values_key, {})
            if finding.values_file:
                where[place(finding.values_file, finding.values_line)] = None
    return "; ".join(f"{key} ({', '.join(where)})" if where else key for key, where in keys.items())


def place(file: str, line: int, column: int = 0) -> str:
    """file:line:column, which terminals and editors make a link of; without what is not known."""
    return ":".join(str(part) for part in (file, line, column) if part)


def plain(text: str) -> str:
    """A text as one line without control characters: what a manifest says must not move the reader's cursor."""
    if text.isprintable():
        return text
    spaced = " ".join(text.splitlines()).replace("\t", " ")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in spaced)


def about(finding: Finding, *, subject: bool = True) -> str:
    """ "Deployment/web, container app: ", what the message is about, or nothing for the input as a whole.

    A container that the message names itself is not named twice.
    """
    parts = [str(finding.subject)] if subject and finding.subject.kind else []
    if finding.container and finding.container not in finding.message:
        parts.append(f"container {finding.container}")
    return f"{', '.join(parts)}: " if parts else ""


def count(number: int, what: str) -> str:
    """ "1 finding", "2 findings"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
