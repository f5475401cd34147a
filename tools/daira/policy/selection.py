"""Which rules a name means: a rule, a group, or a glob over both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from daira.errors import UsageError
from daira.policy.catalog import Entry, catalog
from daira.policy.rule import GROUPS
from daira.report.result import Described

GLOB = re.compile(r"[*?\[]")


def select(rules: Sequence[Entry], select: Iterable[str], ignore: Iterable[str]) -> list[Entry]:
    """The rules of --select (all of them without one) that are not in --ignore, in the order of `rules`.

    select, ignore: names of rules and groups, globs; several in one with commas. Raises UsageError for a name that
    means nothing, and where no rule is left: a run without a rule would look like one that found nothing.
    """
    wanted = _names(rules, select, "--select")
    unwanted = _names(rules, ignore, "--ignore") or frozenset()
    left = [rule for rule in rules if (wanted is None or rule.name in wanted) and rule.name not in unwanted]
    if not left:
        raise UsageError("--select and --ignore leave no rule; `daira rules` lists all of them with their groups")
    return left


def _names(rules: Sequence[Entry], patterns: Iterable[str], option: str) -> frozenset[str] | None:
    """The names that the patterns mean together; None where there is no pattern."""
    found: set[str] = set()
    given = False
    for pattern in (part.strip() for value in patterns for part in value.split(",")):
        given = True
        try:
            found |= meant(pattern, rules)
        except UsageError as error:
            raise UsageError(f"{option}: {error}") from None
    return frozenset(found) if given else None


def meant(pattern: str, rules: Sequence[Entry] | None = None, *, exact: bool = False) -> frozenset[str]:
    """The names of the rules that `pattern` means: a rule's name, a group's, or a glob over both.

    rules: all there are; the catalogue without it. exact: what is a rule's name and a group's is the rule alone, else
    the group. A group that no rule is in is a known one. Raises UsageError, with the names that come close, for a
    pattern that means nothing.
    """
    known = catalog() if rules is None else rules
    if exact and any(rule.name == pattern for rule in known):
        return frozenset([pattern])
    if GLOB.search(pattern):
        from fnmatch import fnmatchcase

        groups = {group for group in GROUPS if fnmatchcase(group, pattern)}
        found = {
            rule.name for rule in known if fnmatchcase(rule.name, pattern) or groups.intersection(rule.meta.groups)
        }
        if found or groups:
            return frozenset(found)
        raise UsageError(f"no rule and no group matches {pattern!r}; `daira rules` lists them")
    if pattern in GROUPS:
        return frozenset(rule.name for rule in known if pattern in rule.meta.groups)
    if any(rule.name == pattern for rule in known):
        return frozenset([pattern])
    raise UsageError(f"there is no rule and no group {pattern!r}{did_you_mean(pattern, known)}")


def did_you_mean(name: str, rules: Sequence[Described], *, groups: bool = True) -> str:
    """What to append to the sentence about an unknown name: the names that come close, or where they all are."""
    from difflib import get_close_matches

    names = [*(rule.name for rule in rules), *(GROUPS if groups else ())]
    close = get_close_matches(name.lower().replace("_", "-"), names, n=3, cutoff=0.6)
    if not close:
        close = sorted(known for known in names if len(name) > 2 and name.lower() in known)[:3]
    if not close:
        return "; `daira rules` lists them"
    return f"; did you mean {' or '.join(close)}?"
