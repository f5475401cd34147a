"""Text for Markdown tables: escaped prose, values as code, what a schema allows in words."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from daira.generate.bundled import Node, Schema

CODE = re.compile(r"(`[^`]+`)")
SPECIAL = re.compile(r"([\\*_<\[\]])")
LONG = 60
KUBERNETES = "io.k8s."
TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "null": "null",
}


def prose(text: object) -> str:
    """Prose for a table's cell: one line, nothing but code spans taken for Markdown."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", str(text or "").strip())]
    return "<br>".join(
        "".join(
            part.replace("|", "\\|") if CODE.fullmatch(part) else SPECIAL.sub(r"\\\1", part).replace("|", "\\|")
            for part in CODE.split(paragraph)
        )
        for paragraph in paragraphs
    )


def first_sentence(text: object) -> str:
    """The beginning of a description, up to the first full stop that ends a sentence."""
    whole = " ".join(str(text or "").split())
    found = re.match(r".*?[.!?](?=\s+[A-Z`]|$)", whole)
    return found[0] if found else whole


def code(text: str) -> str:
    """A code span for a table's cell, whatever is in the text."""
    # a cell ends with its line
    inside = text.replace("\r", "\\r").replace("\n", "\\n").replace("|", "\\|")
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{inside}{space}{ticks}"


def written(value: Any) -> str:
    """A value as one writes it in a values file, on one line."""
    if isinstance(value, (dict, list)) or value is None:
        text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6).strip()
    elif isinstance(value, str):
        text = yaml.safe_dump(value, allow_unicode=True, width=10**6).strip().removesuffix("\n...")
        # what YAML writes in single quotes everybody else writes in double ones
        text = json.dumps(value, ensure_ascii=False) if text.startswith("'") or "\n" in text else text
    else:
        text = json.dumps(value)
    return text.removesuffix("\n...")


def block(key: str, value: Any) -> str:
    """A key with its value as a fenced piece of a values file."""
    made = value
    for step in reversed(key.split(".")):
        made = {step: made}
    text = yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=100)
    return f"```yaml\n{text}```\n"


def allowed(schema: Schema, node: Node, shared: dict[str, str], depth: int = 0) -> str:
    """What a key may hold, in words. shared: definition -> address of where it is explained."""
    node, names = schema.flat(node)
    linked = link(names, shared)
    if linked:
        return linked
    if "const" in node:
        return code(written(node["const"]))
    if "enum" in node:
        return ", ".join(code(written(one)) for one in node["enum"])
    for union in ("oneOf", "anyOf"):
        branches = [one for one in node.get(union, []) if isinstance(one, dict) and _says_type(one)]
        if branches and depth < 3 and "type" not in node:
            return " or ".join(dict.fromkeys(allowed(schema, one, shared, depth + 1) for one in branches))
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_kind(schema, node, kind, shared, depth) for kind in kinds) or "anything"


def link(names: tuple[str, ...], shared: dict[str, str]) -> str:
    """A link to the first of the definitions that is explained, or nothing."""
    return next((f"[{short(name)}]({shared[name]})" for name in names if name in shared), "")


def short(name: str) -> str:
    """A definition's name; of Kubernetes' own the last part."""
    return name.rpartition(".")[2] if name.startswith(KUBERNETES) else name


def _says_type(node: Node) -> bool:
    return bool(node.keys() & {"type", "$ref", "const", "enum", "oneOf", "anyOf"})


def _kind(schema: Schema, node: Node, kind: str, shared: dict[str, str], depth: int) -> str:
    if kind == "array":
        items = node.get("items")
        return (
            f"list of {allowed(schema, items, shared, depth + 1)}" if isinstance(items, dict) and depth < 3 else "list"
        )
    if kind == "object":
        more = node.get("additionalProperties")
        if isinstance(more, dict) and _says_type(more) and depth < 3:
            return f"map of {allowed(schema, more, shared, depth + 1)}"
        if depth and node.get("properties"):
            return f"map with {', '.join(code(key) for key in node['properties'])}"
        return "map"
    text = TYPES.get(kind, kind)
    if kind in ("integer", "number"):
        return text + _range(node)
    if kind == "string" and node.get("format"):
        return f"{text} ({node['format']})"
    if kind == "string" and node.get("pattern"):
        pattern = str(node["pattern"])
        return f"{text}, {code(pattern)}" if len(pattern) <= LONG else f"{text} of a certain form"
    return f"{text}, not empty" if kind == "string" and node.get("minLength") else text


def _range(node: Node) -> str:
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    above, below = "exclusiveMinimum" in node, "exclusiveMaximum" in node
    if low is not None and high is not None and not (above or below):
        return f" {low} to {high}"
    ends = [f"above {low}" if above else f"from {low}"] if low is not None else []
    ends += [f"below {high}" if below else f"to {high}"] if high is not None else []
    return "".join(f" {end}" for end in ends)
