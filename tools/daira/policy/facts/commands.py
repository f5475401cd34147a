"""Credentials on command lines: flags, assignments in shell text, and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from daira.policy.facts.credentials import is_literal, is_reference, is_secret_name, password_in_address
from daira.policy.facts.tokens import known_token
from daira.render.release import Container, Path, deep, items

_FLAG = re.compile(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)
_ASSIGNED = re.compile(r"""(?:^|[\s;&|"'(])(?:--?)?([A-Za-z_][\w.-]*)=("[^"]*"|'[^']*'|[^\s;&|)"']+)""")
_SPACED = re.compile(r"""\s--([A-Za-z][\w-]*)\s+("[^"]*"|'[^']*'|[^\s;&|)"'-][^\s;&|)"']*)""")
_LOGIN = re.compile(r"\bcurl\b[^\n;|]*\s(?:-u|--user)[\s=]*[\"']?[^\s:\"']+:([^\s@\"']+)")
_REDIS = re.compile(r"\bredis-cli\b[^\n;|]*\s-a\s+[\"']?([^\s\"']+)")
_DIRECTIVE = re.compile(r"(?:^|[\s-])(?:requirepass|masterauth)[\s=]+[\"']?([^\s\"']+)")
# Where a container keeps command lines, apart from command and args.
_EXECS: tuple[Path, ...] = tuple(
    (*at, "exec", "command")
    for at in (
        *(("livenessProbe",), ("readinessProbe",), ("startupProbe",)),
        *(("lifecycle", "postStart"), ("lifecycle", "preStop")),
    )
)


def lines_of(container: Container) -> Iterator[tuple[Path, list[object]]]:
    """The command lines of a container: its command, its args, and what its probes and hooks run."""
    for field in ("command", "args"):
        if given := items(container.data.get(field)):
            yield (field,), given
    for path in _EXECS:
        if path[0] in container.data and (given := items(deep(container.data, path))):
            yield path, given


def credentials_in(words: list[object]) -> Iterator[tuple[int, str]]:
    """Index of a word and what sort of credential it holds."""
    flag = ""
    for index, word in enumerate(words):
        previous, flag = flag, ""
        if not isinstance(word, str):
            continue
        if sort := _in_word(word):
            yield index, sort
            continue
        if previous and not word.startswith("-") and is_literal(word) and not is_reference(previous, word):
            yield index, f"the value of {previous}"
            continue
        found = _FLAG.fullmatch(word) if word.startswith("-") else None
        if found and found[2] is None:
            flag = found[0] if is_secret_name(found[1]) or found[1] == "requirepass" else ""


@lru_cache(maxsize=4096)
def _in_word(word: str) -> str | None:
    if sort := known_token(word):
        return sort
    if password_in_address(word):
        return "an address with a password"
    name = _in_shell(word)
    return f"the value of {name}" if name else None


def _in_shell(word: str) -> str | None:
    if "=" in word or "--" in word:
        for pattern in (_ASSIGNED, _SPACED):
            for name, value in pattern.findall(word):
                plain = value.strip("\"'")
                if is_secret_name(name) and is_literal(plain) and not is_reference(name, plain):
                    return str(name)
    for hint, form in (
        ("curl", _LOGIN),
        ("redis-cli", _REDIS),
        ("requirepass", _DIRECTIVE),
        ("masterauth", _DIRECTIVE),
    ):
        if hint in word and (found := form.search(word)) and is_literal(found[1]):
            return hint
    return None
