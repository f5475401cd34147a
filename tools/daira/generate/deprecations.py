"""The table of deprecated APIs, made from Kubernetes' own Go sources (policy/facts/deprecations.yaml).

Every API type of k8s.io/api says in zz_generated.prerelease-lifecycle.go when it was deprecated and removed. A version
that is gone is in an older module only, so several are read, and the newest that knows a type is believed. Alphas leave
earlier than these files announce: the schemas of each Kubernetes (kubernetes-validate) say when. What none of them says
(types from before these files, and Endpoints, whose deprecation is only announced) is written here.
`python -m daira.generate.deprecations` writes the table; it needs Go and its module proxy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import kubernetes_validate

from daira import shell

TABLE = Path(__file__).resolve().parents[1] / "policy" / "facts" / "deprecations.yaml"
# Oldest first. Together they hold every type that any Kubernetes from 1.16 on has served.
MODULES = (
    *(f"k8s.io/api@v0.{at}" for at in ("19.16", "22.17", "24.17", "26.15", "28.15", "30.0", "32.3", "34.1", "37.2")),
    "k8s.io/apiextensions-apiserver@v0.37.2",
    "k8s.io/kube-aggregator@v0.37.2",
)
METHOD = re.compile(
    r"func \(in \*(?P<kind>\w+)\) APILifecycle(?P<what>Deprecated|Removed|Replacement)\(\)[^{]*{\s*return "
    r"(?:1, (?P<minor>\d+)|schema\.GroupVersionKind"
    r'{Group: "(?P<group>[^"]*)", Version: "(?P<version>[^"]*)", Kind: "(?P<to>\w+)"})'
)
GROUP = re.compile(r'const GroupName = "([^"]*)"')
SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
Kind = tuple[str, str]  # apiVersion and kind
HEAD = """\
# Which API of Kubernetes is deprecated and removed since when (minor versions of 1), and what to use instead.
# Made by `python -m daira.generate.deprecations` from the lifecycle files of Kubernetes' Go modules: do not edit.
"""


class Entry(NamedTuple):
    """One kind of one API version. deprecated, removed: minor versions; use: "apiVersion Kind", or "" for nothing."""

    api: str
    kind: str
    deprecated: int
    removed: int | None
    use: str

    def line(self) -> str:
        """The entry as a line of YAML."""
        removed = "null" if self.removed is None else str(self.removed)
        since = f"deprecated: {self.deprecated}, removed: {removed}"
        return f"- {{api: {self.api}, kind: {self.kind}, {since}, use: {json.dumps(self.use)}}}"


# Older than the lifecycle files, or removed before a module that is still read had them: the deprecation guide's word.
BY_HAND = (
    Entry("admissionregistration.k8s.io/v1alpha1", "InitializerConfiguration", 13, 14, ""),
    Entry("auditregistration.k8s.io/v1alpha1", "AuditSink", 18, 19, ""),
    Entry("batch/v2alpha1", "CronJob", 19, 21, "batch/v1 CronJob"),
    Entry("scheduling.k8s.io/v1alpha1", "PriorityClass", 14, 22, "scheduling.k8s.io/v1 PriorityClass"),
    Entry("settings.k8s.io/v1alpha1", "PodPreset", 19, 20, ""),
    Entry("v1", "ComponentStatus", 19, None, ""),
    Entry("v1", "Endpoints", 33, None, "discovery.k8s.io/v1 EndpointSlice"),
)


def directory(module: str) -> Path:
    """Where Go keeps a module's sources, after fetching it."""
    done = shell.run(["go", "mod", "download", "-json", module], timeout=300, env={"GOFLAGS": "-mod=mod"})
    return Path(json.loads(done.out)["Dir"])


def entries(folder: Path) -> Iterator[Entry]:
    """What the lifecycle files below a module's folder say; a List kind is as old as what it lists and left out."""
    for path in sorted(folder.rglob("zz_generated.prerelease-lifecycle.go")):
        register = (path.parent / "register.go").read_text(encoding="utf-8")
        found = GROUP.search(register)
        group, version = found[1] if found else "", path.parent.name
        kinds: dict[str, dict[str, re.Match[str]]] = {}
        for match in METHOD.finditer(path.read_text(encoding="utf-8")):
            kinds.setdefault(match["kind"], {})[match["what"]] = match
        for kind, said in kinds.items():
            if "Deprecated" not in said or (kind.endswith("List") and kind.removesuffix("List") in kinds):
                continue
            to = said.get("Replacement")
            use = _name(to) if to else ""
            removed = int(said["Removed"]["minor"]) if "Removed" in said else None
            yield Entry(
                f"{group}/{version}" if group else version, kind, int(said["Deprecated"]["minor"]), removed, use
            )


def _name(to: re.Match[str]) -> str:
    return f"{to['group']}/{to['version']} {to['to']}" if to["group"] else f"{to['version']} {to['to']}"


def served() -> dict[int, set[Kind]]:
    """Minor version -> every kind that this Kubernetes serves, as its schemas say."""
    made: dict[int, set[Kind]] = {}
    for folder in SCHEMAS.glob("v1.*-local"):
        definitions = json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
        kinds = made.setdefault(int(folder.name.split(".")[1]), set())
        for schema in definitions.values():
            named = schema.get("x-kubernetes-group-version-kind", [])
            # what has no kind of its own is a part of something, what has several names is no object (DeleteOptions)
            if len(named) == 1 and {"apiVersion", "kind"} <= schema.get("properties", {}).keys():
                group, version, kind = (named[0][key] for key in ("group", "version", "kind"))
                if not kind.endswith("List"):
                    kinds.add((f"{group}/{version}" if group else version, kind))
    return made


def last_seen(seen: dict[int, set[Kind]]) -> dict[Kind, int]:
    """The newest minor version that serves each kind."""
    return {kind: minor for minor in sorted(seen) for kind in seen[minor]}


def replacement(api: str, kind: str, said: str, newest: set[Kind]) -> str:
    """What the newest Kubernetes has instead: what the source says if stable, else the stablest of the group."""
    said_api, _, said_kind = said.partition(" ")
    if (said_api, said_kind) in newest and "beta" not in said_api:
        return said
    group = api.rpartition("/")[0]
    same = [other for other, name in newest if name == kind and other.rpartition("/")[0] == group]
    best = max(same, key=_stability, default=api)
    return f"{best} {kind}" if _stability(best) > _stability(api) else ""


def _stability(api: str) -> tuple[bool, bool, str]:
    return "alpha" not in api, "beta" not in api, api


def table(folders: Iterable[Path]) -> list[Entry]:
    """All entries, of which a later folder's overrule an earlier one's, sorted."""
    made = {(one.api, one.kind): one for one in BY_HAND}
    for folder in folders:
        made.update({(one.api, one.kind): one for one in entries(folder)})
    seen = served()
    newest = max(seen)
    for (api, kind), last in last_seen(seen).items():
        if last == newest:
            continue
        said = made.get((api, kind), Entry(api, kind, last + 1, None, ""))
        made[api, kind] = said._replace(deprecated=min(said.deprecated, last + 1), removed=last + 1)
    for key, one in made.items():
        made[key] = one._replace(use=replacement(*key, one.use, seen[newest]))
    return sorted(made.values())


def main() -> None:
    """Write the table."""
    lines = [one.line() for one in table(map(directory, MODULES))]
    TABLE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
