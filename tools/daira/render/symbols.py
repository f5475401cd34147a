"""Which values a template's expression is made of, found by reading it: a small abstract run of the template language.

A symbol is what is known about a value: the keys it may be itself (`keys`), the keys it was computed from (`uses`), the
entries of a dict that was put together for a named template. Nothing is rendered; what is not understood is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from daira.render.gotemplate import BadTemplate, Command, Node, Pipeline, Template, Term, pipeline, unquote
from daira.render.known import ANY, UNKNOWN, Symbol, few, mixed, union
from daira.render.marks import Call, Marked
from daira.render.release import Path as Key

DEPTH = 12
# Functions that hand on (one of) what they are given; of all others only `uses` is known.
ALTERNATIVES = frozenset(
    ["default", "coalesce", "ternary", "merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"]
)
SAME = frozenset(
    [
        *("toYaml", "toJson", "fromYaml", "fromJson", "fromYamlArray", "fromJsonArray", "toRawJson", "toPrettyJson"),
        *(
            "quote",
            "squote",
            "toString",
            "int",
            "int64",
            "float64",
            "trim",
            "tpl",
            "deepCopy",
            "mustDeepCopy",
            "required",
        ),
        *("nindent", "indent", "lower", "b64enc", "first", "last", "toStrings", "atoi", "mustToYaml", "mustToJson"),
        *("trunc", "trimSuffix", "trimPrefix", "replace", "omit", "pick", "append", "concat", "sortAlpha", "uniq"),
    ]
)


@dataclass
class Scope:
    """Where an expression stands: its dot, what `$` is, and the variables."""

    dot: Symbol
    root: Symbol
    variables: dict[str, Symbol] = field(default_factory=dict)


class Reader:
    """Evaluates expressions of a chart's templates."""

    def __init__(self, made: Marked) -> None:
        self.made = made
        self.depth = 0

    # --- where a node stands ---

    def scope_at(self, template: Template, node: Node, top: Node, dot: Symbol) -> Scope:
        """The scope at a node of a named template or a file (`top`) that was given `dot`."""
        chain: list[Node] = []
        at: Node | None = node
        while at is not None and at is not top:
            chain.append(at)
            at = at.parent
        scope = Scope(dot, dot)
        container = top
        steps = chain[::-1]
        for step, below in zip(steps, [*steps[1:], None], strict=True):
            if not (step.sort == "else" and step in container.branches):
                self.declare(container.children, step, scope)
            if below is not None and not (below.sort == "else" and below in step.branches):
                self.enter(step, scope)
            container = step
        return scope

    def declare(self, nodes: list[Node], until: Node | None, scope: Scope) -> None:
        """Take in the declarations among some nodes, up to one of them."""
        for node in nodes:
            if node is until:
                return
            if node.sort == "declare":
                expression = self.read(node)
                value = self.pipeline(expression, scope)
                for name in expression.names:
                    old = scope.variables.get(name)
                    if expression.sets and old is not None:
                        value = union([value, old])
                    scope.variables[name] = value
                self.set_entry(expression, scope)
            elif node.sort in ("if", "with", "range"):
                # What is set inside may count afterwards.
                self.inner_sets(node, scope)

    def set_entry(self, expression: Pipeline, scope: Scope) -> None:
        """`set $variable "name" value` changes the variable."""
        terms = expression.commands[0].terms if expression.commands else ()
        if len(terms) == 4 and terms[0].word == "set" and terms[1].word in scope.variables and terms[2].literal:
            old = scope.variables[terms[1].word]
            fields = {**(old.fields or {}), terms[2].literal: self.term(terms[3], scope)}
            scope.variables[terms[1].word] = Symbol(old.keys, old.uses, fields, old.chart, None, old.choices)

    def inner_sets(self, block: Node, scope: Scope) -> None:
        """`=` and `set` inside a block, seen from behind it."""
        if not any(
            one.sort == "declare" and any(token.text in ("=", "set") for token in one.tokens) for one in block.walk()
        ):
            return
        inner = Scope(scope.dot, scope.root, dict(scope.variables))
        known = set(scope.variables)
        self.enter(block, inner)
        self.declare(block.children, None, inner)
        for branch in block.branches:
            self.declare(branch.children, None, inner)
        for name in known:
            if inner.variables[name] is not scope.variables[name]:
                scope.variables[name] = union([scope.variables[name], inner.variables[name]])

    def enter(self, block: Node, scope: Scope) -> None:
        """What a block does to dot and variables."""
        if block.sort not in ("with", "range", "if", "else"):
            return
        tokens = block.tokens
        sort = block.sort
        if sort == "else":
            if not tokens:
                return
            sort, tokens = tokens[0].text, tokens[1:]
        try:
            expression = pipeline(tokens)
        except BadTemplate:
            return
        value = self.pipeline(expression, scope)
        if sort == "with":
            scope.dot = value
            for name in expression.names:
                scope.variables[name] = value
        elif sort == "range":
            element = self.field(value, ANY)
            scope.dot = element
            if expression.names:
                scope.variables[expression.names[-1]] = element
            if len(expression.names) == 2:
                scope.variables[expression.names[0]] = Symbol(uses=element.keys, choices=tuple(value.fields or ()))
        elif expression.names:
            scope.variables[expression.names[0]] = value

    def read(self, node: Node) -> Pipeline:
        """A node's expression."""
        try:
            return pipeline(node.tokens)
        except BadTemplate:
            return Pipeline((), False, ())

    # --- expressions ---

    def pipeline(self, expression: Pipeline, scope: Scope) -> Symbol:
        """The symbol of an expression."""
        value: Symbol | None = None
        for command in expression.commands:
            value = self.command(command, scope, value)
        return value or UNKNOWN

    def command(self, command: Command, scope: Scope, piped: Symbol | None) -> Symbol:
        """A function call or an operand."""
        first = command.terms[0]
        word = first.word
        if first.inner is not None or word.startswith((".", "$")) or (first.token and first.token.sort != "name"):
            return self.term(first, scope)
        given = [self.term(term, scope) for term in command.terms[1:]]
        if piped is not None:
            given.append(piped)
        return self.function(word, given, scope)

    def function(self, word: str, given: list[Symbol], scope: Scope) -> Symbol:
        """What a function makes of its arguments."""
        if word == "dict":
            names = [one.text for one in given[::2]]
            return Symbol(fields={name: value for name, value in zip(names, given[1::2], strict=False) if name})
        if word == "list":
            return Symbol(
                keys=(),
                uses=few(key for one in given for key in one.all),
                choices=tuple(one.text for one in given if one.text),
                fields={str(index): one for index, one in enumerate(given)}
                if any(one.fields for one in given)
                else None,
            )
        if word == "set" and len(given) == 3 and given[0].fields is not None:
            name = given[1].text or ANY
            old = given[0].fields.get(name)
            given[0].fields[name] = union([old, given[2]]) if old else given[2]
            return given[0]
        if word in ("index", "get") and given:
            value = given[0]
            for step in given[1:]:
                number = step.text is not None and step.text.isdigit()
                value = self.field(value, int(step.text or 0) if number else step.text or ANY, step.choices)
            return value
        if word == "dig" and len(given) > 2:
            value = given[-1]
            for step in given[:-2]:
                value = self.field(value, step.text or ANY)
            return union([value, given[-2]])
        if word == "include" and given:
            return self.include(given[0].text, given[1] if len(given) > 1 else UNKNOWN)
        if word == "default" and len(given) == 2:
            return union([given[1], given[0]])
        if word == "ternary" and len(given) == 3:
            return union([given[0], given[1]], more=given[2].all)
        if word in ALTERNATIVES:
            return union(given)
        if word == "tpl":
            given = given[:1]
        if word in SAME and given:
            rest = few([*given[-1].uses, *(key for one in given[:-1] for key in one.all)])
            if word in ("replace", "append", "concat"):
                return Symbol(uses=few([*given[-1].all, *rest]))
            return Symbol(given[-1].keys, rest, given[-1].fields, given[-1].chart, given[-1].text, given[-1].choices)
        return Symbol(uses=few(key for one in given for key in one.all))

    def term(self, term: Term, scope: Scope) -> Symbol:
        """An operand's symbol."""
        if term.inner is not None:
            value = self.pipeline(term.inner, scope)
            for name in term.fields:
                value = self.field(value, name)
            return value
        word = term.word
        if term.token is None or term.token.sort in ("char", "symbol"):
            return UNKNOWN
        if term.token.sort == "string":
            return Symbol(text=unquote(word))
        if term.token.sort == "number":
            return Symbol(text=word)
        if word.startswith("$"):
            name, *steps = word.split(".")
            value = scope.root if name == "$" else scope.variables.get(name, UNKNOWN)
        elif word.startswith("."):
            value = scope.dot
            steps = [step for step in word.split(".") if step]
        else:
            return self.function(word, [], scope)
        for step in steps:
            value = self.field(value, step)
        return value

    def field(self, value: Symbol, step: str | int, choices: tuple[str, ...] = ()) -> Symbol:
        """A field or an element of a value."""
        if value.chart is not None:
            if step == "Values":
                return Symbol(keys=(value.chart,))
            if step == "Subcharts":
                return Symbol(fields={}, chart=None, text="\x00subcharts", uses=(value.chart,))
            return UNKNOWN
        if value.text == "\x00subcharts":
            return Symbol(chart=(*value.uses[0], str(step)))
        if value.fields is not None:
            if str(step) in value.fields:
                return value.fields[str(step)]
            if step == ANY or ANY in value.fields:
                return union(list(value.fields.values()))
        if choices and step == ANY:
            return Symbol(keys=few((*key, choice) for key in value.keys for choice in choices), uses=value.uses)
        if step == ANY and not value.keys:
            return Symbol(uses=value.uses, choices=value.choices)
        return Symbol(keys=few((*key, step) for key in value.keys), uses=value.uses)

    def include(self, name: str | None, given: Symbol) -> Symbol:
        """What the output of a named template is made of; its JSON keeps the keys of the data it prints."""
        if name not in self.made.defines or self.depth > DEPTH:
            return Symbol(uses=given.keys)
        template, node = self.made.defines[name]
        self.depth += 1
        try:
            return self.printed(template, node, given)
        finally:
            self.depth -= 1

    def printed(self, template: Template, top: Node, dot: Symbol) -> Symbol:
        """Everything that a template prints, as one symbol."""
        found: list[Symbol] = []
        sole = [one for one in top.walk() if one.sort == "action"]
        for node in sole:
            scope = self.scope_at(template, node, top, dot)
            found.append(self.pipeline(self.read(node), scope))
        texts = any(
            one.sort == "text" and template.text[one.start : one.end].strip() for one in top.walk() if one is not top
        )
        if found and not texts:
            return union(found) if len(found) == 1 or all(one.keys for one in found) else mixed(found)
        return mixed(found)

    # --- from the marks around a place ---

    def chain(self, scope: Key, calls: list[tuple[Template, Node, Call]], template: Template, node: Node) -> Symbol:
        """The symbol of an action that prints, reached through calls of named templates from a file of a chart.

        scope: the chart's key at the umbrella's level. calls: outermost first.
        """
        dot = Symbol(chart=scope)
        top = calls[0][0].root if calls else template.root
        for _, _, call in calls:
            inner = self.scope_at(template, call.at, top, dot)
            dot = self.term(call.argument, inner) if call.argument else UNKNOWN
            top = self.made.defines[call.name][1]
        return self.pipeline(self.read(node), self.scope_at(template, node, top, dot))
