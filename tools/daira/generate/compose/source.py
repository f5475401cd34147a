"""What the compose file is made from: the chart's render, and its ConfigMaps and Secrets as texts for Compose."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from daira.errors import DairaError
from daira.generate.compose import known
from daira.render.helm import Job, find_helm, render
from daira.render.release import Object, Release, mapping, pod_of

# The keys a person has to give; the Secret's other keys the chart composes from these. key -> what it is.
SECRETS = {
    "POSTGRES_PASSWORD": "The password of PostgreSQL's role daira. It goes into a URL: letters and digits only.",
    "REDIS_PASSWORD": "The password of Redis. It goes into a URL: letters and digits only.",
    "JWT_SECRET": "What the backend signs its tokens with. A new one logs everybody out.",
    "GRAFANA_ADMIN_PASSWORD": "The password of Grafana's user admin, taken over at Grafana's first start.",
}
# What stands for a secret while the chart is rendered: plain letters, so that no template has to change them in a URL.
MARKS = {key: f"dairaMarkOf{key.replace('_', '')}" for key in SECRETS}
# The chart's values as they are, but for: secrets, which .env gives; and ports that only a Service translates, where
# Compose's names lead to the container itself.
OVERLAY: dict[str, Any] = {
    "global": {"existingSecret": "", "imageRegistry": ""},
    "secrets": {"mode": "require", "values": MARKS},
    "monitoring": {"prometheus": {"scrapeJobs": {"grafana": {"port": 3000}}}},
}
RELEASE = "daira"
NAMESPACE = "daira-production"


@dataclass(frozen=True)
class Source:
    """workloads: the objects that become services. configs, secrets: name -> key -> text for Compose."""

    release: Release
    workloads: list[Object]
    configs: dict[str, dict[str, str]]
    secrets: dict[str, dict[str, str]]


def rendered(chart: Path, values: Path) -> Source:
    """The chart as Compose needs it. Raises DairaError, with Helm's reason where it can't be rendered."""
    with tempfile.TemporaryDirectory(prefix="daira-") as scratch:
        overlay = Path(scratch) / "compose.yaml"
        overlay.write_text(yaml.safe_dump(OVERLAY), encoding="utf-8")
        job = Job(chart, (values, overlay), release_name=RELEASE, namespace=NAMESPACE)
        return source_of(render(job, find_helm(chart)))


def source_of(release: Release) -> Source:
    """The parts of a render. Raises DairaError for an object of a kind that is not known."""
    objects = [found for found in release.objects if not _test(found) and known.kind(found.kind, place(found))]
    return Source(
        release,
        [found for found in objects if pod_of(found)],
        {
            found.name: {key: plain(value) for key, value in mapping(found.data.get("data")).items()}
            for found in objects
            if found.kind == "ConfigMap"
        },
        {found.name: dict(_secrets(found)) for found in objects if found.kind == "Secret"},
    )


def place(found: Object) -> str:
    """How an object is called in messages."""
    return f"{found.kind}/{found.name}"


def _test(found: Object) -> bool:
    """Whether it belongs to `helm test`."""
    return "test" in str(found.annotations.get("helm.sh/hook", "")).split(",")


def _secrets(found: Object) -> Iterator[tuple[str, str]]:
    import base64

    for key, value in mapping(found.data.get("data")).items():
        text = plain(base64.b64decode(value).decode())
        for name, mark in MARKS.items():
            text = text.replace(mark, f"${{{name}:?set it in .env}}")
        yield key, text


def plain(value: object) -> str:
    """A text that Compose takes as it is: what would begin a variable is doubled."""
    if not isinstance(value, str):
        raise DairaError(f"{value!r} is no text: quote it in the template that renders it")
    return value.replace("$", "$$")


# $(NAME), or an escaped one: the references of Kubernetes, in texts whose $ are doubled already.
_REFERENCE = re.compile(r"\$\$(?:\$\$|\(([A-Za-z_][A-Za-z0-9_.-]*)\))")


def expanded(text: str, variables: dict[str, str]) -> str:
    """A text for Compose with Kubernetes' $(NAME) replaced, as the kubelet does; unknown names stay as they are."""

    def replace(found: re.Match[str]) -> str:
        return variables.get(found[1], found[0]) if found[1] else "$$"

    return _REFERENCE.sub(replace, text)
