"""The image scans of CI pipelines: GitHub's workflows and GitLab's pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from daira.policy.facts.quantity import said
from daira.policy.facts.scanners import Call, Verdict, from_action, from_script, hidden
from daira.render.release import Object, Path, Release, items, mapping, mappings, text

WORKFLOW = "actions.github.com/Workflow"
PIPELINE = "gitlab.com/Pipeline"
# What starts a workflow without anything being built; only these, and no build can fail by it.
_ASIDE = frozenset(["schedule", "workflow_dispatch", "repository_dispatch"])
_NEVER = frozenset(["false", "failure()", "cancelled()"])
_EXPRESSION = re.compile(r"\$\{\{\s*(matrix|env)\.([\w-]+)\s*\}\}")
# Top-level keys of a GitLab pipeline that are no jobs.
_NO_JOBS = frozenset(["default", "include", "stages", "variables", "workflow", "image", "services", "cache", "spec"])


class Scan(NamedTuple):
    """A step that scans images. verdict: whether it can fail the build; reason: why not. images: as resolved."""

    object: Object
    path: Path
    tool: str
    verdict: Verdict
    reason: str
    images: tuple[str, ...]


def pipelines(release: Release) -> list[Object]:
    """The CI files of the input."""
    return list(release.of(WORKFLOW, PIPELINE))


def scans(owner: Object) -> Iterator[Scan]:
    """The steps of a pipeline that scan images."""
    yield from _gitlab(owner) if owner.kind == PIPELINE else _github(owner)


def unseen(owner: Object) -> Iterator[tuple[Path, str]]:
    """Steps that may scan, but do it in a file that is not here: path, and what they call."""
    for _, path, job, step in _steps(owner):
        run, uses = text(step.get("run")), text(step.get("uses")) or text(job.get("uses"))
        if hidden(run):
            yield (*path, "run"), run.strip().partition("\n")[0]
        elif re.search(r"scan|trivy|grype|vuln", uses) and (uses.startswith("./") or ".github/workflows/" in uses):
            yield (*path, "uses"), uses


def _steps(owner: Object) -> Iterator[tuple[str, Path, dict[str, Any], dict[str, Any]]]:
    """Each job's name, and each step with its path and its job; a job that calls a workflow is its own only step."""
    if owner.kind == PIPELINE:
        for name, job in owner.data.items():
            if isinstance(name, str) and name not in _NO_JOBS and not name.startswith(".") and isinstance(job, dict):
                for field in ("before_script", "script", "after_script"):
                    given = job.get(field)
                    lines = (
                        [given] if isinstance(given, str) else [line for line in items(given) if isinstance(line, str)]
                    )
                    if lines:
                        yield name, (name, field), job, {"run": "\n".join(lines)}
        return
    for name, job in mapping(owner.data.get("jobs")).items():
        if isinstance(name, str) and isinstance(job, dict):
            if "uses" in job:
                yield name, ("jobs", name), job, job
            for index, step in mappings(job.get("steps")):
                yield name, ("jobs", name, "steps", index), job, step


def _github(owner: Object) -> Iterator[Scan]:
    data = owner.data
    started = data.get("on", data.get("true", data.get(True)))  # type: ignore[call-overload]
    events = {name for name in (*mapping(started), *items(started), started) if isinstance(name, str)}
    shell = _shell(data)
    for _, path, job, step in _steps(owner):
        variables = {**mapping(data.get("env")), **mapping(job.get("env")), **mapping(step.get("env"))}
        pipefail = (text(step.get("shell")) or _shell(job) or shell).startswith("bash")
        calls: list[Call] = []
        if isinstance(uses := step.get("uses"), str) and (call := from_action(uses, mapping(step.get("with")))):
            calls.append(call)
        calls.extend(from_script(text(step.get("run")), variables, pipefail=pipefail))
        for call in calls:
            verdict, reason = call.verdict, call.reason
            if off := _switched_off(step) or _switched_off(job):
                verdict, reason = "cannot", off
            elif events and events <= _ASIDE:
                verdict, reason = "cannot", f"the workflow runs on {', '.join(sorted(events))} only, beside every build"
            images = tuple(image for given in call.images for image in _resolved(given, job, variables))
            yield Scan(owner, path, call.tool, verdict, reason, images)


def _shell(data: dict[str, Any]) -> str:
    return text(mapping(mapping(data.get("defaults")).get("run")).get("shell"))


def _switched_off(step: dict[str, Any]) -> str:
    if _plain(step.get("continue-on-error")) == "true":
        return "continue-on-error is true"
    condition = _plain(step.get("if"))
    return f"if is {condition}" if condition in _NEVER else ""


def _plain(value: object) -> str:
    """A value or a constant expression: `${{ true }}` is "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value).strip().removeprefix("${{").removesuffix("}}").strip()


def _resolved(given: str, job: dict[str, Any], variables: dict[str, Any]) -> list[str]:
    """An image with the matrix' and the environment's values put in, once for each."""
    if "${{" not in given:
        return [given]
    matrix = mapping(mapping(job.get("strategy")).get("matrix"))
    contexts = [entry for _, entry in mappings(matrix.get("include"))]
    for name, values in matrix.items():
        if name not in ("include", "exclude"):
            contexts.extend({name: value} for value in items(values))
    made = {_filled(given, context, variables) for context in contexts or [{}]}
    resolved = sorted(image for image in made if "${{" not in image)
    return resolved or sorted(made)


def _filled(given: str, context: dict[str, Any], variables: dict[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        held = (context if found[1] == "matrix" else variables).get(found[2])
        return said(held) if isinstance(held, (int, float)) else held if isinstance(held, str) else found[0]

    return _EXPRESSION.sub(value, given)


def _gitlab(owner: Object) -> Iterator[Scan]:
    included = owner.data.get("include")
    for entry in [included] if isinstance(included, (dict, str)) else items(included):
        name = entry if isinstance(entry, str) else text(mapping(entry).get("template"))
        if "Container-Scanning" in name:
            yield Scan(
                owner, ("include",), "GitLab container scanning", "cannot", "it reports, and never fails a job", ()
            )
    for _, path, job, step in _steps(owner):
        variables = {**mapping(owner.data.get("variables")), **mapping(job.get("variables"))}
        for call in from_script(text(step.get("run")), variables, pipefail=True):
            verdict, reason = call.verdict, call.reason
            if job.get("allow_failure") not in (None, False):
                verdict, reason = "cannot", "allow_failure lets the pipeline pass"
            elif job.get("when") in ("manual", "never", "on_failure") or path[-1] == "after_script":
                verdict, reason = "cannot", f"it runs {job.get('when') or 'in after_script'}, and holds nothing up"
            yield Scan(owner, path, call.tool, verdict, reason, call.images)
