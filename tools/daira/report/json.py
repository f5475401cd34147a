"""JSON, version 1 of the contract: docs/reference/report.md, report.schema.json."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

import orjson

from daira.report import Options
from daira.report.result import VERSION, Described, Finding, Problem, Result, Subject

# So many findings are dictionaries at a time: enough for speed, little enough for memory.
CHUNK = 2000


def write(result: Result, stream: BinaryIO, options: Options) -> None:
    """Write a run as one JSON document, UTF-8, ending with a newline. Lone surrogates become U+FFFD."""
    stream.write(b'{"version":%d,"summary":' % VERSION)
    stream.write(dumps(summary(result)))
    stream.write(b',"findings":[')
    write_list(stream, result.findings, _findings(result.catalog))
    stream.write(b'],"problems":')
    stream.write(dumps([problem(one) for one in result.problems]))
    stream.write(b',"notes":')
    stream.write(dumps([problem(one) for one in result.notes]))
    stream.write(b"}\n")


def summary(result: Result) -> dict[str, int]:
    """The numbers of a run: findings are those that count, undecidable ones among them; exempted ones are apart."""
    exempted = undecidable = 0
    for finding in result.findings:
        if finding.exempted is not None:
            exempted += 1
        elif finding.status == "undecidable":
            undecidable += 1
    return {
        "objects": result.objects,
        "rules": result.rules,
        "findings": len(result.findings) - exempted,
        "exempted": exempted,
        "undecidable": undecidable,
        "baseline": result.known,
    }


def problem(one: Problem) -> dict[str, Any]:
    """A problem or a note as a mapping."""
    return {"message": one.message, "file": one.file, "line": one.line, "column": one.column}


def write_list(stream: BinaryIO, findings: Sequence[Finding], convert: Callable[[Finding], dict[str, Any]]) -> None:
    """Write the elements of an array, a chunk at a time, so that never all of them are dictionaries at once."""
    left: Iterator[Finding] = iter(findings)
    separator = b""
    while chunk := [convert(finding) for finding in islice(left, CHUNK)]:
        stream.write(separator)
        # what stands between the brackets of the chunk
        stream.write(memoryview(dumps(chunk))[1:-1])
        separator = b","


def dumps(value: Any) -> bytes:
    """`value` as JSON. Text that is no Unicode (a file's name may be any bytes) is made so, which is the rare case."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_clean(value))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if not value.isascii() else value
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def _findings(catalog: Mapping[str, Described]) -> Callable[[Finding], dict[str, Any]]:
    """A function that makes a finding a mapping, with the contract's keys in its order and then ours."""
    rules: dict[str, tuple[str | None, str]] = {}
    last: Subject | None = None
    shown: dict[str, str] = {}

    def convert(finding: Finding) -> dict[str, Any]:
        nonlocal last, shown
        (
            rule,
            severity,
            status,
            message,
            environment,
            subject,
            path,
            container,
            file,
            line,
            column,
            guess,
            values_key,
            values_file,
            values_line,
            exempted,
        ) = finding
        said = rules.get(rule)
        if said is None:
            entry = catalog[rule]
            said = rules[rule] = (entry.checklist, entry.fix)
        checklist, fix = said
        # findings come object by object
        if subject is not last:
            last = subject
            api_version, kind, namespace, name = subject
            shown = {"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": name}
        return {
            "rule": rule,
            "checklist": checklist,
            "severity": severity,
            "status": status,
            "message": message,
            "fix": fix,
            "environment": environment,
            "object": shown,
            "path": path,
            "container": container,
            "file": file,
            "line": line,
            "column": column,
            "values_key": values_key,
            "exempted": None if exempted is None else {"reason": exempted.reason, "expires": exempted.expires},
            "values_file": values_file,
            "values_line": values_line,
            "guess": guess,
        }

    return convert
