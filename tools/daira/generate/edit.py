"""Adding to YAML files as text, so that comments and layout stay and a diff holds only what is new."""

from __future__ import annotations

import re

from daira.errors import UsageError


def span(text: str, key: str, indent: int = 0, start: int = 0) -> tuple[int, int] | None:
    """Where a key's block stands in a text, from its line to the end of its last one, or None.

    indent: of the key. start: where to look from. Blank lines and comments above the next key are not the block's.
    """
    found = re.compile(rf"^ {{{indent}}}{re.escape(key)}:.*\n", re.MULTILINE).search(text, start)
    if not found:
        return None
    end = found.end()
    for line in re.finditer(r".*\n", text[found.end() :]):
        if line[0].strip():
            deep = len(line[0]) - len(line[0].lstrip(" "))
            if deep <= indent:
                break
            end = found.end() + line.end()
    return found.start(), end


def block(text: str, key: str, indent: int = 0) -> str:
    """A key's block, "" where there is none."""
    found = span(text, key, indent)
    return text[slice(*found)] if found else ""


def after(text: str, key: str, new: str, indent: int = 0, *, file: str, gap: str = "") -> str:
    """The text with `new` after a key's block. Raises UsageError, which names `file`, where the key is missing."""
    found = span(text, key, indent)
    if not found:
        raise UsageError(f"{file} has no {key}: a new service goes after it, so put it back")
    return text[: found[1]] + gap + new + text[found[1] :]


def listed(line: str, name: str) -> str:
    """A line with a flow list, [a, b], with one more name in it, at its place."""

    def put(found: re.Match[str]) -> str:
        names = [*re.split(r",\s*", found[1]), name] if found[1].strip() else [name]
        return f"[{', '.join(sorted(names, key=lambda one: one.strip(chr(34))))}]"

    return re.sub(r"\[([^][]*)\]", put, line, count=1)


def ordered(text: str, section: str, key: str, new: str) -> str:
    """The text with `new`, a block whose key is `key` at indent 2, at its alphabetical place in a section."""
    found = span(text, section)
    if not found:
        return f"{text}{section}:\n{new}"
    at = found[1]
    for line in re.finditer(r"^  ([^\s#:][^:]*):", text[found[0] : found[1]], re.MULTILINE):
        if line[1] > key:
            at = found[0] + line.start()
            break
    return text[:at] + new + text[at:]
