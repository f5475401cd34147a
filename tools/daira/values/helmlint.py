"""`helm lint`: its messages as findings."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from daira import shell
from daira.render.chartfiles import template_path
from daira.render.helm import RENDER_TIMEOUT_S
from daira.render.release import NEWEST
from daira.values.found import Found

RULES = {"ERROR": "values-helm-error", "WARNING": "values-helm-warning", "INFO": "values-helm-advice"}
_MESSAGE = re.compile(r"^\[(ERROR|WARNING|INFO)\] (?:([^\s:]+): )?(.*)$")
_SUMMARY = re.compile(r"==>|Error:|level=|time=|\d+ chart\(s\) linted")
_PLACE = re.compile(r"\(?([\w.-]+/(?:templates|charts)/[^\s():]+):(\d+)(?::(\d+))?\)?")
# `helm lint` goes on where a template calls `fail`, and tells it only so.
_REFUSED = re.compile(r'msg="funcMap fail" message=("(?:[^"\\\n]|\\[nt"\\])*")')
# What the schema's rules say with a line and in better words.
SCHEMA = ("values don't meet the specifications of the schema", "additional properties", "at '/", "- at '")


def run(helm: Path, chart: Path, values: Sequence[Path]) -> str:
    """What `helm lint` prints. Raises CommandFailed where it could not be started."""
    files = [word for path in values for word in ("--values", path)]
    version = f"{NEWEST[0]}.{NEWEST[1]}"
    done = shell.run([helm, "lint", chart, *files, "--kube-version", version], timeout=RENDER_TIMEOUT_S, check=False)
    return f"{done.out}\n{done.err}"


def findings(output: str, chart: Path, environment: str | None, *, schema: bool) -> list[Found]:
    """The messages as findings. schema: the schema's rules found something, so what Helm says of that is left out."""
    made: list[Found] = []
    for said in dict.fromkeys(_REFUSED.findall(output)):
        text = f"the chart refuses these values: {' '.join(json.loads(said).split())}"
        made.append(Found(RULES["ERROR"], text, (), str(chart), 1, 1, environment))
    for severity, path, text in messages(output):
        if schema and (path == "values.yaml" or any(word in text for word in SCHEMA)):
            continue
        if path == "Chart.yaml" and text == "icon is recommended":
            continue  # an icon is for a catalogue of charts, and says nothing about values
        file, line, column = str(chart / path) if path and chart.is_dir() else str(chart), 0, 0
        place = _PLACE.search(text)
        if place:
            file, line, column = str(template_path(chart, place[1])), int(place[2]), int(place[3] or 0)
            line, column = line, column + 1 if place[3] else 1
        made.append(Found(RULES[severity], text, (), file, line or 1, column or 1, environment))
    return made


def messages(output: str) -> list[tuple[str, str, str]]:
    """Severity, file and text of each message; one may go over several lines."""
    found: list[tuple[str, str, list[str]]] = []
    for line in output.splitlines():
        match = _MESSAGE.match(line)
        if match:
            found.append((match[1], match[2] or "", [match[3].strip()]))
        elif not line.strip() or _SUMMARY.match(line):
            if found and line.strip():
                found.append(("", "", []))
        elif found:
            found[-1][2].append(line.strip())
    return [(severity, path, " ".join(words)) for severity, path, words in found if severity]
