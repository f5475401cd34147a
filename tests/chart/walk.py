"""Finding one's way in rendered objects: pods, containers, components."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.chart.conftest import Object

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"


@dataclass(frozen=True)
class Pod:
    """The pod an object makes. where: for messages, <kind>/<name>."""

    where: str
    metadata: dict[str, Any]
    spec: dict[str, Any]
    owner: Object

    @property
    def component(self) -> str:
        """The name label."""
        return str(self.metadata["labels"][NAME])

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All containers, init containers first."""
        return [*self.spec.get("initContainers", []), *self.spec.get("containers", [])]


def pods(objects: Iterable[Object]) -> Iterator[Pod]:
    """Every object that makes pods: anything with a pod template, and pods themselves."""
    for item in objects:
        where = f"{item['kind']}/{item['metadata']['name']}"
        spec = item.get("spec") or {}
        if item["kind"] == "Pod":
            yield Pod(where, item["metadata"], spec, item)
        elif item["kind"] == "CronJob":
            template = spec["jobTemplate"]["spec"]["template"]
            yield Pod(where, template["metadata"], template["spec"], item)
        elif "template" in spec:
            yield Pod(where, spec["template"]["metadata"], spec["template"]["spec"], item)


def pod(objects: Iterable[Object], component: str) -> Pod:
    """The pod of a component."""
    found = [made for made in pods(objects) if made.component == component]
    assert found, f"no pod of {component}"
    return found[0]


def named(items: Iterable[dict[str, Any]], name: str) -> dict[str, Any]:
    """The item of a list (containers, volumes, env, ports) with that name."""
    found = [item for item in items if item["name"] == name]
    assert len(found) == 1, name
    return found[0]
