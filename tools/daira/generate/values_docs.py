"""docs/values.md: every key of the chart's values, from the bundled schema, one table a subchart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daira.generate.bundled import Node, Schema, load
from daira.generate.files import headline
from daira.generate.markdown import KUBERNETES, LONG, allowed, block, code, first_sentence, link, prose, short, written

CHART = Path("charts/daira")
FILE = Path("docs/values.md")
INTRO = """\
# Values

Every key of `charts/daira`, as one writes it in a values file given with `-f`: `backend.image.tag` means

```yaml
backend:
  image:
    tag: …
```

What is not set is the default. A map is merged with the default key by key, a list replaces it, and `null` takes it
away. What an environment sets is in `values/<environment>.yaml`. Helm refuses a key that is not listed here.
"""
WHOLE, SAME = "The release as a whole", "What is the same everywhere"
OWN = """\
Types that Kubernetes defines, as its API reference explains them; the keys that the chart passes on:
"""
HEAD = "| key | allowed | default | what it is | example |\n|---|---|---|---|---|\n"


@dataclass
class Section:
    """A table. long: examples that fit no cell. rules: what is checked between its keys."""

    rows: list[str] = field(default_factory=list)
    long: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The table with what belongs to it."""
        made = HEAD + "".join(self.rows)
        if self.rules:
            made += "\nAlso checked:\n\n" + "".join(f"- {rule}\n" for rule in dict.fromkeys(self.rules))
        if self.long:
            made += "\nFor example:\n\n" + "\n".join(self.long)
        return made


def made(root: Path) -> dict[Path, str]:
    """The one file. Raises DairaError where the bundled schema is missing or broken."""
    schema = load(root, CHART)
    charts = [name for name in schema.root.get("properties", {}) if (root / CHART / "charts" / name).is_dir()]
    return {FILE: page(schema, [name for name in charts if _own_keys(schema, name)])}


def _own_keys(schema: Schema, chart: str) -> list[tuple[str, Node]]:
    """A subchart's keys; without `global`, which is the umbrella's and reaches every subchart."""
    node, _ = schema.flat(schema.root["properties"][chart])
    return [(key, below) for key, below in schema.properties(node) if key != "global"]


def page(schema: Schema, charts: list[str]) -> str:
    """The whole page. charts: the keys of the umbrella that are a subchart's."""
    uses = schema.uses()
    shared = {
        name: f"#{_anchor(name)}"
        for name in sorted(schema.definitions)
        if uses[name] > 1 and name not in charts and _worth(schema, name)
    }
    shared |= {name: "#kubernetes-own" for name in schema.definitions if name.startswith(KUBERNETES)}
    whole = schema.default(schema.root) or {}
    parts = [f"<!-- {headline('values-docs', f'{CHART}/values.schema.json')} -->\n", INTRO]
    titles = [WHOLE, *charts, *([SAME] if shared else [])]
    parts.append(" · ".join(f"[{title}](#{_anchor(title)})" for title in titles) + "\n")
    umbrella = Section(rules=list(_messages(schema.root, skip_properties=True)))
    for key, node in schema.properties(schema.root):
        if key not in charts:
            _add(umbrella, schema, key, node, whole.get(key), shared)
    parts += [f"## {WHOLE}\n", f"[values.yaml](../{CHART}/values.yaml)\n", umbrella.text()]
    for name in charts:
        node, _ = schema.flat(schema.root["properties"][name])
        section = Section(rules=list(_messages(node, skip_properties=True)))
        for key, below in _own_keys(schema, name):
            _add(section, schema, f"{name}.{key}", below, (whole.get(name) or {}).get(key), shared)
        about = f"{prose(node.get('description'))}\n\n[values.yaml](../{CHART}/charts/{name}/values.yaml)\n".lstrip()
        parts += [f"## {name}\n", about, section.text()]
    if shared:
        parts.append(f"## {SAME}\n\nWhat the tables above refer to, once.\n")
    for name, address in shared.items():
        if address != "#kubernetes-own":
            parts.append(f"### {name}\n\n{_definition(schema, name, shared)}")
    parts.append(_kubernetes(schema, shared))
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _worth(schema: Schema, name: str) -> bool:
    """Whether a definition is explained on its own: an object with keys, or a text of a certain form."""
    node = schema.definitions[name]
    return not name.startswith(KUBERNETES) and bool(node.get("properties") or node.get("pattern"))


def _anchor(title: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return title.lower().replace(".", "").replace(" ", "-")


def _kubernetes(schema: Schema, shared: dict[str, str]) -> str:
    """Kubernetes' own types, one a line with its keys; what they mean is Kubernetes' to say."""
    lines = []
    for name in sorted(schema.definitions):
        node = schema.definitions[name]
        if name.startswith(KUBERNETES) and node.get("properties"):
            required = node.get("required", [])
            keys = [
                f"{code(key)} {'(required) ' if key in required else ''}{allowed(schema, value, shared)}"
                for key, value in schema.properties(node)
            ]
            lines.append(f"- **{short(name)}**: {', '.join(keys)}\n")
    return f"## Kubernetes' own\n\n{OWN}\n{''.join(lines)}" if lines else ""


def _definition(schema: Schema, name: str, shared: dict[str, str]) -> str:
    """A shared definition: what it is, and of an object the table of its keys."""
    node, _ = schema.flat(schema.definitions[name])
    made = f"{prose(node.get('description'))}\n"
    if not node.get("properties"):
        made += f"\nAllowed: {allowed(schema, node, shared)}."
        if len(str(node.get("pattern", ""))) > LONG:
            made += f" The form: {code(str(node['pattern']))}."
        examples = ", ".join(code(written(one)) for one in node.get("examples", []))
        return made + (f" For example {examples}.\n" if examples else "\n")
    section = Section(rules=list(_messages(node, skip_properties=True)))
    default = schema.default(node)
    for key, below in schema.properties(node):
        _add(section, schema, key, below, default.get(key) if isinstance(default, dict) else None, shared)
    return made + "\n" + section.text()


def _add(
    section: Section, schema: Schema, key: str, node: Node, default: Any, shared: dict[str, str], brief: bool = False
) -> None:
    """The row of a key and of what is below it. brief: below a shared definition, which is explained elsewhere."""
    node, names = schema.flat(node)
    below = list(schema.properties(node))
    same = any(name in shared for name in names)
    listed = [(one, value) for one, value in below if not same or (isinstance(default, dict) and one in default)]
    # how a text has to look is said where it is explained
    kind = link(names, shared) or allowed(schema, {**node, "pattern": None} if brief else node, shared)
    section.rows.append(_row(section, key, kind, node, default, listed=bool(listed), brief=brief))
    if not brief:
        section.rules += _messages(node, skip_properties=True)
    for one, value in listed:
        preset = default.get(one) if isinstance(default, dict) else None
        _add(section, schema, f"{key}.{one}", value, preset, shared, brief or same)
    if not same and not brief:
        for step, inside in (("[]", node.get("items")), (".<name>", node.get("additionalProperties"))):
            if isinstance(inside, dict):
                found, inner = schema.flat(inside)
                if not any(name in shared for name in inner):
                    for one, value in schema.properties(found):
                        _add(section, schema, f"{key}{step}.{one}", value, schema.default(value), shared)


def _row(section: Section, key: str, kind: str, node: Node, default: Any, *, listed: bool, brief: bool) -> str:
    """One line of a table; an example that is too long for it goes to the section."""
    about = prose(first_sentence(node.get("description")) if brief else node.get("description"))
    if node.get("deprecated"):
        instead = node.get("x-replaced-by")
        about = f"**Deprecated**: {f'use `{instead}`' if instead else 'it has no effect any more'}. {about}"
    if node.get("writeOnly"):
        about = f"**Secret**, never in a committed file. {about}"
    shown = "" if listed or (default is None and node.get("default", "") is not None) else _default(default)
    example = ""
    examples = node.get("examples")
    if isinstance(examples, list) and examples and not brief:
        text = written(examples[0])
        if len(text) <= LONG:
            example = code(text)
        elif "<name>" not in key and "[]" not in key and not listed:
            section.long.append(block(key, examples[0]))
            example = "below"
    return f"| {code(key)} | {kind} | {shown} | {about.strip()} | {example} |\n"


def _default(value: Any) -> str:
    """A default for a cell; a long one is in the chart's values.yaml."""
    text = written(value)
    return code(text) if len(text) <= LONG else "see values.yaml"


def _messages(node: Any, *, skip_properties: bool = False) -> Iterator[str]:
    """The sentences of the checks between keys, of this level only."""
    if isinstance(node, dict):
        if isinstance(node.get("x-message"), str):
            yield prose(node["x-message"])
        for key, value in node.items():
            if not (skip_properties and key in ("properties", "$defs")) and key not in ("default", "examples"):
                yield from _messages(value, skip_properties=skip_properties)
    elif isinstance(node, list):
        for value in node:
            yield from _messages(value, skip_properties=skip_properties)
