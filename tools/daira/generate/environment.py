"""`daira new environment`: an environment's values file from another's, and what the tests know of it."""

from __future__ import annotations

import re
from pathlib import Path

from daira.errors import UsageError
from daira.generate import edit, naming
from daira.generate.files import Written

# An exemption for the model holds for what is made from it, as long and for the same reason.
EXEMPTIONS = Path("daira.exemptions.yaml")
OBJECTS = Path("tests/chart/objects.yaml")
# These say how an environment behaves, not what it is called: the new one keeps to its model's rules.
KEPT = re.compile(r"^\s*(environment|NODE_ENV):")


def new_environment(root: Path, name: str, model: str) -> list[Written]:
    """What a new environment consists of, what is generated aside; nothing is written.

    root: the top of this repository. model: the environment it is made from. Raises UsageError.
    """
    there = sorted(file.stem for file in (root / "values").glob("*.yaml"))
    if not there:
        raise UsageError("values/ is not here: run this at the top of DAIRA's repository")
    naming.checked(name, "an environment")
    if model not in there:
        raise UsageError(f"there is no environment {model}: --from takes {', '.join(there)}")
    if name in there:
        raise UsageError(f"values/{name}.yaml is there already: choose another name, or edit that file")
    text = (root / "values" / f"{model}.yaml").read_text(encoding="utf-8")
    files = [Written(Path("values") / f"{name}.yaml", "", adapted(text, model, name))]
    table = root / OBJECTS
    if table.is_file():
        before = table.read_text(encoding="utf-8")
        row = edit.block(before, model, 2)
        new = row.replace(f"  {model}:", f"  {name}:", 1)
        files.append(Written(OBJECTS, before, edit.after(before, model, new, 2, file=str(OBJECTS))))
    exemptions = root / EXEMPTIONS
    if exemptions.is_file():
        before = exemptions.read_text(encoding="utf-8")
        entries = re.findall(rf"(?m)^  - .*\n(?:(?!  - ).*\n)*?    environment: {model}\n(?:    .*\n)*", before)
        more = "".join(re.sub(rf"\b{model}\b", name, entry) for entry in entries)
        if more:
            files.append(Written(EXEMPTIONS, before, before + more))
    return files


def adapted(text: str, model: str, name: str) -> str:
    """An environment's text with its name in comments, namespaces, hosts and Secrets replaced."""
    made = []
    for line in text.splitlines(keepends=True):
        if not KEPT.match(line):
            line = re.sub(rf"\b{model}\b", name, line)
            line = re.sub(rf"\b{model.capitalize()}\b", name.capitalize(), line)
        made.append(line)
    return "".join(made)
