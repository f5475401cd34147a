"""Which APIs of Kubernetes are deprecated and removed since when: deprecations.yaml, looked up by an object."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from daira.render.read import documents
from daira.render.release import Object, text


class Deprecation(NamedTuple):
    """A kind of an API version. deprecated, removed: minor versions of Kubernetes 1; use: "apiVersion Kind" or ""."""

    deprecated: int
    removed: int | None
    use: str

    @property
    def advice(self) -> str:
        """What to use instead, as the end of a sentence."""
        return f"use {self.use}" if self.use else "nothing replaces it"


@cache
def _table() -> dict[tuple[str, str], Deprecation]:
    file = Path(__file__).with_suffix(".yaml")
    # the parser of the manifests is there already, PyYAML would have to be imported
    (rows,), _ = documents(file.read_text(encoding="utf-8"), file.name)
    return {(row["api"], row["kind"]): Deprecation(row["deprecated"], row["removed"], row["use"]) for row in rows}


def deprecation(item: Object) -> Deprecation | None:
    """What the table says about an object's API version and kind."""
    return _table().get((item.api_version, text(item.data.get("kind"))))
