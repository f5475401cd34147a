"""The validation from the command line's words to the reports and the exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from daira import report
from daira.environments import CHART
from daira.errors import DairaError
from daira.policy import inputs
from daira.policy.engine import container_path, pointer
from daira.policy.facts.deprecations import deprecation
from daira.policy.rule import Violation
from daira.render import helm
from daira.render.release import NEWEST, OLDEST, Object, Release, Version, deep, text
from daira.report.publish import publish
from daira.report.result import Finding, Problem, Result, Severity, Status, Subject
from daira.validate import crds, kubeconform, schemas
from daira.validate.kubeconform import Kind
from daira.validate.messages import Fault, faults
from daira.validate.rules import DESCRIBED


@dataclass(frozen=True)
class Order:
    """What `daira validate` was told; see its --help. formats and files are paired by their order."""

    targets: tuple[str, ...]
    values: tuple[Path, ...]
    environments: tuple[str, ...]
    kube_versions: tuple[str, ...]
    schema_locations: tuple[Path, ...]
    namespace: str | None
    fail_on: Severity
    formats: tuple[str, ...]
    files: tuple[str, ...]
    quiet: bool
    verbose: int


@dataclass(frozen=True)
class Judged:
    """A fault of an object, in one version. undecidable: nothing is known."""

    fault: Fault
    status: Status = "fail"


def validate_all(order: Order) -> int:
    """Run the validation, write the reports, return the exit code: 0 valid, 1 findings, 3 not all was judged.

    Raises UsageError for wrong options, before anything is judged.
    """
    outputs = report.outputs(order.formats, order.files)
    versions = list(dict.fromkeys(map(inputs.version, order.kube_versions))) or _versions(order.targets)
    located = crds.in_files(order.schema_locations)
    program = kubeconform.find_kubeconform()
    given = inputs.gather(
        inputs.Wanted(
            targets=order.targets,
            values=order.values,
            environments=order.environments,
            kube_version=versions[0],
            namespace=order.namespace,
            project=False,
        )
    )
    result = Result(
        DESCRIBED, rules=len(DESCRIBED), problems=given.problems, notes=given.notes, command="daira validate"
    )
    made: list[tuple[Version, list[Finding]]] = []
    for version in versions:
        releases = given.releases if version == versions[0] else _rendered(given.releases, version, result.problems)
        there = inputs.Inputs(releases=releases)
        made.append((version, list(_findings(there, version, located, program, result))))
    result.findings += _merged(made)
    publish(result, outputs, quiet=order.quiet, verbose=order.verbose)
    return result.exit_code(order.fail_on)


def _versions(targets: Sequence[str]) -> list[Version]:
    """Without a target: the oldest Kubernetes that charts/daira supports, and the newest known; else the newest."""
    file = CHART / "Chart.yaml"
    if not targets and file.is_file():
        found = re.search(r"^kubeVersion:\D*1\.(\d+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        oldest = (1, int(found[1])) if found else NEWEST
        if OLDEST <= oldest < NEWEST:
            return [oldest, NEWEST]
    return [NEWEST]


def _rendered(releases: Sequence[Release], version: Version, problems: list[Problem]) -> list[Release]:
    """The same input for another version: charts are rendered again, as they may look at it."""
    made: list[Release] = []
    for release in releases:
        if not release.chart:
            made.append(
                Release(
                    release.objects, environment=release.environment, kube_version=version, namespace=release.namespace
                )
            )
            continue
        job = replace(release.objects[0].source.origin.rendering.job, kube_version=version)
        answer = helm.render_each([job], helm.find_helm())[0]
        if isinstance(answer, DairaError):
            problems.append(Problem(f"Kubernetes {_name(version)}: {answer}"))
        else:
            made.append(answer)
    return made


def _findings(
    given: inputs.Inputs, version: Version, located: dict[Kind, schemas.Schema], program: Path, result: Result
) -> Iterator[Finding]:
    """All findings of one version, in the order of the objects. Adds to the result what could not be judged."""
    # a CI workflow is read for the policy's rules and is no object of Kubernetes
    items = [
        (release, item)
        for release in given.releases
        for item in release.objects
        if item.api_version != "actions.github.com/v1"
    ]
    custom = {**crds.in_objects(item.data for _, item in items), **located}
    found: dict[Kind, schemas.Schema] = {}
    for _, item in items:
        kind = _kind(item)
        if kind not in found and (schema := schema_of(version, kind, custom)):
            found[kind] = schema
    # an object that several environments share is judged once
    numbers: dict[str, int] = {}
    unlike: list[dict[str, Any]] = []
    texts: dict[int, str] = {}
    for _, item in items:
        if _kind(item) in found:
            texts[id(item)] = json.dumps(item.data, default=str)
            if texts[id(item)] not in numbers:
                numbers[texts[id(item)]] = len(unlike)
                unlike.append(item.data)
    answers = kubeconform.judge(unlike, found, program)
    for release, item in items:
        judged: list[Judged] = []
        if id(item) in texts:
            result.objects += 1
            answer = answers[numbers[texts[id(item)]]]
            if isinstance(answer, str):
                result.problems.append(Problem(f"{item.kind}/{item.name}: {answer}", item.source.file))
                continue
            judged = [Judged(fault) for fault in faults(answer, item.data, found[_kind(item)])]
        else:
            judged = [_without(version, item, custom)]
            result.objects += judged[0].status == "fail"
        for one in judged:
            yield _finding(given, release, item, one)


def _kind(item: Object) -> Kind:
    return item.api_version, text(item.data.get("kind"))


def _name(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def schema_of(version: Version, kind: Kind, custom: dict[Kind, schemas.Schema]) -> schemas.Schema | None:
    """Kubernetes' own schema, else that of a CRD: of --schema-location, of the input, of those that daira brings."""
    found = schemas.own(version, kind)
    if found:
        return found
    if kind in custom:
        return crds.strict(version, custom[kind])
    if kind in crds.packaged():
        return crds.strict(version, crds.packaged()[kind][1])
    return None


def _without(version: Version, item: Object, custom: dict[Kind, schemas.Schema]) -> Judged:
    """What to say about a kind without a schema: wrong where its group is Kubernetes' own, else undecidable."""
    api, kind = _kind(item)
    what, where = f"{api} {kind}", f"Kubernetes {_name(version)}"
    if not api:
        return Judged(Fault("schema-missing", ("apiVersion",), "apiVersion is missing, and it is required"))
    known = [*schemas.kinds(version), *custom, *crds.packaged()]
    others = list(dict.fromkeys(other for other, name in known if name == kind and _group(other) == _group(api)))
    names = list(dict.fromkeys(name for other, name in known if other == api))
    close = get_close_matches(kind, names, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]}?" if close else f": use {' or '.join(others)}" if others else ""
    old = deprecation(item)
    if old and old.removed is not None and version[1] >= old.removed:
        said = f"{what} is not served by {where}: it was removed in 1.{old.removed}; {old.advice}"
        return Judged(Fault("schema-unknown-kind", ("apiVersion",), said))
    if _group(api) in schemas.groups(version):
        path = ("kind",) if names else ("apiVersion",)
        return Judged(Fault("schema-unknown-kind", path, f"{what} is not served by {where}{hint}"))
    needed = "" if hint else "; give its CRD with --schema-location"
    said = f"there is no schema for {what} in {where} or any known CRD{hint}{needed}"
    return Judged(Fault("schema-not-found", ("kind",), said), "undecidable")


def _group(api: str) -> str:
    return api.rpartition("/")[0]


def _finding(given: inputs.Inputs, release: Release, item: Object, one: Judged) -> Finding:
    rule, path, message = one.fault
    at = container_path(path)
    container = text(deep(item.data, (*at, "name"))) or None if at else None
    file, line, column, guess, key, key_file, key_line = given.locate(Violation(item, path, message, one.status))
    severity: Severity = DESCRIBED[rule].severity if one.status == "fail" else "info"
    subject = Subject(*_kind(item), item.namespace, item.name)
    place = (pointer(path), container, file, line, column, guess, key, key_file, key_line)
    return Finding(rule, severity, one.status, message, release.environment, subject, *place)


def _merged(made: Sequence[tuple[Version, list[Finding]]]) -> list[Finding]:
    """The findings of several versions: one that some of them have says which; the same one is told once."""
    if len(made) == 1:
        return made[0][1]
    having: dict[tuple[object, ...], tuple[Finding, list[str]]] = {}
    for version, findings in made:
        for finding in findings:
            message = finding.message.replace(f"Kubernetes {_name(version)}", "Kubernetes")
            key = (finding.environment, finding.file, finding.line, finding._replace(message=message).same)
            names = having.setdefault(key, (finding, []))[1]
            if _name(version) not in names:
                names.append(_name(version))
    told = []
    for finding, names in having.values():
        if len(names) > 1 and f"Kubernetes {names[0]}" in finding.message:
            message = finding.message.replace(f"Kubernetes {names[0]}", f"Kubernetes {' and '.join(names)}")
        elif f"Kubernetes {names[0]}" in finding.message:
            message = finding.message
        else:
            message = f"{finding.message} (Kubernetes {' and '.join(names)})"
        told.append(finding._replace(message=message))
    return told
