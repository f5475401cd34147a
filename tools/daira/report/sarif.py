"""SARIF 2.1.0 (OASIS), as code scanning reads it: `results` is always there, and fingerprints survive moved lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, BinaryIO
from urllib.parse import quote

from daira import __version__
from daira.report import Options
from daira.report.grouping import about
from daira.report.json import dumps, write_list
from daira.report.result import Described, Finding, Problem, Result

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
# What a finding without a file is about: the folder that the check ran in. Code scanning refuses a result without one.
HERE = "."


def write(result: Result, stream: BinaryIO, options: Options) -> None:
    """Write a run as one SARIF log, a result for each finding; those that are exempted are suppressed."""
    rules = tuple(result.catalog.values())
    driver = {
        "name": "daira",
        "version": __version__,
        "informationUri": "https://daira.dev",
        "rules": [_rule(rule) for rule in rules],
    }
    stream.write(b'{"$schema":%b,"version":"2.1.0","runs":[{"tool":{"driver":' % dumps(SCHEMA))
    stream.write(dumps(driver))
    stream.write(b'},"columnKind":"unicodeCodePoints","invocations":[')
    stream.write(dumps(_invocation(result)))
    stream.write(b'],"results":[')
    write_list(stream, result.findings, _results(result, {rule.name: index for index, rule in enumerate(rules)}))
    stream.write(b"]}]}\n")


def _rule(rule: Described) -> dict[str, Any]:
    told = rule.help
    parts = {
        part: " ".join(told[part].split()) for part in ("What it checks", "Why", "Fix", "Standard") if part in told
    }
    plain = [text if part == "What it checks" else f"{part}: {text}" for part, text in parts.items()]
    rich = [text if part == "What it checks" else f"**{part}:** {text}" for part, text in parts.items()]
    rich += [f"{part}:\n\n```yaml\n{told[part]}\n```" for part in ("Bad", "Good") if part in told]
    return {
        "id": rule.name,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": parts.get("What it checks", f"{rule.title}.")},
        "help": {"text": "\n\n".join(plain) or rule.fix, "markdown": "\n\n".join(rich) or rule.fix},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"tags": sorted({*rule.tags})},
    }


def _invocation(result: Result) -> dict[str, Any]:
    """Whether all could be checked, and what a user should know besides."""
    told = [_notification(one, "error") for one in result.problems]
    told += [_notification(one, "warning") for one in result.notes]
    made: dict[str, Any] = {"executionSuccessful": not result.problems and result.objects > 0}
    if told:
        made["toolExecutionNotifications"] = told
    return made


def _notification(one: Problem, level: str) -> dict[str, Any]:
    made: dict[str, Any] = {"level": level, "message": {"text": one.message}}
    if one.file:
        made["locations"] = [{"physicalLocation": _physical(one.file, one.line, one.column)}]
    return made


def _results(result: Result, index: dict[str, int]) -> Callable[[Finding], dict[str, Any]]:
    # the standard (3.27.23): either every result of a run has suppressions, or none
    suppressing = any(finding.exempted is not None for finding in result.findings)
    seen: Counter[str] = Counter()

    def convert(finding: Finding) -> dict[str, Any]:
        undecidable = finding.status == "undecidable"
        made: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": index[finding.rule],
            # "open" is SARIF's word for undecidable; what is no failure has no level (3.27.9, 3.27.10)
            "kind": "open" if undecidable else "fail",
            "level": "none" if undecidable else LEVELS[finding.severity],
            "message": {"text": _message(finding)},
            "locations": [_location(finding)],
            "partialFingerprints": {"daira/v1": _fingerprint(finding, seen)},
            "properties": {"environment": finding.environment, "path": finding.path, "guess": finding.guess},
        }
        if finding.values_key is not None and finding.values_file:
            made["relatedLocations"] = [
                {
                    "id": 1,
                    "physicalLocation": _physical(finding.values_file, finding.values_line, 0),
                    "message": {"text": f"set by the values key {finding.values_key}"},
                }
            ]
        if suppressing:
            made["suppressions"] = [_suppression(finding)] if finding.exempted else []
        return made

    return convert


def _message(finding: Finding) -> str:
    environment = f" (in {finding.environment})" if finding.environment else ""
    return f"{about(finding)}{finding.message}{environment}"


def _location(finding: Finding) -> dict[str, Any]:
    made: dict[str, Any] = {"physicalLocation": _physical(finding.file, finding.line, finding.column)}
    if finding.subject.kind:
        made["logicalLocations"] = [
            {"name": finding.subject.name, "fullyQualifiedName": f"{finding.subject}{finding.path}", "kind": "resource"}
        ]
    return made


@lru_cache(maxsize=1024)
def _uri(file: str) -> str:
    """A file as a URI: relative to where the check ran, or absolute where the file was given so."""
    if not file:
        return HERE
    # a file's name may be any bytes: those that are no text are surrogates here
    uri = quote(file.replace("\\", "/").encode("utf-8", "surrogateescape" if _escaped(file) else "replace"))
    if uri.startswith("/"):
        return f"file://{uri}"
    return uri


def _physical(file: str, line: int, column: int) -> dict[str, Any]:
    made: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if line > 0:
        made["region"] = {"startLine": line, "startColumn": column} if column > 0 else {"startLine": line}
    return made


def _escaped(file: str) -> bool:
    return all("\udc80" <= char <= "\udcff" for char in file if "\ud800" <= char <= "\udfff")


def _fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """The same for the same finding when lines move: of what it is about, and how many like it came before."""
    parts = (
        finding.rule,
        finding.status,
        *finding.subject,
        finding.path,
        finding.container or "",
        finding.message,
        finding.file,
        finding.environment or "",
    )
    about = "\0".join(parts).encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(about).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _suppression(finding: Finding) -> dict[str, Any]:
    if finding.exempted is None:
        return {}
    return {
        "kind": "external",
        "status": "accepted",
        "justification": f"{finding.exempted.reason} (until {finding.exempted.expires})",
    }
