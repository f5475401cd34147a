"""What has to know of a new service: the umbrella, its schema, the network edges, the environments, the tests' data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from daira.errors import UsageError
from daira.generate import edit
from daira.generate.files import Written
from daira.generate.like import renamed

if TYPE_CHECKING:
    from daira.generate.service import Order

CHART = Path("charts/daira")
TESTS = Path("tests/chart")
UMBRELLA = Path("schemas/daira.schema.yaml")
# Who else would have an edge to the model, and has no business with a copy of it: it has no public path, no tables.
UNIQUE = {"ingress-controller", "tests", "migrations"}
OUTSIDE = {"postgres": "external-database", "redis": "external-cache"}


def wired(root: Path, order: Order, image: str, *, pinned: bool) -> list[Written]:
    """The files of the repository that change.

    image: the service's, as the chart writes it. pinned: it was given with a tag or digest.
    """
    model = order.like or "frontend"
    made = {
        CHART / "Chart.yaml": _dependency(_text(root, CHART / "Chart.yaml"), order.name, model),
        CHART / "values.yaml": edit.after(
            _text(root, CHART / "values.yaml"),
            model,
            f"{order.name}:\n  enabled: true\n",
            file="charts/daira/values.yaml",
            gap="\n",
        ),
        CHART / "files" / "edges.yaml": _edges(_text(root, CHART / "files" / "edges.yaml"), order, model),
        TESTS / "objects.yaml": _objects(_text(root, TESTS / "objects.yaml"), order, model),
        TESTS / "frozen.yaml": _frozen(_text(root, TESTS / "frozen.yaml"), order, model),
        UMBRELLA: _umbrella(_text(root, UMBRELLA), order.name, model),
    }
    for file in sorted((root / "values").glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        made[file.relative_to(root)] = _environment(text, order, model, pinned=pinned)
    for file in sorted((root / ".github" / "workflows").glob("*.yml")):
        made[file.relative_to(root)] = _scanned(file.read_text(encoding="utf-8"), image)
    files = []
    for path, after in made.items():
        before = _text(root, path) if (root / path).is_file() else ""
        if before != after:
            files.append(Written(path, before, after))
    return files


def _text(root: Path, path: Path) -> str:
    try:
        return (root / path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error


def _dependency(text: str, name: str, model: str) -> str:
    line = f"    condition: {model}.enabled\n"
    if line not in text:
        raise UsageError(f"charts/daira/Chart.yaml has no dependency {model}: a new service goes after it, put it back")
    return text.replace(line, f"{line}  - name: {name}\n    version: 0.1.0\n    condition: {name}.enabled\n", 1)


def _umbrella(text: str, name: str, model: str) -> str:
    """The umbrella's schema with a reference to the service's."""
    entry = re.sub(rf"\b{model}\b", name, edit.block(text, model, 2))
    return edit.after(text, model, entry, 2, file=str(UMBRELLA))


def _scanned(text: str, image: str) -> str:
    """A workflow whose matrix of images is scanned, with one more image; another one as it is."""
    lines = list(re.finditer(r"""^ +- \{image: "([^"]+)"\}\n""", text, re.MULTILINE))
    if not lines or f'"{image}"' in text or "scan" not in text:
        return text
    return text[: lines[0].start()] + lines[0][0].replace(lines[0][1], image) + text[lines[0].start() :]


def _edges(text: str, order: Order, model: str) -> str:
    """The component after its model, and its edges at the end: of the options, or those its model has."""
    known = yaml.safe_load(text)
    for end in (*order.callers, *order.calls):
        if end not in known["components"]:
            there = ", ".join(known["components"])
            raise UsageError(f"{end} is no component of files/edges.yaml: --from and --to take {there}")
    entry = f"  {order.name}:\n    when: [{order.name}.enabled]\n    names: true\n"
    text = edit.after(text, model, entry, 2, file="charts/daira/files/edges.yaml")
    lines = [f"  - {{from: {one}, to: {order.name}, ports: [http]}}\n" for one in order.callers]
    for end in order.calls:
        lines.append(f"  - {{from: {order.name}, to: {end}, ports: [{', '.join(_ports(known, end))}]}}\n")
        if end in OUTSIDE:
            lines.append(f"  - {{from: {order.name}, to: {OUTSIDE[end]}}}\n")
    lines += [line for line in _like(text, order) if line not in lines]
    return text + (f"  # {order.name}.\n" + "".join(lines) if lines else "")


def _like(text: str, order: Order) -> Iterator[str]:
    """The edges of order.like under the new name, without those only it has."""
    for line in re.findall(r"^  - \{.*\}\n", text, re.MULTILINE) if order.like else ():
        (edge,) = yaml.safe_load(line)
        if order.like in (edge["from"], edge["to"]) and not {edge["from"], edge["to"]} & UNIQUE:
            yield renamed(line, order.like, order.name)


def _ports(known: dict[str, Any], end: str) -> list[str]:
    """The ports by which a component is called."""
    found = [edge["ports"] for edge in known["edges"] if edge["to"] == end]
    if not found:
        raise UsageError(f"nobody calls {end}: it has no port that --to could open")
    ports: list[str] = found[0]
    return ports


def _objects(text: str, order: Order, model: str) -> str:
    """The table of objects: wherever the model's stand, and the switch that takes the new ones away."""
    made, section = [], ""
    for line in text.splitlines(keepends=True):
        section = line.split(":")[0] if re.match(r"\w", line) else section
        kind = re.match(r"\s+(?:adds: \{)?([A-Z]\w+): \[", line)
        names = re.findall(r"[\w*-]+", line.partition("[")[2])
        everywhere = section == "switches" and "default-deny" in names
        if kind and model in names and (section in {"base", "environments"} or everywhere):
            line = edit.listed(line, order.name)
            if f"{model}-pods" in names and order.like == model:
                line = edit.listed(line, f"{order.name}-pods")
        made.append(line)
    names = [order.name, f"{order.name}-pods"] if order.like and f"{order.name}-pods" in "".join(made) else [order.name]
    switch = f"  {order.name} off:\n    values: {{{order.name}.enabled: false}}\n"
    return "".join(made) + switch + f"    removes: {{component: [{', '.join(names)}]}}\n"


def _frozen(text: str, order: Order, model: str) -> str:
    """What may never change, the new service's too: its model's, under the new name and with its own port."""
    for section, key in (
        ("services", f"daira-{model}"),
        ("services", f"daira-{model}-pods"),
        ("workloads", f"Deployment/daira-{model}"),
    ):
        found = re.search(rf"(?m)^  {re.escape(key)}:\n(?:    .*\n)+", text)
        if not found or (key.endswith("-pods") and not order.like):
            continue
        new = re.sub(rf"(?<=[ /-]){model}(?=[:\n-])", order.name, found[0])
        if order.port and (not order.like or order.like == "backend"):
            new = re.sub(r"(?m)^(      http:) \d+$", rf"\1 {order.port}", new)
        text = edit.ordered(text, section, re.sub(rf"-{model}", f"-{order.name}", key), new)
    return text


def _environment(text: str, order: Order, model: str, *, pinned: bool) -> str:
    """An environment with the new service's block after its model's: how many pods there are, or all of its model's."""
    source = edit.block(text, model)
    if not source:
        return text
    if order.like:
        body = renamed(source.partition("\n")[2], model, order.name)
        if pinned:
            body = body.replace(edit.block(body, "image", 2), "")
    else:
        keys = ("replicas", "autoscaling") if pinned else ("image", "replicas", "autoscaling")
        body = "".join(edit.block(source, key, 2) for key in keys)
    return edit.after(text, model, f"{order.name}:\n{body}", file="values", gap="\n") if body else text
