"""Values that the schema allows, made up by hypothesis.

hypothesis-jsonschema does not run with the hypothesis of today (it calls a method that is gone), and would spend its
examples on what no person writes. This knows the keywords that schemas/ uses, and takes the schema's examples for the
types of Kubernetes.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.chart.conftest import merge
from tests.chart.contract import Schema, resolved

# Free text that a person may write: one line, printable, with what YAML, shells and templates take for their own.
TEXT = st.text(st.sampled_from("aZ09 .:/-_,=@%+é\"'#{}$"), max_size=12)
SCALAR = st.one_of(st.booleans(), st.integers(0, 10**6), TEXT)


def documents(whole: Schema, schema: Schema | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Values with some of a schema's keys set, each to something it allows."""
    node = resolved(whole if schema is None else schema, whole)
    keys = {name: one for name, one in node["properties"].items() if not resolved(one, whole).get("deprecated")}

    @st.composite
    def made(draw: st.DrawFn) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(sorted(keys)), max_size=5, unique=True))
        values = {name: draw(_value(keys[name], whole)) for name in chosen}
        return merge(values, _required(node, values))

    return made()


def _required(node: Schema, values: dict[str, Any]) -> dict[str, Any]:
    """What the condition of an object wants besides, by the examples of what it wants."""
    if "then" not in node or not set(values) - {"cidr", "sslMode"}:
        return {}
    wanted: dict[str, Any] = {}
    for name in node["then"]["required"]:
        if not values.get(name):
            wanted[name] = node["properties"][name]["examples"][0]
    return wanted


def _value(schema: Schema, whole: Schema) -> st.SearchStrategy[Any]:
    node = resolved(schema, whole)
    if "enum" in node:
        return st.sampled_from(node["enum"])
    if "anyOf" in node or "items" in node:
        return st.sampled_from([*node["examples"], node["default"]])
    if "properties" in node:
        return documents(whole, schema)
    kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
    return st.one_of([_scalar(kind, node, whole) for kind in kinds])


def _scalar(kind: str, node: Schema, whole: Schema) -> st.SearchStrategy[Any]:
    if kind == "boolean":
        return st.booleans()
    if kind in ("integer", "number"):
        least = node.get("minimum", 0)
        return st.integers(least, node.get("maximum", least + 10_000))
    if kind == "null":
        return st.none()
    if kind == "object":
        return _free(node, whole)
    if "pattern" in node:
        # Helm's regular expressions know ASCII's digits and letters only
        return st.from_regex(node["pattern"], alphabet=st.characters(codec="ascii", exclude_categories=["Cc"])).filter(
            lambda text: len(text) <= 40 and "\n" not in text
        )
    return TEXT.filter(lambda text: len(text) >= node.get("minLength", 0))


def _free(node: Schema, whole: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """An object whose names a user chooses: an example, or names like the example's with values of the allowed type."""
    others = node.get("additionalProperties")
    examples = st.sampled_from([*node["examples"], {}])
    if not isinstance(others, dict) or resolved(others, whole).get("type") not in (
        "string",
        ["string", "number", "boolean"],
    ):
        return examples
    names = sorted({name for example in node["examples"] for name in example})
    return st.one_of(examples, st.dictionaries(st.sampled_from(names), TEXT))
