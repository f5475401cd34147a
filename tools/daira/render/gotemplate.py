"""Go templates as a tree: what is text, what is an action, and where each stands. Only the syntax, nothing is run.

The grammar is text/template's (https://pkg.go.dev/text/template), as far as Helm charts can use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from daira.errors import DairaError

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?P<char>'(?:[^'\\]|\\.)+')
    |(?P<assign>:=|=)|(?P<symbol>[()|,])
    |(?P<number>[+-]?\d[\w.+]*)
    |(?P<name>(?:\$\w*|\.?\w+|\.)(?:\.\w+)*)""",
    re.VERBOSE,
)
_OPENS = frozenset(["if", "range", "with", "define", "block"])
_ENDS = frozenset(["end", "else"])


class BadTemplate(DairaError):  # noqa: N818 - says what it is
    """A text that is no Go template; Helm will have said so before."""


@dataclass(frozen=True)
class Token:
    """A word of an action: its sort (string, char, assign, symbol, number, name), its text, where it starts."""

    sort: str
    text: str
    start: int
    spaced: bool  # whether white space stands before it

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)


@dataclass
class Node:
    """A part of a template, from `start` to `end` of its text.

    sort: text, comment, action (prints), declare (sets a variable), or the word a block begins with.
    left, right: whether white space beside it is trimmed. tokens: the words, without the first one of a block.
    children: what is inside a block; branches: its else parts, each a node of its own; close: the end action.
    """

    sort: str
    start: int
    end: int
    left: bool = False
    right: bool = False
    tokens: list[Token] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    branches: list[Node] = field(default_factory=list)
    close: Node | None = None
    parent: Node | None = None

    @property
    def whole_end(self) -> int:
        """Where the whole block ends, its end action included."""
        return self.close.end if self.close else self.end

    def walk(self) -> Iterator[Node]:
        """This node and all inside."""
        yield self
        for child in (*self.children, *self.branches):
            yield from child.walk()


@dataclass(frozen=True)
class Template:
    """A template's text and tree. file: its path in the chart ("charts/x/templates/y.yaml")."""

    file: str
    text: str
    root: Node
    lines: tuple[int, ...]  # where each line starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1."""
        from bisect import bisect_right

        line = bisect_right(self.lines, offset)
        return line, offset - self.lines[line - 1] + 1

    def defines(self) -> Iterator[tuple[str, Node]]:
        """The named templates of this file."""
        for node in self.root.children:
            if node.sort == "define" and node.tokens:
                yield unquote(node.tokens[0].text), node


def unquote(literal: str) -> str:
    """The value of a Go string literal."""
    if literal.startswith("`"):
        return literal[1:-1]
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1]), literal[1:-1])


def words(text: str, start: int, end: int) -> list[Token]:
    """The tokens of an action's inside. Raises BadTemplate."""
    found: list[Token] = []
    spaced = True
    at = start
    while at < end:
        match = _TOKEN.match(text, at, end)
        if match is None or match.end() == at:
            raise BadTemplate(f"the action {text[start:end].strip()!r} can't be read")
        if match.lastgroup == "space":
            spaced = True
        else:
            found.append(Token(str(match.lastgroup), match.group(), at, spaced))
            spaced = False
        at = match.end()
    return found


def _closing(text: str, at: int) -> int:
    """Where the `}}` of the action that begins before `at` stands: strings and comments may hold one."""
    while at < len(text):
        letter = text[at]
        if text.startswith("}}", at):
            return at
        if letter == '"':
            match = re.compile(r'"(?:[^"\\\n]|\\.)*"').match(text, at)
            at = match.end() if match else at + 1
        elif letter == "`":
            found = text.find("`", at + 1)
            at = found + 1 if found >= 0 else len(text)
        elif letter == "'":
            match = re.compile(r"'(?:[^'\\\n]|\\.)+'").match(text, at)
            at = match.end() if match else at + 1
        else:
            at += 1
    raise BadTemplate("an action is not closed with }}")


def _pieces(text: str) -> Iterator[Node]:
    """The text and the actions, one after the other."""
    at = 0
    while True:
        opens = text.find("{{", at)
        if opens < 0:
            break
        if opens > at:
            yield Node("text", at, opens)
        inside = opens + 2
        left = text.startswith("-", inside) and text[inside + 1 : inside + 2].isspace()
        if left:
            inside += 1
        comment = re.compile(r"\s*/\*").match(text, inside)
        if comment:
            stop = text.find("*/", comment.end())
            if stop < 0:
                raise BadTemplate("a comment is not closed with */")
            closes = text.find("}}", stop)
            closes = len(text) if closes < 0 else closes
            yield Node("comment", opens, closes + 2, left, text[stop + 2 : closes].strip() == "-")
            at = closes + 2
            continue
        closes = _closing(text, inside)
        right = text[closes - 1] == "-" and text[closes - 2].isspace()
        tokens = words(text, inside, closes - 1 if right else closes)
        yield Node("action", opens, closes + 2, left, right, tokens)
        at = closes + 2
    if at < len(text):
        yield Node("text", at, len(text))


def parse(file: str, text: str) -> Template:
    """A template's tree. Raises BadTemplate where the text is none."""
    root = Node("root", 0, 0)
    open_blocks: list[tuple[Node, Node]] = []  # the block, and the part of it that is being filled
    filled = root
    for node in _pieces(text):
        first = node.tokens[0].text if node.sort == "action" and node.tokens else ""
        if node.sort == "action" and first in _OPENS:
            node.sort = first
            node.tokens = node.tokens[1:]
            node.parent = filled
            filled.children.append(node)
            open_blocks.append((node, filled))
            filled = node
        elif node.sort == "action" and first in _ENDS:
            if not open_blocks:
                raise BadTemplate(f"{{{{ {first} }}}} without a block")
            block, above = open_blocks[-1]
            if first == "end":
                block.close = node
                node.sort = "end"
                open_blocks.pop()
                filled = above
            else:
                node.tokens = node.tokens[1:]
                node.sort = "else"
                node.parent = block
                block.branches.append(node)
                filled = node
        else:
            if any(token.sort == "assign" for token in node.tokens[:2]):
                node.sort = "declare"
            node.parent = filled
            filled.children.append(node)
    if open_blocks:
        raise BadTemplate(f"{{{{ {open_blocks[-1][0].sort} }}}} without {{{{ end }}}}")
    starts = (0, *(match.end() for match in re.finditer("\n", text)))
    return Template(file, text, root, starts)


# --- expressions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """An operand: a token, or a pipeline in parentheses, with the fields read from it (`(…).a.b`)."""

    token: Token | None
    inner: Pipeline | None
    fields: tuple[str, ...]
    start: int
    end: int

    @property
    def literal(self) -> str | None:
        """The value of a string literal, else None."""
        if self.token is not None and self.token.sort == "string":
            return unquote(self.token.text)
        return None

    @property
    def word(self) -> str:
        """The text of a token, "" for parentheses."""
        return self.token.text if self.token else ""


@dataclass(frozen=True)
class Command:
    """A function or operand and its arguments."""

    terms: tuple[Term, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Pipeline:
    """Commands that hand their result on. names: the variables it declares or sets; sets: with `=`, not `:=`."""

    names: tuple[str, ...]
    sets: bool
    commands: tuple[Command, ...]


def pipeline(tokens: list[Token]) -> Pipeline:
    """The expression that an action's words are. Raises BadTemplate."""
    names: list[str] = []
    sets = False
    rest = tokens
    for index, token in enumerate(tokens[:4]):
        if token.sort == "assign":
            names = [one.text for one in tokens[:index] if one.sort == "name"]
            sets = token.text == "="
            rest = tokens[index + 1 :]
            break
    made, left = _commands(rest)
    if left:
        raise BadTemplate(f"unexpected {left[0].text}")
    return Pipeline(tuple(names), sets, made)


def _commands(tokens: list[Token]) -> tuple[tuple[Command, ...], list[Token]]:
    commands: list[Command] = []
    terms: list[Term] = []
    while tokens and tokens[0].text != ")":
        token = tokens[0]
        if token.sort == "symbol" and token.text == "|":
            commands.append(_command(terms))
            terms = []
            tokens = tokens[1:]
        elif token.sort == "symbol" and token.text == "(":
            inside, left = _commands(tokens[1:])
            if not left:
                raise BadTemplate("a parenthesis is not closed")
            end = left[0].end
            tokens = left[1:]
            fields: tuple[str, ...] = ()
            if tokens and not tokens[0].spaced and tokens[0].sort == "name" and tokens[0].text.startswith("."):
                fields = tuple(tokens[0].text.strip(".").split("."))
                end = tokens[0].end
                tokens = tokens[1:]
            terms.append(Term(None, Pipeline((), False, inside), fields, token.start, end))
        else:
            terms.append(Term(token, None, (), token.start, token.end))
            tokens = tokens[1:]
    if terms:
        commands.append(_command(terms))
    return tuple(commands), tokens


def _command(terms: list[Term]) -> Command:
    if not terms:
        raise BadTemplate("an empty command")
    return Command(tuple(terms), terms[0].start, terms[-1].end)
