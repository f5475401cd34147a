"""The project as the two texts: docker-compose.prod.yml and .env.example, without their first lines."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from daira.generate.compose.project import Project

HEAD = """\
# DAIRA on one machine, as the chart has it in production. Needs Docker Engine 26 and Compose 2.30, or newer.
#   cp .env.example .env                                  # then give the four secrets a value
#   docker compose -f docker-compose.prod.yml up -d --wait
"""
ORDER = (
    *("image", "pull_policy", "entrypoint", "command", "user", "group_add", "environment", "ports", "network_mode"),
    *("networks", "depends_on", "healthcheck", "configs", "secrets", "volumes", "shm_size", "privileged", "read_only"),
    *("cap_drop", "cap_add", "security_opt", "pre_stop", "stop_grace_period", "restart", "deploy", "logging", "labels"),
)
FLOW = frozenset({"test", "entrypoint", "command", "cap_drop", "cap_add", "security_opt", "ports", "group_add"})


def compose(project: Project) -> str:
    """docker-compose.prod.yml."""
    services = {
        name: {key: service[key] for key in sorted(service, key=ORDER.index)}
        for name, service in project.services.items()
    }
    data = {
        "name": "daira",
        "services": services,
        "networks": project.networks,
        "volumes": dict(sorted(project.volumes.items())),
        "configs": project.configs,
        "secrets": project.secrets,
    }
    document = _node(data)
    for path, comment in project.comments.items():
        _comment(document, path, comment)
    for key in ("networks", "volumes", "configs", "secrets"):
        document.yaml_set_comment_before_after_key(key, before=f"\n{ABOUT[key]}")
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(document, out)
    lines = (line.rstrip() if not line.strip("# ") else line for line in out.getvalue().splitlines())
    return HEAD + "\n".join("" if line == "#" else line for line in lines) + "\n"


ABOUT = {
    "networks": "One network a component that is called, joined by those that the chart's NetworkPolicies let in.\n"
    "Those without a published port are closed: nothing in them reaches the outside.",
    "volumes": "`docker compose down` keeps them all.",
    "configs": "The files of the chart's ConfigMaps, as Helm renders them; what Compose would replace is doubled.",
    "secrets": "From .env, and only for the service that puts them into files.",
}


def _comment(document: CommentedMap, path: tuple[str, ...], comment: str) -> None:
    for step in path[:-1]:
        document = document[step]
    document.yaml_set_comment_before_after_key(path[-1], before=comment, indent=2 * (len(path) - 1))


def _node(value: Any, key: str = "") -> Any:
    """Plain data as ruamel writes it well: long texts as blocks, words in a row."""
    if isinstance(value, dict):
        return CommentedMap({name: _node(held, name) for name, held in value.items()})
    if isinstance(value, list):
        made = CommentedSeq([_node(held) for held in value])
        if key in FLOW and not any(isinstance(held, LiteralScalarString) for held in made):
            made.fa.set_flow_style()
        return made
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return DoubleQuotedScalarString(value) if isinstance(value, str) and _quoted(value) else value


def _quoted(value: str) -> bool:
    """Whether a text is safer in quotes: some YAML readers take more than ruamel for a number or a truth."""
    return value.lower() in ("no", "yes", "on", "off", "y", "n") or value[:1].isdigit() or ": " in value or "{" in value


def environment(project: Project) -> str:
    """.env.example: what is needed, then what may be set, with the default that holds without it."""
    lines = [
        "# Copy this file to .env, beside docker-compose.prod.yml, and give the secrets a value. Never commit it.",
        "",
        "# Needed. Each is made by:  openssl rand -hex 32",
    ]
    needed = {name: what for name, (what, default) in project.settings.items() if default is None}
    for name, what in needed.items():
        lines += [f"# {what}", f"{name}="]
    lines += ["", "# May be set; what is written here holds anyway."]
    for name, (what, default) in project.settings.items():
        if default is not None:
            lines += [f"# {what}", f"# {name}={default}"]
    return "\n".join(lines) + "\n"
