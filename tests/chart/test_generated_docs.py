"""docs/values.md and the chart's README: every key with its real default, links that lead somewhere, right commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.chart.conftest import CHART, ROOT, effective_values, tools

from daira import shell
from daira.generate.markdown import LONG, code, written

VALUES, README = ROOT / "docs" / "values.md", CHART / "README.md"


@cache
def rows() -> dict[str, list[str]]:
    """The cells of every row of docs/values.md, by its key."""
    found = {}
    for line in VALUES.read_text(encoding="utf-8").partition("## What is the same everywhere")[0].splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found[cells[0].strip("`")] = cells[1:]
    return found


def keys(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of the values, dotted, with its value."""
    for name, value in values.items():
        key = f"{above}.{name}" if above else name
        yield key, value
        if isinstance(value, dict):
            yield from keys(value, key)


def missing(values: dict[str, Any]) -> list[str]:
    """The keys that have no row, and are not what a map of free keys holds by default either."""
    told = rows()
    return [
        key
        for key, _ in keys(values)
        if key not in told
        and f"\n## {key}\n" not in VALUES.read_text(encoding="utf-8")
        and not key.endswith(".global")
        and not any(above in told and told[above][1] for above in _above(key))
    ]


def _above(key: str) -> list[str]:
    steps = key.split(".")
    return [".".join(steps[:length]) for length in range(1, len(steps))]


def test_every_key_of_the_values_is_in_it() -> None:
    assert missing(effective_values("defaults", {})) == []


def test_a_key_that_is_in_no_table_is_found() -> None:
    """The red control."""
    assert missing({"backend": {"imagge": {"tag": ""}}}) == ["backend.imagge", "backend.imagge.tag"]


def test_the_defaults_are_those_of_the_values() -> None:
    told, checked = rows(), 0
    for key, value in keys(effective_values("defaults", {})):
        if key in told and told[key][1] and told[key][1] != "see values.yaml":
            assert told[key][1] == code(written(value)), key
            checked += 1
    assert checked > 200


def test_every_row_says_what_it_is_and_what_it_may_hold() -> None:
    assert {len(cells) for cells in rows().values()} == {4}
    assert [key for key, (kind, _, about, _) in rows().items() if not kind or not about] == []


def test_no_row_is_too_long_to_be_read() -> None:
    for key, (_, default, _, example) in rows().items():
        assert len(default) < LONG + 20, key
        assert len(example) < LONG + 20, key


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [VALUES, README], ids=["values", "readme"])
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`+[^`]*`+", "", page.read_text(encoding="utf-8")))
    assert links
    for link in links:
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def commands(text: str) -> list[str]:
    """The commands of a page's code blocks, those over several lines as one."""
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def test_every_command_of_the_readme_is_one_of_the_how_tos() -> None:
    """Those are tried; here is only repeated what they say."""
    tried = {
        " ".join(command.split())
        for path in [ROOT / "README.md", *(ROOT / "docs" / "how-to").glob("*.md")]
        for command in [*commands(path.read_text(encoding="utf-8")), *re.findall(r"`([^`\n]+)`", path.read_text())]
    }
    found = commands(README.read_text(encoding="utf-8"))
    assert len(found) > 6
    assert [command for command in found if command not in tried] == []


def test_what_the_readme_installs_renders() -> None:
    [command] = [line for line in commands(README.read_text(encoding="utf-8")) if line.startswith("helm install")]
    words = command.split()
    done = shell.run([tools()["helm"], "template", *words[2:]], timeout=60, cwd=ROOT)
    assert "kind: Deployment" in done.out


def test_the_readme_knows_every_image_and_the_version() -> None:
    text = README.read_text(encoding="utf-8")
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert f"Chart {chart['version']}, DAIRA {chart['appVersion']}." in text
    images = [value for key, value in keys(effective_values("defaults", {})) if key.endswith(".image")]
    assert len(images) >= 10
    for image in images:
        tag = image["tag"] or chart["appVersion"]
        assert f"| `{image['repository']}` | `{tag}` |" in text
