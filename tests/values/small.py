"""A small chart with a subchart, to lint values of; and running the program in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from daira.cli import cli

DEFAULTS = """\
global: {existingSecret: "", environment: dev}
backend:
  # How many pods run.
  replicas: 2
  image: {tag: "", pullPolicy: IfNotPresent}
  autoscaling: {enabled: false, minReplicas: 1, maxReplicas: 3}
  port: 80
  password: ""
  size: 1Gi
  config: {}
sub:
  enabled: true
"""
SUB_DEFAULTS = "enabled: true\nlevel: info\nmap: {a: 1}\nlist: [1, 2, 3]\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\ndata:\n  v: {{ .Values | toJson | quote }}\n"
TEXT = {"type": "string"}
SUB: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "enabled": {"type": "boolean"},
        "global": {"type": "object"},
        "level": {"enum": ["info", "debug"], "description": "How much is said."},
        "map": {"type": "object"},
        "list": {"type": "array", "items": {"type": "integer"}},
        "verbosity": {**TEXT, "deprecated": True, "x-replaced-by": "level"},
    },
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "global": {
            "type": "object",
            "properties": {
                "existingSecret": {**TEXT, "description": "The name of a Secret."},
                "environment": {"enum": ["dev", "prod"]},
            },
        },
        "sub": {"$ref": "#/$defs/sub"},
        "backend": {
            "type": "object",
            "additionalProperties": False,
            "required": ["port"],
            "properties": {
                "replicas": {"type": "integer", "minimum": 1, "description": "How many pods run.", "examples": [3]},
                "port": {
                    "anyOf": [
                        {"type": "integer"},
                        {
                            "type": "object",
                            "required": ["name"],
                            "properties": {"name": TEXT, "number": {"type": "integer"}},
                        },
                    ]
                },
                "password": {**TEXT, "writeOnly": True},
                "oldSize": {**TEXT, "deprecated": True, "x-replaced-by": "backend.size"},
                "oldSecret": {**TEXT, "deprecated": True, "x-replaced-by": "global.existingSecret"},
                "size": {**TEXT, "pattern": "^[0-9]+Gi$", "examples": ["1Gi"], "description": "How big."},
                "config": {"type": "object", "additionalProperties": TEXT},
                "image": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "tag": {**TEXT, "description": "The version."},
                        "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
                    },
                },
                "autoscaling": {
                    "type": "object",
                    "properties": {name: {"type": "integer"} for name in ("minReplicas", "maxReplicas")},
                    "if": {"properties": {"enabled": {"const": True}}, "required": ["enabled"]},
                    "then": {"properties": {"minReplicas": {"minimum": 2}}},
                    "x-message": "An autoscaler needs backend.autoscaling.minReplicas of 2 or more.",
                },
            },
        },
    },
    "$defs": {"sub": SUB},
}


def chart(folder: Path, *, schema: Any = SCHEMA, defaults: str = DEFAULTS, sub: bool = True) -> Path:
    """Write the chart to folder/c; returns its path. schema: None for a chart without any."""
    root = folder / "c"
    files = {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "values.yaml": defaults}
    files["templates/v.yaml"] = TEMPLATE
    if sub:
        files["Chart.yaml"] += "dependencies: [{name: sub, version: 1.0.0, condition: sub.enabled}]\n"
        files["charts/sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"
        files["charts/sub/values.yaml"] = SUB_DEFAULTS
    if schema is not None:
        files["values.schema.json"] = json.dumps(schema)
        if sub:
            files["charts/sub/values.schema.json"] = json.dumps(SUB)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def run(*words: object) -> Result:
    """The program, as a user calls it."""
    return CliRunner().invoke(cli, [str(word) for word in words])


def findings(folder: Path, *texts: str, arguments: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What lint finds in values files of these texts, on top of the chart in `folder`."""
    words: list[object] = ["lint", folder / "c", "--no-helm", "--format", "json", *arguments]
    for number, text in enumerate(texts):
        file = folder / f"{'abcdef'[number]}.yaml"
        file.write_bytes(text.encode())
        words += ["-f", file]
    ran = run(*words)
    assert ran.exit_code in (0, 1), (ran.output, ran.exception)
    found: list[dict[str, Any]] = json.loads(ran.stdout)["findings"]
    return found


def told(folder: Path, *texts: str) -> list[tuple[str, str, str, int, int]]:
    """The same in short: rule, key, file's name, line, column."""
    return [
        (
            one["rule"].removeprefix("values-"),
            one["values_key"] or "",
            Path(one["file"]).name,
            one["line"],
            one["column"],
        )
        for one in findings(folder, *texts)
    ]


def loaded(text: str) -> Any:
    """YAML as PyYAML reads it, for texts where that is what Helm reads."""
    return yaml.safe_load(text)
