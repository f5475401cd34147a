"""The files of ConfigMaps and Secrets, and the owners of volumes: one service prepares what the kubelet would.

Compose puts no `content` and no `environment` into a service whose root is read-only (docker/compose#12031), and it
knows no fsGroup. So a service that may write puts all files into one volume, from which the others mount their folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from daira.errors import DairaError
from daira.generate.compose import known
from daira.generate.compose.source import MARKS, Source
from daira.render.release import mappings

PREPARE = "prepare"
VOLUME = "files"
SCRIPT = """\
set -eu
umask 022
cd /files
# The files of earlier versions go; folders stay, because running services hold them.
find . ! -type d | while IFS= read -r file; do [ -e "/prepare/$file" ] || rm -f -- "$file"; done
mkdir -p {folders}
cp -R /prepare/. .
find . -type d -exec chmod 0755 {{}} +
for entry in {secrets}; do
  file=${{entry%:*}}
  [ -s "/prepare/$file" ] || {{ echo "${{file##*/}} is empty: set it in .env" >&2; exit 1; }}
  chown "0:${{entry##*:}}" "$file"
  chmod 0440 "$file"
done
for entry in {volumes}; do
  chgrp "${{entry##*:}}" "/volumes/${{entry%:*}}"
  chmod 2775 "/volumes/${{entry%:*}}"
done
"""


@dataclass
class Files:
    """Collects what the services mount. entries: path in the volume -> (ConfigMap or Secret, its name, key, group)."""

    WHAT = (
        "What a cluster's node does for a pod: the files of ConfigMaps and Secrets are put where the others mount\n"
        "them, and volumes are given to the group that writes to them. It runs at every `up`, and ends."
    )
    folders: list[str] = field(default_factory=list)
    entries: dict[str, tuple[str, str, str, int]] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)

    def folder(self, source: Source, where: str, volume: dict[str, Any], group: int, at: str) -> None:
        """A pod's volume of files. where: its folder here; volume: the manifest; group: who may read secrets."""
        self.folders.append(where)
        parts = [volume]
        if "projected" in volume:
            projected = known.fields("projected", volume["projected"], f"{at}.projected")
            parts = [
                known.fields("projectedSource", part, f"{at}.projected.sources[{index}]")
                for index, part in mappings(projected.get("sources"))
            ]
        for part in parts:
            for path, entry in _entries(source, part, group, at):
                self.entries[f"{where}/{path}"] = entry

    def secrets(self, source: Source) -> list[str]:
        """The variables whose values become files."""
        return [
            name for name in MARKS if name in {_variable(source, *entry[1:3]) for entry in self._of("Secret").values()}
        ]

    def configs(self, source: Source) -> dict[str, dict[str, str]]:
        """Top-level configs, each a file."""
        found = sorted({entry[1:3] for entry in self._of("ConfigMap").values()})
        return {_config(name, key): {"content": source.configs[name][key]} for name, key in found}

    def volumes(self) -> dict[str, None]:
        """The volumes that are made here, besides the claimed ones."""
        return {VOLUME: None, **dict.fromkeys(sorted(self.groups))}

    def _of(self, kind: str) -> dict[str, tuple[str, str, str, int]]:
        return {path: entry for path, entry in self.entries.items() if entry[0] == kind}

    def service(self, image: str) -> dict[str, Any]:
        """The service that prepares all this. image: one with a shell."""
        script = SCRIPT.format(
            folders=" ".join(sorted(self.folders)),
            secrets=" ".join(f"{path}:{entry[3]}" for path, entry in sorted(self._of("Secret").items())),
            volumes=" ".join(f"{name}:{group}" for name, group in sorted(self.groups.items())),
        )
        mounts = {VOLUME: "/files", **{name: f"/volumes/{name}" for name in sorted(self.groups)}}
        return {
            "image": image,
            "entrypoint": ["sh", "-c", script.replace("$", "$$")],
            "user": "0:0",
            "network_mode": "none",
            "configs": [
                {"source": _config(*entry[1:3]), "target": f"/prepare/{path}"}
                for path, entry in sorted(self._of("ConfigMap").items())
            ],
            "secrets": [
                {"source": entry[2], "target": f"/prepare/{path}", "mode": "0400"}
                for path, entry in sorted(self._of("Secret").items())
            ],
            "volumes": [
                {"type": "volume", "source": name, "target": target, "volume": {"nocopy": True}}
                for name, target in mounts.items()
            ],
            "cap_drop": ["ALL"],
            "cap_add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"],
            "security_opt": ["no-new-privileges:true"],
            "restart": "no",
            "deploy": {"resources": {"limits": {"cpus": "0.5", "memory": "64m", "pids": 64}}},
        }


def _config(name: str, key: str) -> str:
    return f"{name}.{key}"


def _variable(source: Source, name: str, key: str) -> str:
    """The variable that a file of a Secret holds. Raises DairaError for a value that is composed of more."""
    if source.secrets.get(name, {}).get(key) != f"${{{key}:?set it in .env}}":
        raise DairaError(f"{key} of Secret/{name} is mounted as a file and is not one variable of .env: see SECRETS")
    return key


def _entries(
    source: Source, part: dict[str, Any], group: int, at: str
) -> Iterator[tuple[str, tuple[str, str, str, int]]]:
    """The files of a ConfigMap or Secret: path -> entry."""
    kind = "configMap" if "configMap" in part else "secret"
    data = known.fields(kind, part[kind], f"{at}.{kind}")
    name = data["name" if kind == "configMap" else "secretName"]
    held = (source.configs if kind == "configMap" else source.secrets).get(name)
    if held is None:
        raise DairaError(f"{at}.{kind} names {name}, which is not in the render: correct the template")
    listed = [known.fields("item", item, f"{at}.{kind}.items[{index}]") for index, item in mappings(data.get("items"))]
    for item in listed or [{"key": key, "path": key} for key in held]:
        if not held.get(item["key"]):
            raise DairaError(
                f"{at}.{kind}: {item['key']} of {name} is missing or empty, and Compose makes no empty file"
            )
        if kind == "secret":
            _variable(source, name, item["key"])
        yield item["path"], ("ConfigMap" if kind == "configMap" else "Secret", name, item["key"], group)
