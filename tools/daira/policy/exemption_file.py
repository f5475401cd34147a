"""An exemption, and the file `daira.exemptions.yaml` that holds them: found, read, and refused where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from daira.errors import UsageError
from daira.policy.selection import GLOB, meant
from daira.report.result import Finding, Problem

if TYPE_CHECKING:
    from yaml import MappingNode, Node

FILE = "daira.exemptions.yaml"
SELECTORS = ("environment", "kind", "namespace", "name", "container")
KEYS = ("rule", *SELECTORS, "reason", "expires")
# Stricter than date.fromisoformat, which also reads 20270301 and weeks.
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Selector = Callable[[str], object]


@dataclass(frozen=True, eq=False)
class Exemption:
    """What is exempted: findings of `rules` at the places that all selectors accept; one that is None accepts all.

    expires: its last day. exact_name: the object's name where that is no glob. what, file, line, column: what it is
    and where it stands. only_file: of an annotation, the manifest that its object stands in, because another file may
    hold an object of that name. environments: of an annotation, those that its object was rendered in.
    """

    rules: frozenset[str]
    reason: str
    expires: date
    what: str
    file: str
    line: int
    column: int = 0
    environment: Selector | None = None
    kind: Selector | None = None
    namespace: Selector | None = None
    name: Selector | None = None
    container: Selector | None = None
    exact_name: str | None = None
    only_file: str | None = None
    environments: set[str | None] = field(default_factory=set)

    def covers(self, finding: Finding) -> bool:
        """Whether the selectors accept a finding of one of the rules; the caller has looked at rule and exact name."""
        subject = finding.subject
        if self.environments and finding.environment is not None and finding.environment not in self.environments:
            return False
        if self.environment and (finding.environment is None or not self.environment(finding.environment)):
            return False
        if self.container and (finding.container is None or not self.container(finding.container)):
            return False
        if self.only_file is not None and finding.file != self.only_file:
            return False
        return bool(
            (not self.kind or self.kind(subject.kind))
            and (not self.namespace or self.namespace(subject.namespace))
            and (not self.name or self.name(subject.name))
        )

    def ran_in(self, environments: Collection[str | None]) -> bool:
        """Whether one of the environments is one it could be for."""
        if self.environment is None:
            return True
        return any(name is not None and self.environment(name) for name in environments)

    def note(self, message: str) -> Problem:
        """What to say about it, with its place."""
        return Problem(f"{self.what} {message}", self.file, self.line, self.column)


Exemptions = tuple[Exemption, ...]


def discover(start: Path) -> Path | None:
    """The exemptions file of a target: in its folder or the nearest one above, up to the repository's top; or None."""
    here = start.absolute()
    for folder in [here, *here.parents] if here.is_dir() else here.parents:
        if (folder / FILE).is_file():
            return folder / FILE
        if (folder / ".git").exists():
            break
    return None


def load(path: Path) -> Exemptions:
    """The exemptions of a file. Raises UsageError, with file and line, for whatever is wrong in it."""
    import yaml

    shown = _shown(path)
    try:
        # the bytes: the YAML reader knows about byte order marks
        root = yaml.compose(path.read_bytes(), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror or error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark else shown
        raise UsageError(f"{place}: not YAML: {getattr(error, 'problem', None) or error}") from None
    except (RecursionError, ValueError) as error:
        raise UsageError(f"{shown}: cannot be read: {error}") from None
    if root is None:
        return ()
    top = _mapping(root, shown, ("exemptions",), "the file")
    listed = top.get("exemptions")
    if listed is None:
        raise UsageError(f"{shown}:1: the list `exemptions:` is missing")
    if not isinstance(listed, yaml.SequenceNode):
        if isinstance(listed, yaml.ScalarNode) and listed.tag == "tag:yaml.org,2002:null":
            return ()
        raise UsageError(f"{_at(shown, listed)}: `exemptions` has to be a list")
    return tuple(_exemption(node, shown) for node in listed.value)


def _shown(path: Path) -> str:
    """As the user would write it: relative to the working directory where it is below it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _exemption(node: Node, file: str) -> Exemption:
    fields = _mapping(node, file, KEYS, "an exemption")
    at = _at(file, node)
    texts = {key: _text(value, key, file) for key, value in fields.items()}
    if "rule" not in texts:
        raise UsageError(f"{at}: this exemption names no `rule`")
    what = f"the exemption of {texts['rule']}"
    for key, need in (("reason", "why it is right"), ("expires", "the last day it counts, as YYYY-MM-DD")):
        if key not in texts:
            raise UsageError(f"{at}: {what} has no `{key}`; say {need}")
    try:
        rules = meant(texts["rule"], exact=True)
    except UsageError as error:
        raise UsageError(f"{_at(file, fields['rule'])}: {error}") from None
    try:
        expires = expiry(texts["expires"])
    except UsageError as error:
        raise UsageError(f"{_at(file, fields['expires'])}: {error}") from None
    chosen = {key: selector(texts[key]) if key in texts else None for key in SELECTORS}
    name = texts.get("name")
    exact = name if name is not None and not GLOB.search(name) else None
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    return Exemption(
        rules,
        texts["reason"],
        expires,
        what,
        file,
        line,
        column,
        environment=chosen["environment"],
        kind=chosen["kind"],
        namespace=chosen["namespace"],
        name=chosen["name"],
        container=chosen["container"],
        exact_name=exact,
    )


def _mapping(node: Node, file: str, known: tuple[str, ...], what: str) -> dict[str, Node]:
    """A mapping's values by key; nothing unknown, nothing twice."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{_at(file, node)}: {what} has to be a mapping with {', '.join(known)}")
    return _fields(node, file, known, what)


def _fields(node: MappingNode, file: str, known: tuple[str, ...], what: str) -> dict[str, Node]:
    from difflib import get_close_matches

    found: dict[str, Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key.value, str) else "?"
        if name not in known:
            close = get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]}?" if close else f"the keys are {', '.join(known)}"
            raise UsageError(f"{_at(file, key)}: {what} has no key {name!r}; {advice}")
        if name in found:
            raise UsageError(f"{_at(file, key)}: {name!r} is there twice")
        found[name] = value
    return found


def _text(node: Node, key: str, file: str) -> str:
    import yaml

    if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null" or not node.value.strip():
        raise UsageError(f"{_at(file, node)}: `{key}` has to be a text that says something")
    value: str = node.value
    return " ".join(value.split())


def _at(file: str, node: Node) -> str:
    return f"{file}:{node.start_mark.line + 1}"


def selector(pattern: str) -> Selector:
    """What accepts texts that are `pattern`, or that it matches when it is a glob."""
    if not GLOB.search(pattern):
        return pattern.__eq__
    from fnmatch import translate

    return re.compile(translate(pattern)).match


def expiry(text: str) -> date:
    """A date YYYY-MM-DD. Raises UsageError for anything else."""
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date: {error}; write it as YYYY-MM-DD") from None
    raise UsageError(f"{text!r} is not a date; write it as YYYY-MM-DD")
