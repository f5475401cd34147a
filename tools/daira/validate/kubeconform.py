"""The one place that runs kubeconform (PyPI has no package of it): objects and schemas in, what is wrong in each out.

kubeconform's JSON keeps only the outermost errors apart; all of them are in `msg`, a tree that is indented.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from daira import shell
from daira.errors import DairaError
from daira.render.helm import find_program

TIMEOUT_S = 300
# One error of the tree: how deep, where (a JSON Pointer), what.
_ERROR = re.compile(r"(?P<deep> +)- at '(?P<path>(?:[^'\\]|\\.)*)': ")
Kind = tuple[str, str]  # apiVersion and kind


@dataclass
class Error:
    """What kubeconform says about a place. path: a JSON Pointer; below: why, where alternatives failed."""

    path: str
    text: str
    below: list[Error] = field(default_factory=list)


def find_kubeconform() -> Path:
    """kubeconform from PATH, else from the nearest .tools/bin upwards. Raises DairaError with what to do."""
    return find_program("kubeconform", "objects are validated with it: put it on PATH or run `daira tools`")


def judge(
    objects: Sequence[dict[str, Any]], schemas: Mapping[Kind, dict[str, Any]], program: Path
) -> list[list[Error] | str]:
    """For each object its errors, none where it is valid; a sentence where it could not be judged.

    schemas: one for the API version and kind of every object. Raises DairaError when kubeconform does not answer.
    """
    if not objects:
        return []
    with TemporaryDirectory(prefix="daira-validate-") as name:
        top = Path(name)
        _write(top, objects, schemas)
        place = top / "schemas" / "{{.Group}}" / "{{.ResourceAPIVersion}}" / "{{.ResourceKind}}.json"
        words = [program, "-strict", "-verbose", "-output", "json", "-n", str(os.cpu_count() or 1)]
        done = shell.run([*words, "-schema-location", place, top / "objects"], timeout=TIMEOUT_S, check=False)
        return _answers(done, len(objects), program)


def _write(top: Path, objects: Sequence[dict[str, Any]], schemas: Mapping[Kind, dict[str, Any]]) -> None:
    for (api, kind), schema in schemas.items():
        group, _, version = api.rpartition("/")
        folder = top / "schemas" / (group or version) / version
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{kind.lower()}.json").write_text(json.dumps(schema), encoding="utf-8")
    (top / "objects").mkdir()
    for number, item in enumerate(objects):
        (top / "objects" / f"{number}.json").write_text(json.dumps(item, default=str), encoding="utf-8")


def _answers(done: shell.Done, count: int, program: Path) -> list[list[Error] | str]:
    made: list[list[Error] | str] = ["kubeconform did not judge it"] * count
    try:
        for one in json.loads(done.out)["resources"]:
            made[int(Path(one["filename"]).stem)] = _answer(one)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        said = (done.err or done.out).strip().splitlines()
        why = said[0] if said else f"it printed nothing and ended with exit code {done.code}"
        raise DairaError(
            f"{program} does not answer as kubeconform does ({why}): remove it from PATH and run `daira tools`"
        ) from error
    return made


def _answer(one: Mapping[str, str]) -> list[Error] | str:
    if one["status"] == "statusValid":
        return []
    if one["status"] == "statusInvalid":
        return errors(one["msg"]) or one["msg"]
    return one.get("msg") or f"kubeconform says {one['status']}"


def errors(message: str) -> list[Error]:
    """The tree that a message of kubeconform holds; what only says that something below failed is left out."""
    found = list(_ERROR.finditer(message))
    ends = [*(match.start() for match in found[1:]), len(message)]
    top = Error("", "")
    open_ = [(-1, top)]
    for match, end in zip(found, ends, strict=True):
        deep = len(match["deep"])
        while open_[-1][0] >= deep:
            open_.pop()
        error = Error(re.sub(r"\\(.)", r"\1", match["path"]), message[match.end() : end].strip())
        parent = open_[-1][1]
        parent.below.append(error)
        open_.append((deep, parent if error.text in ("validation failed", "'allOf' failed") else error))
        if open_[-1][1] is parent:
            parent.below.pop()
    return top.below
