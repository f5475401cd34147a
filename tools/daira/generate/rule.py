"""`daira new rule`: a rule's module, its cases and its line in the registry, from the templates of this package."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from daira.errors import UsageError
from daira.generate.files import Written
from daira.policy.rule import CHECKLIST, GROUPS

TEMPLATES = Path(__file__).parent / "templates"
RULES = Path("tools/daira/policy/rules")
CASES = Path("tests/policy/cases")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new_rule(root: Path, name: str, group: str) -> list[Written]:
    """What a new rule consists of; nothing is written.

    root: the top of this repository. name: kebab-case, as users will select it. group: one of GROUPS.
    Raises UsageError for a bad or taken name, an unknown group, or where `root` holds no rules.
    """
    if not NAME.fullmatch(name) or len(name) > 50:
        raise UsageError(f"{name!r} is no name for a rule: small letters and digits, words joined by single dashes")
    if group not in GROUPS:
        raise UsageError(f"there is no group {group}: the groups are {', '.join(GROUPS)}")
    registry = root / RULES / "__init__.py"
    if not registry.is_file():
        raise UsageError(f"{RULES} is not here: run this at the top of DAIRA's repository")
    module = name.replace("-", "_")
    if keyword.iskeyword(module):
        raise UsageError(f"{name} is a word of Python's: name the rule by what it protects")
    for taken in (RULES / f"{module}.py", CASES / f"{name}.yaml"):
        if (root / taken).exists():
            raise UsageError(f"{taken} is there already: choose another name")
    standards = f'"checklist:{group}",' if group in CHECKLIST else ""
    code = (TEMPLATES / "rule.py.txt").read_text(encoding="utf-8")
    listed = registry.read_text(encoding="utf-8")
    return [
        Written(RULES / f"{module}.py", "", code.replace("@group@", group).replace("@standards@", standards)),
        Written(CASES / f"{name}.yaml", "", (TEMPLATES / "rule.cases.yaml").read_text(encoding="utf-8")),
        Written(RULES / "__init__.py", listed, _registered(listed, module)),
    ]


def _registered(text: str, module: str) -> str:
    """The registry with one more module, at its place in the import and in RULES."""
    made = text
    for opening in ("from daira.policy.rules import (\n", "RULES = (\n"):
        start = made.index(opening) + len(opening)
        end = made.index(")\n", start)
        names = sorted({*re.findall(r"^    (\w+),$", made[start:end], re.MULTILINE), module})
        made = made[:start] + "".join(f"    {name},\n" for name in names) + made[end:]
    return made
