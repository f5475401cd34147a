"""Reading a bundled values.schema.json: a key with its references followed, and its default."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daira.errors import DairaError

Node = dict[str, Any]
REF = "#/$defs/"


@dataclass(frozen=True)
class Schema:
    """A whole schema. root: the document."""

    root: Node

    @property
    def definitions(self) -> Node:
        """Its definitions by name."""
        found: Node = self.root.get("$defs", {})
        return found

    def flat(self, node: Node) -> tuple[Node, tuple[str, ...]]:
        """A key's schema with what it refers to, of which the keys beside the reference win; the definitions' names."""
        names: tuple[str, ...] = ()
        while isinstance(node.get("$ref"), str) and node["$ref"].startswith(REF):
            target = node["$ref"].removeprefix(REF)
            if target in names:
                break
            names += (target,)
            beside = {key: value for key, value in node.items() if key != "$ref"}
            node = _over(beside, self.definitions.get(target, {}))
        return node, names

    def uses(self) -> Counter[str]:
        """How often each definition is referred to."""
        found: Counter[str] = Counter()
        waiting: list[Any] = [self.root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict):
                found[str(node.get("$ref", "")).removeprefix(REF)] += 1
                waiting += node.values()
            elif isinstance(node, list):
                waiting += node
        return found

    def properties(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The keys that a flat node knows, with their schemas as written."""
        for key, value in node.get("properties", {}).items():
            if isinstance(value, dict):
                yield key, value

    def default(self, node: Node, above: frozenset[str] = frozenset()) -> Any:
        """What a key is when nobody sets it: of an object its keys' defaults, with its own default on top.

        above: the definitions that it is part of, which are not followed again.
        """
        node, names = self.flat(node)
        own = node.get("default")
        again = not above.isdisjoint(names)
        if not node.get("properties") or again or ("default" in node and not isinstance(own, dict)):
            return own
        made = {}
        for key, value in self.properties(node):
            found = self.default(value, above.union(names))
            if found is not None:
                made[key] = found
        return _deep(own or {}, made) if made or own is not None else None


def load(root: Path, chart: Path) -> Schema:
    """The bundled schema of a chart. Raises DairaError where it is missing or broken."""
    file = chart / "values.schema.json"
    try:
        loaded = json.loads((root / file).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DairaError(f"{file} is not there: make it with `daira generate schemas`") from error
    except (OSError, ValueError) as error:
        raise DairaError(
            f"{file} can't be read as JSON ({error}): make it anew with `daira generate schemas`"
        ) from error
    return Schema(loaded if isinstance(loaded, dict) else {})


def _over(winner: Node, below: Node) -> Node:
    """Two schemas as one; keys that both know are merged, everything else is the winner's."""
    made = {**below, **winner}
    if "properties" in winner and "properties" in below:
        made["properties"] = {**below["properties"], **winner["properties"]}
        for key in winner["properties"].keys() & below["properties"].keys():
            made["properties"][key] = _over(winner["properties"][key], below["properties"][key])
    return made


def _deep(winner: Any, below: Any) -> Any:
    """Values on top of values, as Helm merges them."""
    if not isinstance(winner, dict) or not isinstance(below, dict):
        return winner
    return {**below, **{key: _deep(value, below[key]) if key in below else value for key, value in winner.items()}}
