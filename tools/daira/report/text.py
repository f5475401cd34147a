"""Text for people: findings by object, the same one across environments once, how to fix it, and a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO

from daira.report import Options
from daira.report.grouping import Group, about, count, environments, grouped, place, plain, values
from daira.report.result import GRAVITY, Problem, Result, Subject

STYLES = {"error": "31;1", "warning": "33;1", "info": "36;1", "bold": "1", "dim": "2", "good": "32;1"}
# So many objects are named where many are meant; the other formats have them all.
NAMED = 3

Paint = Callable[[str, str], str]


def write(result: Result, stream: BinaryIO, options: Options) -> None:
    """Write a run as text, UTF-8. quiet: only the line that counts. verbose: what is exempted too, one by one."""

    def paint(style: str, text: str) -> str:
        return f"\033[{STYLES[style]}m{text}\033[0m" if options.color else text

    block: list[str] = []
    for line in _lines(result, options, paint):
        block.append(f"{line}\n")
        if len(block) == 1000:
            stream.write("".join(block).encode("utf-8", "replace"))
            block.clear()
    stream.write("".join(block).encode("utf-8", "replace"))


def _lines(result: Result, options: Options, paint: Paint) -> Iterator[str]:
    if not options.quiet:
        yield from _failures(result, paint)
        yield from _undecidable(result, paint)
        if options.verbose:
            yield from _exempted(result, paint)
        yield from _told("Could not be checked", "error", result.problems, paint)
        yield from _told("Notes", "warning", result.notes, paint)
    yield _summary(result, paint)


def _failures(result: Result, paint: Paint) -> Iterator[str]:
    """By object and file, and in there by rule, the gravest first; then how to fix it, once a rule."""

    def gravity(rule: str) -> int:
        return -GRAVITY[result.catalog[rule].severity]

    counts: Counter[str] = Counter()
    objects: dict[tuple[Subject, str], dict[str, list[Group]]] = {}
    for group in grouped(finding for finding in result.counted if finding.status == "fail"):
        first = group[0]
        objects.setdefault((first.subject, first.file), {}).setdefault(first.rule, []).append(group)
        counts[first.rule] += 1
    for (subject, file), rules in objects.items():
        # where no object is judged the file is what findings have in common
        about_file = not subject.kind and bool(file) and result.subject != "object"
        yield paint("bold", plain(file if about_file else str(subject)))
        for name in sorted(rules, key=gravity):
            rule = result.catalog[name]
            yield f"  {paint(rule.severity, rule.severity)}  {paint('bold', name)}  {rule.title}"
            for group in rules[name]:
                yield from _finding(group, paint)
        yield ""
    if counts:
        yield paint("good", "How to fix")
        for name, number in sorted(counts.items(), key=lambda item: (gravity(item[0]), -item[1])):
            yield f"  {paint('bold', name)} ({number:,}): {result.catalog[name].fix}"
        yield ""


def _finding(group: Group, paint: Paint) -> Iterator[str]:
    first = group[0]
    where = plain(place(first.file, first.line, first.column))
    if first.guess:
        where += " (best guess)"
    told = plain(f"{about(first, subject=False)}{first.message}")
    yield f"    {where}{': ' if where else ''}{told}"
    key = values(group)
    more = [f"set by {plain(key)}"] if key else []
    if environments(group):
        more.append(plain(environments(group)))
    if more:
        yield paint("dim", f"      {'; '.join(more)}")


def _undecidable(result: Result, paint: Paint) -> Iterator[str]:
    """What is needed, below it the rules that need it with their objects: never hidden, because it is not passed."""
    told: dict[str, dict[str, Group]] = {}
    for finding in result.counted:
        if finding.status == "undecidable":
            told.setdefault(finding.message, {}).setdefault(finding.rule, []).append(finding)
    if not told:
        return
    yield paint("info", "Undecidable here")
    for message, rules in told.items():
        yield f"  {plain(message)}"
        # rules that ask the same of the same objects share a line
        lines: dict[str, list[str]] = {}
        for rule, group in rules.items():
            lines.setdefault(_objects(group), []).append(rule)
        for where, names in lines.items():
            yield f"    {paint('bold', ', '.join(names))}{paint('dim', f':{where}') if where else ''}"
    yield ""


def _objects(group: Group) -> str:
    objects = list(dict.fromkeys(str(finding.subject) for finding in group if finding.subject.kind))
    more = f" and {len(objects) - NAMED:,} more" if len(objects) > NAMED else ""
    parts = [f"{', '.join(objects[:NAMED])}{more}", environments(group)]
    return plain("".join(f" {part}" for part in parts if part)).rstrip()


def _exempted(result: Result, paint: Paint) -> Iterator[str]:
    groups = grouped(finding for finding in result.findings if finding.exempted is not None)
    if not groups:
        return
    yield paint("info", "Exempted")
    for group in groups:
        first = group[0]
        at = place(first.file, first.line, first.column)
        where = " ".join(part for part in (environments(group), f"at {at}" if at else "") if part)
        yield f"  {paint('bold', first.rule)}: {plain(f'{about(first)}{first.message}')}"
        if first.exempted is not None:
            why = f"{first.exempted.reason}; until {first.exempted.expires}"
            yield paint("dim", f"      {plain(f'{why}; {where}' if where else why)}")
    yield ""


def _told(title: str, style: str, told: list[Problem], paint: Paint) -> Iterator[str]:
    if told:
        yield paint(style, title)
        for one in told:
            yield f"  {plain(str(one))}"
        yield ""


def _summary(result: Result, paint: Paint) -> str:
    """One line with every number: what was checked, and what became of it."""
    graded = dict.fromkeys(("error", "warning", "info"), 0)
    undecidable = exempted = 0
    different: set[tuple[object, ...]] = set()
    named: set[str | None] = set()
    for finding in result.findings:
        if finding.exempted is not None:
            exempted += 1
        elif finding.status == "undecidable":
            undecidable += 1
        else:
            graded[finding.severity] += 1
            different.add((*finding.same, finding.file))
            named.add(finding.environment)
    total = sum(graded.values())
    parts = [
        paint(severity, count(number, severity) if severity != "info" else f"{number:,} info")
        for severity, number in graded.items()
        if number
    ]
    if total:
        kinds = f", {len(different):,} different ones in {len(named)} environments" if len(named) > 1 else ""
        outcome = f"{count(total, 'violation')} ({', '.join(parts)}{kinds})"
    else:
        outcome = paint("good" if result.objects and not result.problems else "bold", "no violations")
    line = [f"{count(result.objects, result.subject)}, {count(result.rules, 'rule')}: {outcome}"]
    for number, what in ((undecidable, "undecidable"), (exempted, "exempted"), (result.known, "in the baseline")):
        if number:
            line.append(f"{number:,} {what}")
    if result.problems:
        line.append(paint("error", f"{count(len(result.problems), 'thing')} could not be checked"))
    if result.notes:
        line.append(count(len(result.notes), "note"))
    if not result.objects:
        line.append(paint("error", "nothing was checked"))
    return ", ".join(line)
