"""What is known about a value of a template without rendering it: a symbol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daira.render.release import Path as Key

# A step that can be any one: the element of a range, or a key that is only known when the chart is rendered.
ANY = "\x00any"
LIMIT = 64


@dataclass(frozen=True)
class Symbol:
    """What is known about a value. chart: the scope of a chart's context (`.` of a file), None for other values."""

    keys: tuple[Key, ...] = ()
    uses: tuple[Key, ...] = ()
    fields: dict[str, Symbol] | None = None
    chart: Key | None = None
    text: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Key, ...]:
        """Every key that has a part in it."""
        inner = [key for one in (self.fields or {}).values() for key in one.all] if self.fields else []
        return few([*self.keys, *self.uses, *inner])


UNKNOWN = Symbol()


def few(keys: Iterable[Key]) -> tuple[Key, ...]:
    return tuple(dict.fromkeys(keys))[:LIMIT]


def mixed(found: list[Symbol]) -> Symbol:
    return Symbol(uses=few(key for one in found for key in one.all))


def union(symbols: Sequence[Symbol | None], more: tuple[Key, ...] = ()) -> Symbol:
    """One of several."""
    known = [one for one in symbols if one is not None]
    fields: dict[str, Symbol] = {}
    for one in known:
        for name, value in (one.fields or {}).items():
            fields.setdefault(name, value)
    texts = {one.text for one in known if one.text}
    return Symbol(
        few(key for one in known for key in one.keys),
        few([*(key for one in known for key in one.uses), *more]),
        fields or None,
        next((one.chart for one in known if one.chart is not None), None),
        texts.pop() if len(texts) == 1 and len(known) == 1 else None,
        tuple(dict.fromkeys(choice for one in known for choice in (*one.choices, *([one.text] if one.text else [])))),
    )
