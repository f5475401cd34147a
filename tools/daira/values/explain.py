"""`daira values explain`: what a key means, what it may be, and which file sets it to what in each environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from daira import environments
from daira.errors import UsageError
from daira.policy.facts.credentials import is_secret_name
from daira.render.merge import MISSING, Layer, dotted, value_at
from daira.render.release import Path as Key
from daira.values import suggest
from daira.values.charts import Chart, opened
from daira.values.judge import Judge
from daira.values.lint import wanted
from daira.values.schema import allowed, kinds, shown

HIDDEN = "(hidden)"


def explained(key: str, chart: Path | None, names: tuple[str, ...], values: tuple[Path, ...]) -> dict[str, Any]:
    """Everything about a key as data. Raises UsageError for a key that the chart does not have."""
    path, jobs = wanted(chart, values, names)
    if not names and not values and chart is not None:
        jobs = [(name, (file,)) for name, file in environments.values_files(path).items()] or [(None, ())]
    with opened(path) as found:
        steps = parsed(key)
        judge = Judge(found)
        layers = {
            file: Layer(str(file), file.read_bytes().decode("utf-8", "replace")) for _, files in jobs for file in files
        }
        about = found.about(steps)
        known = about or value_at(judge.defaults.merged, steps) is not MISSING
        if not known and not any(value_at(layer.data, steps) is not MISSING for layer in layers.values()):
            raise UsageError(f"{path} has no key {key}{_meant(found, judge, steps)}")
        secret = about.get("writeOnly") is True or (
            is_secret_name(str(steps[-1])) and not _children(found, judge, steps)
        )
        default = value_at(judge.defaults.merged, steps)
        default = about.get("default", MISSING) if default is MISSING else default
        return {
            "key": dotted(steps),
            "description": " ".join(str(about.get("description") or "").split()),
            "type": kinds(about.get("type")) or None,
            "allowed": allowed(about) or None,
            "default": _masked(default, secret),
            "examples": [] if secret else about.get("examples", []),
            "deprecated": about.get("deprecated") is True,
            "replaced_by": about.get("x-replaced-by"),
            "secret": secret,
            "children": _children(found, judge, steps),
            "environments": [
                _environment(found, [layers[file] for file in reversed(files)], name, steps, secret)
                for name, files in jobs
            ],
        }


def parsed(key: str) -> Key:
    """A dotted key: a.b[0].c; a dot in a name is written \\."""
    steps: list[str | int] = []
    for word in key.replace("\\.", "\0").split("."):
        name, *indexes = word.replace("\0", ".").split("[")
        steps += [name] if name else []
        steps += [int(one[:-1]) if one[:-1].isdigit() and one.endswith("]") else f"[{one}" for one in indexes]
    if not steps:
        raise UsageError("no key was given: name one as in backend.image.tag")
    return tuple(steps)


def _meant(chart: Chart, judge: Judge, key: Key) -> str:
    known = [(*below, *one) for below, schema in chart.schemas.items() for one in schema.keys]
    todo: list[Key] = [()]
    while todo:
        at = todo.pop()
        inner = value_at(judge.defaults.merged, at)
        for name in inner if isinstance(inner, dict) else ():
            known.append((*at, name))
            todo.append((*at, name))
    found = suggest.keys(key, list(dict.fromkeys(known)))
    if found:
        return f"; did you mean {' or '.join(dotted(one) for one in found)}?"
    parent = key[:-1]
    names = _children(chart, judge, parent)
    return f"; {dotted(parent) or 'at the top'} has {', '.join(names)}" if names else ""


def _children(chart: Chart, judge: Judge, key: Key) -> list[str]:
    """The names below a key: the schema's, then what values.yaml has besides."""
    found = chart.schema_of(key)
    names = found[1].children(key[len(found[0]) :]) if found else []
    inner = value_at(judge.defaults.merged, key)
    return list(dict.fromkeys([*names, *(inner if isinstance(inner, dict) else ())]))


def _masked(value: Any, secret: bool) -> Any:
    if value is MISSING:
        return None
    if isinstance(value, dict):
        return {name: _masked(inner, secret or is_secret_name(str(name))) for name, inner in value.items()}
    return HIDDEN if secret and value not in ("", None, [], False, True) else value


def _environment(chart: Chart, files: list[Layer], name: str | None, key: Key, secret: bool) -> dict[str, Any]:
    values = chart.values(files)
    found = values.get(key)
    return {
        "environment": name,
        "set": found is not MISSING,
        "value": _masked(found, secret),
        "layers": [
            {
                "file": layer.file,
                "line": (layer.line(values.home(key)) or (1, 1))[0],
                "column": (layer.line(values.home(key)) or (1, 1))[1],
                "value": _masked(value, secret),
            }
            for layer, value in values.setters(key)
        ],
    }


def text(told: dict[str, Any]) -> str:
    """The same for people."""
    lines = [told["key"] + ("  (deprecated)" if told["deprecated"] else ""), ""]
    lines += [f"  {told['description']}", ""] if told["description"] else []
    facts = [("replaced by", told["replaced_by"]), ("allowed", told["allowed"])]
    facts += [("default", None if told["children"] else _short(told["default"]))]
    facts += [("examples", ", ".join(shown(one) for one in told["examples"][:4]) or None)]
    facts += [("keys", ", ".join(told["children"]) or None)]
    lines += [f"  {name.ljust(12)} {fact}" for name, fact in facts if fact]
    for one in told["environments"]:
        lines += [
            "",
            f"{one['environment'] or 'without an environment'}: {_short(one['value']) if one['set'] else 'not set'}",
        ]
        for index, layer in enumerate(one["layers"]):
            what = "set by" if not index else "over"
            lines.append(
                f"  {what.ljust(12)} {layer['file']}:{layer['line']}:{layer['column']}: {_short(layer['value'])}"
            )
    return "\n".join(lines)


def _short(value: Any) -> str:
    return HIDDEN if value == HIDDEN else shown(value)
