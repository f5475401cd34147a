"""Exemptions: findings that somebody argued for, with a reason and a date after which they count again.

They stand in `daira.exemptions.yaml` or in annotations of the object itself (docs/how-to/exempt-a-finding.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from daira.errors import UsageError
from daira.policy.exemption_file import FILE, Exemption, Exemptions, discover, expiry, load, selector
from daira.policy.rule import Violation
from daira.policy.selection import meant
from daira.render.release import POD_AT, Object, Path, Release, deep, mapping, text
from daira.report.result import Exempted, Finding, Problem

if TYPE_CHECKING:
    from daira.policy.engine import Locate

__all__ = ["FILE", "PREFIX", "Exemption", "Exemptions", "apply", "discover", "load"]

PREFIX = "daira.dev/exempt."
NOTHING_HERE: dict[str | None, list[_Use]] = {}


@dataclass
class _Use:
    """An exemption in this run. expired: it covers nothing, but what it would have covered is counted."""

    exemption: Exemption
    expired: bool
    count: int = 0

    def __post_init__(self) -> None:
        self.exempted = Exempted(self.exemption.reason, self.exemption.expires.isoformat())


@dataclass
class _Annotations:
    """The annotations of all objects: one of a template is one, in however many environments it was rendered."""

    uses: dict[tuple[object, ...], _Use] = field(default_factory=dict)
    notes: dict[Problem, None] = field(default_factory=dict)


def apply(
    findings: list[Finding],
    exemptions: Exemptions,
    annotated: Iterable[Object | Release],
    today: date,
    *,
    rules: Collection[str] | None = None,
    complete: bool = True,
    locate: Locate | None = None,
) -> tuple[list[Finding], list[Problem]]:
    """The findings, of which those that are exempted say so, and notes about exemptions that expired or are not used.

    annotated: whose annotations are read. today: the last day of an exemption is its `expires`. rules: the names of the
    rules of this run (None: all), complete: whether all of them could judge everything; an exemption is only called
    unused where the run had its rules and its environment and was complete. locate: finds the line of an annotation.
    Without any exemption `findings` itself is returned.
    """
    environments: set[str | None] = {None}
    found = _Annotations()
    for one in annotated:
        if isinstance(one, Release):
            environments.add(one.environment)
            for item in one.objects:
                _read(item, one, today, found, locate)
        else:
            _read(one, None, today, found, locate)
    uses = [*found.uses.values(), *(_Use(one, one.expires < today) for one in exemptions)]
    notes = list(found.notes)
    if not uses:
        return findings, notes
    findings = list(_marked(findings, _index(uses)))
    ran = None if rules is None else frozenset(rules)
    for use in uses:
        judged = complete and (ran is None or use.exemption.rules <= ran) and use.exemption.ran_in(environments)
        if use.expired:
            notes.append(use.exemption.note(_expired(use)))
        elif judged and not use.count:
            notes.append(use.exemption.note("exempts nothing: no finding needs it any more; remove it"))
    return findings, notes


def _expired(use: _Use) -> str:
    counts = {0: "no finding needs it", 1: "1 finding counts again"}.get(use.count, f"{use.count} findings count again")
    return f"expired on {use.exemption.expires.isoformat()}: {counts}; renew it with its reason, or remove it"


def _index(uses: Iterable[_Use]) -> dict[str, dict[str | None, list[_Use]]]:
    """Rule -> name of the object (None: any) -> exemptions."""
    made: dict[str, dict[str | None, list[_Use]]] = {}
    for use in uses:
        for rule in use.exemption.rules:
            made.setdefault(rule, {}).setdefault(use.exemption.exact_name, []).append(use)
    return made


def _marked(findings: Iterable[Finding], index: dict[str, dict[str | None, list[_Use]]]) -> Iterator[Finding]:
    for finding in findings:
        by_name = index.get(finding.rule, NOTHING_HERE)
        if not by_name:
            yield finding
            continue
        by: _Use | None = None
        expired: list[_Use] = []
        for use in (*by_name.get(finding.subject.name, ()), *by_name.get(None, ())):
            if not use.exemption.covers(finding):
                continue
            if use.expired:
                expired.append(use)
            else:
                # every one that covers it is in use; the first one's reason is told
                use.count += 1
                by = by or use
        if by is None:
            for use in expired:
                use.count += 1
        yield finding if by is None else finding._replace(exempted=by.exempted)


def _read(item: Object, release: Release | None, today: date, found: _Annotations, locate: Locate | None) -> None:
    """Take the exemptions from an object's annotations, and for kinds that have pods from its pod template's too."""
    places: list[Path] = [("metadata", "annotations")]
    at = POD_AT.get(item.kind)
    if at:
        places.append((*at, "metadata", "annotations"))
    for place in places:
        for key, value in mapping(deep(item.data, place)).items():
            if isinstance(key, str) and key.startswith(PREFIX):
                _take(item, release, (*place, key), value, today, found, locate)


def _take(
    item: Object,
    release: Release | None,
    path: Path,
    value: Any,
    today: date,
    found: _Annotations,
    locate: Locate | None,
) -> None:
    key = str(path[-1])
    kind = text(item.data.get("kind"))
    same = (item.api_version, kind, item.namespace, item.name, item.source.file, path, str(value))
    if same in found.uses:
        found.uses[same].exemption.environments.add(release.environment if release else None)
        return
    file, line, column = item.source.file, 0, 0
    if locate:
        file, line, column = locate(Violation(item, path, ""))[:3]
    where = f"annotation {key} of {kind}/{item.name}"
    try:
        rule, _, container = key.removeprefix(PREFIX).partition(".")
        reason, expires = parse(value)
        exemption = Exemption(
            rules=meant(rule, exact=True),
            kind=_exactly(kind),
            namespace=_exactly(item.namespace),
            container=selector(container) if container else None,
            exact_name=item.name,
            reason=reason,
            expires=expires,
            what=where,
            file=file,
            line=line,
            column=column,
            # in a chart a name is there once, and its findings may be in another file than its rendered text
            only_file=None if release is None or release.chart else item.source.file,
            environments={release.environment if release else None},
        )
    except UsageError as error:
        found.notes[Problem(f"{where} is not an exemption and does not count: {error}", file, line, column)] = None
        return
    found.uses[same] = _Use(exemption, expires < today)


def _exactly(wanted: str) -> Callable[[str], bool]:
    return wanted.__eq__


def parse(value: object) -> tuple[str, date]:
    """An annotation's "reason; expires=2027-03-01" as the reason and the date. Raises UsageError."""
    shape = 'write "reason; expires=YYYY-MM-DD"'
    if not isinstance(value, str):
        raise UsageError(f"its value is not a text; {shape}")
    reason, _, rest = value.rpartition(";")
    name, equals, day = rest.partition("=")
    if name.strip() != "expires" or not equals:
        raise UsageError(f"it does not end with an expiry date; {shape}")
    if not reason.strip():
        raise UsageError(f"it gives no reason; {shape}")
    return reason.strip(), expiry(day.strip())
