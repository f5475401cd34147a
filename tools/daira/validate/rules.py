"""The rules that findings of `daira validate` name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from daira.report.result import Severity

WHY = "The API server refuses the object, or drops the field without a word, and what was meant never happens."


class SchemaRule(NamedTuple):
    """A rule's description, as reports show it (daira.report.result.Described)."""

    name: str
    title: str
    fix: str
    help: Mapping[str, str]
    severity: Severity = "error"
    checklist: str | None = None
    tags: tuple[str, ...] = ("schema",)


def _rule(name: str, title: str, fix: str, checks: str, why: str = WHY) -> SchemaRule:
    return SchemaRule(name, title, fix, {"What it checks": checks, "Why": why, "Fix": fix})


DESCRIBED: dict[str, SchemaRule] = {
    rule.name: rule
    for rule in (
        _rule(
            "schema-unknown-field",
            "every field is one that the schema knows",
            "Correct the name, or move the field to where it belongs.",
            "Every field of an object is declared by the schema of its kind, at any depth.",
        ),
        _rule(
            "schema-missing",
            "every required field is there",
            "Add the field.",
            "Every field that the schema of the kind requires is there.",
        ),
        _rule(
            "schema-invalid",
            "every value is of the type and in the range of its schema",
            "Write a value that the schema allows.",
            "Every value has the type, the range, the pattern or one of the values that its schema asks for.",
        ),
        _rule(
            "schema-unknown-kind",
            "every kind is served by the Kubernetes version",
            "Use an API version and kind that this Kubernetes serves.",
            "Every kind of Kubernetes' own API groups is served by the version that is validated for.",
            "Applying a kind that is not served fails, and with it the whole release.",
        ),
        _rule(
            "schema-not-found",
            "every kind has a schema to validate it with",
            "Give the CRD with --schema-location, or put it into the chart's crds/.",
            "There is a schema for every kind: in Kubernetes, in a CRD of the input or of --schema-location, or among "
            "the CRDs that daira brings. Where there is none, nothing is known about the object: it is undecidable.",
            "An object that nobody validated is no valid object.",
        ),
    )
}
