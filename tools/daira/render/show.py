"""A render as text or JSON, with the origin of its parts."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from daira.errors import UsageError
from daira.render.origin import From, Origin
from daira.render.places import Place, places
from daira.render.release import NEWEST, Object, Path, Release, Source, Version


def version(given: str | None) -> Version:
    """ "1.34" or "v1.34.2" as (1, 34); the newest where none is given. Raises UsageError."""
    if given is None:
        return NEWEST
    match = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.\d+)?", given)
    if match is None:
        raise UsageError(f"{given!r} is no Kubernetes version: write it as 1.34")
    return int(match[1]), int(match[2])


def origin_of(item: Object, path: Path) -> Origin | None:
    """Where a path of an object comes from, None where no chart rendered it."""
    come = item.source.origin
    return come.rendering.locate(item, path) if isinstance(come, From) else None


def as_text(release: Release, *, origins: bool) -> str:
    """The manifests, each below its template's name; with origins, at the end of every line that begins something."""
    made = []
    for source in _sources(release):
        text = source.text
        if origins:
            for item in reversed([item for item in release.objects if item.source is source]):
                if not item.inside:
                    text = _annotated(item, text)
        made.append(f"---\n# Source: {source.file}\n{text.rstrip()}\n")
    return "".join(made)


def _sources(release: Release) -> list[Source]:
    return list(dict.fromkeys(item.source for item in release.objects))


def _annotated(item: Object, text: str) -> str:
    """A document with comments; as it is where a comment would change what it says."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found = places(text, item.document)
    at = 0
    notes: dict[int, str] = {}
    for path, place in sorted(found.items(), key=lambda pair: (pair[1].start, len(pair[0]))):
        while starts[at + 1] <= place.start:
            at += 1
        if path and _fits(place, text, starts[at + 1] - 1):
            origin = origin_of(item, path)
            if origin:
                notes[at] = _note(origin)
    made = "\n".join(f"{line} # {notes[number]}" if number in notes else line for number, line in enumerate(lines))
    return made if _same(made, text) else text


def _fits(place: Place, text: str, line_end: int) -> bool:
    """Whether the line of a place can end with a comment: not inside of a string that goes on."""
    if not place.scalar or place.end <= line_end:
        return True
    return text[place.value : place.value + 1] in ("|", ">")


def _same(one: str, other: str) -> bool:
    try:
        return list(yaml.load_all(one, Loader=yaml.CSafeLoader)) == list(yaml.load_all(other, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return False


def _note(origin: Origin) -> str:
    """ "file:line key", a question mark after what is a guess."""
    note = f"{origin.file}:{origin.line}{'' if origin.exact else '?'}"
    if origin.key:
        note += f" {origin.key.key}{'' if origin.key.exact else '?'}"
    return note


def as_json(release: Release) -> str:
    """The objects with the origin of every path, by JSON Pointer."""
    made = []
    for item in release.objects:
        found = []
        for whole, place in places(item.source.text, item.document).items():
            path = whole[len(item.inside) :]
            if whole[: len(item.inside)] != item.inside or not path or not place.scalar:
                continue
            origin = origin_of(item, path)
            if origin:
                found.append({"path": _pointer(path), **_entry(origin)})
        made.append({"file": item.source.file, "object": item.data, "origins": found})
    return json.dumps({"version": 1, "objects": made}, ensure_ascii=False, indent=2, default=str) + "\n"


def _entry(origin: Origin) -> dict[str, Any]:
    key = origin.key
    return {
        "file": origin.file,
        "line": origin.line,
        "column": origin.column,
        "exact": origin.exact,
        "included_from": [f"{file}:{line}" for file, line in origin.callers],
        "values_key": key.key if key else None,
        "values_file": key.file if key else None,
        "values_line": key.line if key else None,
        "values_exact": key.exact if key else None,
    }


def _pointer(path: Path) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
