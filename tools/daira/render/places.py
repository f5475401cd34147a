"""Where each path of a YAML document begins and ends, as offsets into its text."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from daira.render.release import Path


class Place(NamedTuple):
    """start: of the key (of the item, in a list); value, end: of the value. scalar: whether it holds no others."""

    start: int
    value: int
    end: int
    scalar: bool


def places(text: str, document: int = 0) -> dict[Path, Place]:
    """Every path of a document of a text. The first of two equal keys counts for nothing, as for the parsers."""
    found: dict[Path, Place] = {}
    for number, node in enumerate(yaml.compose_all(text, Loader=yaml.CSafeLoader)):
        if number == document:
            if node is not None:
                _walk(node, (), node.start_mark.index, found)
            break
    return found


def _walk(node: yaml.Node, path: Path, start: int, found: dict[Path, Place]) -> None:
    scalar = isinstance(node, yaml.ScalarNode)
    found[path] = Place(start, node.start_mark.index, node.end_mark.index, scalar)
    if len(path) > 200:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                _walk(value, (*path, key.value), key.start_mark.index, found)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*path, index), value.start_mark.index, found)
