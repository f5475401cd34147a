"""Requests and limits in Compose's words."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from daira.errors import DairaError
from daira.generate.compose import known
from daira.policy.facts.quantity import quantity

# Nothing of this is in the chart: a node's kubelet sets it.
PIDS = 512


def resources(container: dict[str, Any], at: str) -> dict[str, Any]:
    """A container's `deploy.resources`. Raises DairaError for what is no quantity."""
    given = known.fields("resources", container.get("resources"), f"{at}.resources")
    made: dict[str, Any] = {}
    for theirs, ours in (("limits", "limits"), ("requests", "reservations")):
        amounts = known.fields("amounts", given.get(theirs), f"{at}.resources.{theirs}")
        made[ours] = dict(_amounts(amounts, f"{at}.resources.{theirs}"))
    made["limits"]["pids"] = PIDS
    return {key: value for key, value in made.items() if value}


def _amounts(amounts: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    for name, ours in (("cpu", "cpus"), ("memory", "memory")):
        if amounts.get(name) is not None:
            amount = quantity(amounts[name])
            if amount is None:
                raise DairaError(f"{at}.{name} is {amounts[name]!r}, which is no quantity: correct the values")
            yield ours, f"{float(amount):g}" if name == "cpu" else size(amount)


def size(amount: Fraction) -> str:
    """Bytes as Compose writes them."""
    for power, unit in ((3, "g"), (2, "m"), (1, "k")):
        if amount % 1024**power == 0:
            return f"{amount // 1024**power}{unit}"
    return f"{int(amount)}b"
