"""A copy of a chart whose templates say, for every piece they print, which place of which template it is.

Every text line and every printing action of a template gets a mark, characters that occur nowhere else. A mark must
never reach what a template computes with (a checksum, a comparison, a length), so each named template exists twice in
the copy: as it is, for every use of its result, and marked, where it is only printed (`include … | nindent 4`). So do
variables that are computed with and printed.
A rendered template is printed marked and as one line of JSON, so that a mark can't break Helm's reading of YAML.
Without its marks, the text is what the chart renders: whoever reads it compares.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath

from daira.render.gotemplate import BadTemplate, Command, Node, Pipeline, Template, Term, parse, pipeline
from daira.render.marks import BESIDE, CLOSE, OPEN, SHUT, Call, Mark, Marked

_MARKS = f"(?:{OPEN}[0-9]+{SHUT}|{CLOSE})*"
# `trim` that finds the white space beside the marks too.
_TRIM = (
    f"(regexReplaceAll `\\s*({_MARKS})\\s*({_MARKS})\\s*({_MARKS})$` "
    f'(regexReplaceAll `^\\s*({_MARKS})\\s*({_MARKS})\\s*({_MARKS})\\s*` (%s) "${{1}}${{2}}${{3}}") '
    '"${1}${2}${3}")'
)
# What puts texts together and does not look into them.
TEXTUAL = frozenset(["printf", "print", "join", "append", "prepend", "concat", "list", "indent", "nindent", "trim"])
MARKED = " (marked)"
BODY = "daira marks: "


def is_partial(file: str) -> bool:
    """Whether Helm renders a template only when another one includes it."""
    name = PurePosixPath(file).name
    return name.startswith("_") or name == "NOTES.txt"


def mark(texts: Mapping[str, str], *, beside: bool | None = None, left_out: frozenset[str] = frozenset()) -> Marked:
    """Mark a chart's templates.

    texts: path in the chart -> text, of every template, the subcharts' too. beside: keep each template as it is and put
    the marked one beside it; None: where a template is included by its path. left_out: templates that get no marks.
    """
    made = Marked()
    for file, text in texts.items():
        try:
            made.templates[file] = parse(file, text)
        except BadTemplate:
            made.broken.add(file)
    for file, template in made.templates.items():
        for name, node in template.defines() if file not in left_out else ():
            made.defines[name] = (template, node)
    if beside is None:
        beside = any("BasePath" in text or "/templates/" in text for text in texts.values())
    for file, template in made.templates.items():
        if file in left_out:
            continue
        writer = _Writer(template, made)
        defines = [template.text[node.start : node.whole_end] for _, node in template.defines()]
        defines += [writer.define(name, node) for name, node in template.defines()]
        if is_partial(file):
            made.files[file] = template.text + "".join(writer.define(name, node) for name, node in template.defines())
            continue
        number = len(made.files)
        body = f'{{{{ define "{BODY}{file}" }}}}{writer.body(template.root.children)}{{{{ end }}}}'
        document = (
            f"apiVersion: daira.dev/v1\nkind: Marked\nmetadata:\n  name: n{number}\n"
            f'text: {{{{ include "{BODY}{file}" . | toJson }}}}\n'
        )
        made.files[file + BESIDE if beside else file] = "".join(defines) + body + document
    return made


class _Writer:
    """Writes one template's marked text."""

    def __init__(self, template: Template, made: Marked) -> None:
        self.template = template
        self.made = made
        self.shadows: set[str] = set()  # variables of which there is a marked twin
        self.dots: dict[int, str] = {}  # `with` blocks whose dot has one, and its name

    def define(self, name: str, node: Node) -> str:
        """The marked twin of a named template."""
        right = " -" if node.right else " "
        left = "- " if node.close and node.close.left else " "
        head = f"{{{{ define {json.dumps(name + MARKED, ensure_ascii=False)}{right}}}}}"
        return f"{head}{self.body(node.children)}{{{{{left}end }}}}"

    def body(self, nodes: list[Node]) -> str:
        """The marked text of a whole template."""
        self.shadows = set()
        self.find_shadows(nodes)
        return self.nodes(nodes)

    def nodes(self, nodes: list[Node]) -> str:
        """The marked text of some nodes that follow each other."""
        return "".join(self.node(node) for node in nodes)

    def node(self, node: Node) -> str:
        """The marked text of a node."""
        text = self.template.text[node.start : node.end]
        if node.sort == "text":
            return self.text(node)
        if node.sort == "action":
            return self.action(node)
        if node.sort == "declare":
            return text + self.shadow(node)
        if node.sort == "define":  # a file's own: written elsewhere, only its trimming stays
            left = "- " if node.left else " "
            right = " -" if node.close and node.close.right else " "
            return f'{{{{{left}"" }}}}{{{{ ""{right}}}}}'
        if node.sort == "block":
            return self.template.text[node.start : node.whole_end]
        if node.sort in ("if", "with", "range"):
            before = self.with_shadow(node) if node.sort == "with" else ""
            made = before + text + self.nodes(node.children)
            for branch in node.branches:
                made += self.template.text[branch.start : branch.end] + self.nodes(branch.children)
            close = node.close
            return made + (self.template.text[close.start : close.end] if close else "")
        return text

    def number(self, node: Node, offset: int) -> str:
        """A new mark."""
        self.made.marks.append(Mark(self.template, offset, node))
        return f"{OPEN}{len(self.made.marks) - 1}{SHUT}"

    def text(self, node: Node) -> str:
        """Text, with a mark before the first letter of each line; white space at its ends stays where it is."""
        made = []
        at = node.start
        for line in self.template.text[node.start : node.end].splitlines(keepends=True):
            inner = line.lstrip()
            if inner:
                begins = len(line) - len(inner)
                made += [line[:begins], self.number(node, at + begins), inner]
            else:
                made.append(line)
            at += len(line)
        return "".join(made)

    def action(self, node: Node) -> str:
        """An action that prints, between marks."""
        text = self.template.text[node.start : node.end]
        words = node.tokens
        if not words or words[0].text in ("break", "continue"):
            return text
        left = "- " if node.left else " "
        right = " -" if node.right else " "
        inside = self.template.text[words[0].start : words[-1].end]
        number = self.number(node, node.start)
        if words[0].text == "template" and len(words) > 1 and words[1].sort == "string":
            found = pipeline(words[1:]).commands[0]
            call = self.call(found.terms, node)
            if call:
                self.made.calls[len(self.made.marks) - 1] = call
                rest = self.template.text[words[1].end : words[-1].end]
                inside = f"template {json.dumps(call.name + MARKED, ensure_ascii=False)}{rest}"
        else:
            inside = self.twin(self.read(node), node) or inside
        return f'{{{{{left}"{number}" }}}}{{{{ {inside} }}}}{{{{ "{CLOSE}"{right}}}}}'

    def read(self, node: Node) -> Pipeline:
        """A node's expression; an empty one where it can't be read."""
        try:
            return pipeline(node.tokens)
        except BadTemplate:
            return Pipeline((), False, ())

    # --- what prints a named template, and nothing else ---------------------------------------------------------------

    def call(self, terms: tuple[Term, ...], at: Node) -> Call | None:
        """`"name" argument` as a call of a template that is known."""
        name = terms[0].literal if terms else None
        if name is None or name not in self.made.defines:
            return None
        return Call(name, terms[1] if len(terms) > 1 else None, at)

    def twin(self, expression: Pipeline, at: Node) -> str | None:
        """The expression with the marked twins in it, None where it has none: of what only puts texts together."""
        if not expression.commands:
            return None
        found = self.command(expression.commands[0], at, None)
        for command in expression.commands[1:]:
            if found is None:
                return None
            found = self.command(command, at, found)
        return found

    def command(self, command: Command, at: Node, piped: str | None) -> str | None:
        """A command with the marked twins in it."""
        terms = command.terms
        word = terms[0].word
        if word == "include" and len(terms) > 1 and piped is None:
            call = self.call(terms[1:], at)
            if call is None:
                return None
            rest = self.template.text[terms[1].end : command.end]
            return self.wrap(
                f"(include {json.dumps(call.name + MARKED, ensure_ascii=False)}{rest})", at, terms[0].start, call
            )
        if word not in TEXTUAL:
            return self.term(terms[0], at) if len(terms) == 1 and piped is None else None
        if word in ("printf", "print") and any("%q" in (term.literal or "") for term in terms[1:2]):
            return None
        given = [self.term(term, at) for term in terms[1:]]
        if piped is None and not any(given):
            return None
        words = [twin or self.template.text[term.start : term.end] for twin, term in zip(given, terms[1:], strict=True)]
        words += [piped] if piped else []
        if word == "trim":
            return _TRIM % words[-1] if len(words) == 1 else None
        made = f"({word} {' '.join(words)})"
        return self.wrap(made, at, terms[0].start, None) if word in ("printf", "print") else made

    def wrap(self, expression: str, at: Node, offset: int, call: Call | None) -> str:
        """An expression between marks of its own: of a named template, or of a text that is put together."""
        number = self.number(at, offset)
        if call:
            self.made.calls[len(self.made.marks) - 1] = call
        return f'(print "{number}" {expression} "{CLOSE}")'

    def term(self, term: Term, at: Node) -> str | None:
        """An operand: something in parentheses, a variable or the dot of which there is a marked twin."""
        if term.inner is not None:
            return self.twin(term.inner, at) if not term.fields else None
        if term.word in self.shadows:
            return f"{term.word}_daira_marked"
        if term.word == ".":
            above: Node | None = at.parent
            while above is not None and above.sort in ("if", "else"):
                if above.sort == "else" and above.parent is not None and above.parent.sort != "if":
                    return None
                above = above.parent
            if above is not None:
                return self.dots.get(id(above))
        return None

    def find_shadows(self, nodes: list[Node]) -> None:
        """The variables of a template that need a marked twin; one thing leads to another, so until nothing is new."""
        walked = [node for top in nodes if top.sort != "define" for node in top.walk()]
        taken = {
            name for node in walked if node.sort in ("range", "with", "if", "else") for name in self.read(node).names
        }
        marks, calls = len(self.made.marks), dict(self.made.calls)
        found: set[str] = set()
        while True:
            for node in walked:
                expression = self.read(node) if node.sort in ("declare", "with") else None
                if expression is None:
                    continue
                twin = self.twin(expression, node)
                if twin is None:
                    continue
                if node.sort == "with" and not expression.names:
                    self.dots[id(node)] = f"$daira_with_{node.start}"
                elif node.sort == "declare" and len(expression.names) == 1 and expression.names[0] not in taken:
                    self.shadows.add(expression.names[0])
            if self.shadows == found:
                break
            found = set(self.shadows)
        # The marks of this search are of no use to anybody.
        del self.made.marks[marks:]
        self.made.calls = calls

    def shadow(self, node: Node) -> str:
        """After `$x := …`, its marked twin: for variables that are computed with here and printed there."""
        expression = self.read(node)
        if len(expression.names) != 1 or expression.names[0] not in self.shadows or not expression.commands:
            return ""
        value = self.template.text[expression.commands[0].start : expression.commands[-1].end]
        twin = self.twin(expression, node) or value
        sets = "=" if expression.sets else ":="
        return f"{{{{ {expression.names[0]}_daira_marked {sets} {twin}{' -' if node.right else ' '}}}}}"

    def with_shadow(self, node: Node) -> str:
        """Before `with include …`, the marked twin of its dot."""
        twin = self.twin(self.read(node), node) if id(node) in self.dots else None
        if twin is None:
            return ""
        return f"{{{{{'- ' if node.left else ' '}{self.dots[id(node)]} := {twin} }}}}"
