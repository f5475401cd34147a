"""A chart renders to the same bytes each time.

What it checks:
    No action of a chart's templates calls now, ago, shuffle, uuidv4, htpasswd, bcrypt, encryptAES, or one of the rand…
    and gen… functions. What makes secrets is accepted in a file that keeps what it made with `lookup`, when the file
    makes a Secret or is a partial (.tpl). Comments, strings and text outside of actions do not count. Undecidable
    without templates in the input.

Why:
    A render that differs each time restarts pods for nothing, makes diffs and GitOps useless, and a generated password
    that changes locks the application out of its database.

Bad:
    apiVersion: daira.dev/v1
    kind: Template
    metadata: {name: deployment.yaml}
    lines: ['rolled: {{ now | date "2006" }}']

Good:
    apiVersion: daira.dev/v1
    kind: Template
    metadata: {name: deployment.yaml}
    lines: ['checksum/config: {{ include "config" . | sha256sum }}']

Fix:
    Use a checksum of the content, or keep generated secrets with lookup and demand them in GitOps.

Standard:
    DAIRA's own; no peer has it. The lookup is looked for in the same file only: where it is elsewhere, an exemption
    says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Release, items, text

RULE = Rule(
    severity="error",
    groups=("hygiene",),
    standards=("kubernetes:labels",),
    decides="project",
)
ACTION = re.compile(r"\{\{-?\s*(/\*.*?\*/|.*?)\s*-?\}\}", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`')
CALL = re.compile(
    r"(?<![\w.$-])(now|ago|shuffle|uuidv4|htpasswd|bcrypt|encryptAES|derivePassword"
    r"|rand(?:AlphaNum|Alpha|Numeric|Ascii|Bytes|Int)"
    r"|gen(?:CA|CAWithKey|SelfSignedCert|SelfSignedCertWithKey|SignedCert|SignedCertWithKey|PrivateKey))(?![\w-])"
)
# Never accepted: they make no secret that could be kept. derivePassword is the same each time.
NEVER = ("now", "ago", "shuffle", "randInt")
ALWAYS = ("derivePassword",)
SECRET = re.compile(r"^\s*kind:\s*Secret\s*$", re.MULTILINE)


def check(release: Release) -> Iterator[Violation]:
    """Yield each call whose result differs from render to render."""
    if release.leads and not any(True for _ in release.all_of("daira.dev/Template")):
        yield undecidable(None, (), "a chart's templates are needed to decide whether it renders the same each time")
    for template in release.of("daira.dev/Template"):
        yield from _template(template)


def _template(template: Object) -> Iterator[Violation]:
    whole = "\n".join(text(line) for line in items(template.data.get("lines")))
    calls = list(_calls(whole))
    if not calls:
        return
    keeps = any("lookup" in action for action in _actions(whole))
    secret = bool(SECRET.search(whole)) or template.name.endswith(".tpl")
    for number, name in calls:
        if name in NEVER or not (keeps and secret):
            yield fail(template, ("lines", number), f"{name} gives another result each time")


def _actions(whole: str) -> Iterator[str]:
    for found in ACTION.finditer(whole):
        if not found.group(1).startswith("/*"):
            yield STRING.sub('""', found.group(1))


def _calls(whole: str) -> Iterator[tuple[int, str]]:
    for found in ACTION.finditer(whole):
        if found.group(1).startswith("/*"):
            continue
        # strings become blanks of the same length, so that places stay what they are
        plain = STRING.sub(lambda one: re.sub(r"[^\n]", " ", one.group()), found.group())
        for call in CALL.finditer(plain):
            if call.group(1) not in ALWAYS:
                yield whole.count("\n", 0, found.start() + call.start()), call.group(1)
