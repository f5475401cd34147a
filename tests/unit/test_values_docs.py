"""docs/values.md from a schema: every key, its real default, what it may hold in words, prose that stays prose."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from daira.errors import DairaError
from daira.generate import values_docs
from daira.generate.bundled import Schema, load
from daira.generate.markdown import allowed, code, first_sentence, prose, written

SCHEMA: dict[str, Any] = {
    "properties": {
        "global": {"type": "object", "properties": {"environment": {"enum": ["a", "b"], "default": "a"}}},
        "backend": {"$ref": "#/$defs/backend"},
        "secrets": {
            "type": "object",
            "properties": {"KEY": {"type": "string", "writeOnly": True, "description": "The key."}},
        },
    },
    "$defs": {
        "backend": {
            "type": "object",
            "description": "The API.",
            "properties": {
                "global": {"type": "object"},
                "replicas": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2, "examples": [3]},
                "image": {
                    "$ref": "#/$defs/image",
                    "description": "The backend's image.",
                    "default": {"repository": "daira/backend"},
                },
                "old": {"type": "string", "deprecated": True, "x-replaced-by": "backend.replicas", "default": ""},
                "affinity": {"$ref": "#/$defs/affinity", "default": {}},
                "sidecar": {"$ref": "#/$defs/image", "type": ["object", "null"], "default": None},
                "podAffinity": {"$ref": "#/$defs/affinity", "default": {}},
                "jobs": {
                    "type": "object",
                    "default": {},
                    "additionalProperties": {
                        "type": "object",
                        "properties": {"port": {"type": "integer", "description": "Where."}},
                    },
                    "examples": [
                        {"a-job-with-a-long-name": {"port": 80}, "another-job-with-a-long-name": {"port": 81}}
                    ],
                },
                "parents": {
                    "type": "array",
                    "default": [],
                    "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                },
            },
            "if": {"properties": {"replicas": {"const": 1}}},
            "then": {"required": ["old"], "x-message": "One replica needs `old`."},
        },
        "image": {
            "type": "object",
            "description": "An image. It has a tag.",
            "properties": {
                "repository": {"type": "string", "minLength": 1, "default": "", "description": "Its name. No host."},
                "tag": {"type": "string", "default": "", "description": "Its tag | version.", "examples": ["1.2.3"]},
                "digest": {"$ref": "#/$defs/digest", "default": ""},
                "other": {"$ref": "#/$defs/alias"},
                "once": {"$ref": "#/$defs/once"},
            },
        },
        "alias": {"$ref": "#/$defs/digest"},
        "once": {"type": "string", "pattern": "^x$", "description": "Named, and used once."},
        "affinity": {"type": "object", "properties": {"nodeAffinity": {"type": "object", "description": "Nodes."}}},
        "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "description": "Bytes.", "examples": ["x"]},
    },
}


@pytest.fixture(scope="module")
def page() -> str:
    """The page of the schema above."""
    return values_docs.page(Schema(SCHEMA), ["backend"])


def rows(page: str) -> dict[str, list[str]]:
    """The tables' cells by key; of a key in two tables the first."""
    found: dict[str, list[str]] = {}
    for line in page.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found.setdefault(cells[0].strip("`"), cells[1:])
    return found


def test_every_row_has_as_many_cells_as_its_head(page: str) -> None:
    assert {len(cells) for cells in rows(page).values()} == {4}


def test_a_key_is_dotted_from_the_top(page: str) -> None:
    found = rows(page)
    assert found["global.environment"][:2] == ["`a`, `b`", "`a`"]
    assert found["backend.replicas"] == ["whole number 1 to 9", "`2`", "", "`3`"]
    assert found["backend.parents[].name"][0] == "text"
    assert found["backend.jobs.<name>.port"][0] == "whole number"
    assert "backend.global" not in found


def test_a_shared_object_is_explained_once_and_its_defaults_are_those_of_the_place(page: str) -> None:
    found = rows(page)
    assert found["backend.image"] == ["[image](#image)", "", "The backend's image.", ""]
    assert found["backend.image.repository"] == ["text, not empty", "`daira/backend`", "Its name.", ""]
    assert found["backend.image.tag"][1:] == ['`""`', "Its tag \\| version.", ""]
    assert found["tag"][3] == "`1.2.3`"
    assert found["digest"][0] == found["other"][0] == "[digest](#digest)"
    assert found["once"][0] == "text, `^x$`", "no heading for what is used once"
    assert found["backend.sidecar"][1] == "`null`"
    assert page.count("No host.") == 1


def test_what_is_not_set_below_a_shared_object_is_in_its_own_table_only(page: str) -> None:
    found = rows(page)
    assert found["backend.affinity"][:2] == ["[affinity](#affinity)", "`{}`"]
    assert "backend.affinity.nodeAffinity" not in found
    assert found["nodeAffinity"][2] == "Nodes."


def test_links_lead_to_headings(page: str) -> None:
    headings = {"#" + title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", page, re.MULTILINE)}
    links = set(re.findall(r"\]\((#[^)]*)\)", page))
    assert links <= headings
    assert {"#backend", "#image", "#digest"} <= links


def test_marks(page: str) -> None:
    found = rows(page)
    assert found["backend.old"][2].startswith("**Deprecated**: use `backend.replicas`.")
    assert found["secrets.KEY"][2] == "**Secret**, never in a committed file. The key."
    assert "- One replica needs `old`.\n" in page
    assert "```yaml\nbackend:\n  jobs:\n    a-job-with-a-long-name:\n      port: 80\n" in page


def test_prose_stays_prose() -> None:
    assert prose("A *b* `c|*d*` <e>\nf|g\n\nh [i](j)") == r"A \*b\* `c\|*d*` \<e> f\|g<br>h \[i\](j)"
    assert first_sentence("Port 5353, e.g. on OpenShift. It is.") == "Port 5353, e.g. on OpenShift."
    assert first_sentence("one") == "one"
    assert code("[^\r\n]") == "`[^\\r\\n]`"
    assert code("a`b|c") == r"``a`b\|c``"


WRITTEN: list[tuple[Any, str]] = [
    ("", '""'),
    ("5", '"5"'),
    ("true", '"true"'),
    ("a b", "a b"),
    ("a\nb", '"a\\nb"'),
    ("{a}", '"{a}"'),
    (5, "5"),
    (True, "true"),
    (None, "null"),
    ([], "[]"),
    ({}, "{}"),
    ({"a": ["b", 1]}, "{a: [b, 1]}"),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_a_value_is_written_as_in_a_values_file(value: Any, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ({}, "anything"),
        ({"type": ["string", "null"]}, "text or null"),
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "map of `true` or `false`"),
        ({"anyOf": [{"type": "integer", "minimum": 0}, {"const": ""}]}, 'whole number from 0 or `""`'),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "number above 0 to 1"),
        ({"type": "string", "pattern": "^a|b$"}, r"text, `^a\|b$`"),
        ({"type": "object", "anyOf": [{"required": ["a"]}]}, "map"),
    ],
)
def test_what_is_allowed_in_words(node: dict[str, Any], text: str) -> None:
    assert allowed(Schema({}), node, {}) == text


def test_a_definition_that_refers_to_itself_ends() -> None:
    tree = {"$ref": "#/$defs/tree"}
    schema = Schema({"properties": {"a": tree}, "$defs": {"tree": {"properties": {"b": tree}, "default": {}}}})
    assert "| `a` |" in values_docs.page(schema, [])
    assert Schema({"$defs": {"a": {"$ref": "#/$defs/a"}}}).flat({"$ref": "#/$defs/a"})[1] == ("a",)


@pytest.mark.parametrize("text", [None, "{", "\xff"])
def test_a_schema_that_is_missing_or_broken_is_one_sentence(tmp_path: Path, text: str | None) -> None:
    chart = Path("charts/daira")
    (tmp_path / chart).mkdir(parents=True)
    if text is not None:
        (tmp_path / chart / "values.schema.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DairaError, match="daira generate schemas") as raised:
        load(tmp_path, chart)
    assert "\n" not in str(raised.value)


def test_the_default_of_an_object_is_its_keys_with_its_own_on_top() -> None:
    schema = Schema(SCHEMA)
    made = schema.default(schema.root)
    assert made["backend"]["image"] == {"repository": "daira/backend", "tag": "", "digest": ""}
    assert json.dumps(made["backend"]["affinity"]) == "{}"
