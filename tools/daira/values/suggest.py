"""Did you mean: the known key or allowed value that somebody most likely meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from daira.render.release import Path as Key

# How alike two names have to be, 0 to 1: replicaCount and replicas are, port and host are not.
ALIKE = 0.66
# A second name is told where it is hardly less alike than the first.
NEARLY = 0.05
_BARE = re.compile(r"[^a-z0-9]")


def bare(name: str) -> str:
    """A name without case and separators: pull_policy and pullPolicy are the same."""
    return _BARE.sub("", name.lower())


def close(name: str, names: Iterable[str]) -> list[str]:
    """The names most alike, the best first; where one differs in case and separators only, it alone."""
    known = list(dict.fromkeys(names))
    same = [one for one in known if bare(one) == bare(name) and bare(name)]
    if same:
        return same[:1]
    shapes = {one: bare(one) for one in known}
    by_shape = {shape: one for one, shape in reversed(shapes.items())}
    scores = {one: score for one in by_shape.values() if (score := _alike(bare(name), bare(one))) >= ALIKE}
    best = sorted(scores, key=lambda one: -scores[one])[:2]
    return [one for one in best if scores[one] > scores[best[0]] - NEARLY]


def _alike(one: str, other: str) -> float:
    """How alike two names are; those that begin alike are more so, which is how people shorten and extend names."""
    matcher = difflib.SequenceMatcher(None, one, other)
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE or (ratio := matcher.ratio()) < ALIKE:
        return 0.0
    common = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return ratio + 0.3 * common / max(len(one), len(other))


def typo(name: str, names: Iterable[str]) -> str | None:
    """The one name that differs by a slip (a letter or two, case, a separator); None where there are several."""
    known = [one for one in dict.fromkeys(names) if one != name]
    near = [one for one in known if distance(bare(name), bare(one)) <= (2 if len(name) > 7 else 1)]
    same = [one for one in near if bare(one) == bare(name)]
    found = same or near
    return found[0] if len(found) == 1 and len(name) > 3 else None


def distance(one: str, other: str) -> int:
    """Letters to add, drop, change or swap with their neighbour (optimal string alignment)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        previous, row, older = row, [i], before
        for j, right in enumerate(other, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        before = previous
    return row[-1]


def keys(key: Key, known: Sequence[Key]) -> list[Key]:
    """The keys that an unknown one may stand for: a sibling of nearly that name, else that name at another level."""
    parent, name = key[:-1], str(key[-1])
    siblings = [str(one[-1]) for one in known if one[:-1] == parent]
    same = [one for one in known if bare(str(one[-1])) == bare(name) and one != key]
    near = close(name, siblings)
    if near and (bare(near[0]) == bare(name) or not same or len(same) > 3):
        return [(*parent, one) for one in near]

    def apart(one: Key) -> tuple[int, int]:
        common = next((i for i, (a, b) in enumerate(zip(one, key, strict=False)) if a != b), min(len(one), len(key)))
        return -common, len(one)

    return sorted(same, key=apart)[:2] if len(same) <= 3 else [(*parent, one) for one in near]


def value(given: Any, values: Sequence[Any]) -> Any | None:
    """The allowed string most like a given one."""
    texts = [one for one in values if isinstance(one, str) and one]
    found = close(str(given), texts) if isinstance(given, str) and given else []
    return found[0] if found else None
