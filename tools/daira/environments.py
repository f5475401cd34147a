"""Which environments there are, and the values files of each: one meaning for every command that takes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from daira.errors import UsageError

CHART = Path("charts/daira")
VALUES = Path("values")

# An environment's name (None where there is none) and its values files, those of -f left out.
Environment = tuple[str | None, tuple[Path, ...]]


def chosen(chart: Path, names: Sequence[str], values: Sequence[Path], *, shipped: bool) -> list[Environment]:
    """The environments of a chart that are asked for.

    names: --env. values: -f. shipped: no chart was named, so it is every environment of values/; a chart that was
    named is taken with its own values, and with each of its ci/*-values.yaml. Raises UsageError for an unknown name.
    """
    if names or (shipped and not values):
        there = values_files(chart)
        missing = [name for name in names if name not in there]
        if missing:
            known = f"there are {', '.join(there)}" if there else "there is no values file"
            raise UsageError(
                f"there is no environment {missing[0]} for {chart}: {known} (in values/ or the chart's ci/)"
            )
        if there:
            return [(name, (there[name],)) for name in (dict.fromkeys(names) or there)]
        if shipped:
            raise UsageError(f"{VALUES}/ has no values file, so there is no environment: give values with -f FILE")
    if values:
        last = values[-1]
        return [(last.stem if last.parent.name == VALUES.name else None, ())]
    tried = sorted((chart / "ci").glob("*-values.yaml")) if chart.is_dir() else []
    return [(None, ()), *((path.stem.removesuffix("-values"), (path,)) for path in tried)]


def values_files(chart: Path) -> dict[str, Path]:
    """Environment -> values file: values/ of the working directory, else beside the chart's folder, else its ci/."""
    for folder in (VALUES, chart.parent / "values", chart.parent.parent / "values"):
        found = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
        if found:
            return {path.stem: path for path in found}
    return {path.stem.removesuffix("-values"): path for path in sorted((chart / "ci").glob("*-values.yaml"))}
