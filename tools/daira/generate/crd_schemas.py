"""The CRDs' schemas that `daira validate` brings, made from pinned Go modules (validate/crds/*.json.gz).

`python -m daira.generate.crd_schemas` writes them, and provenance.yaml with each module's checksum as the Go checksum
database knows it; it needs Go and its module proxy. Descriptions are left out: they are nine tenths of the size.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from daira import shell
from daira.render import manifests
from daira.validate import crds
from daira.validate.schemas import short


class Module(NamedTuple):
    """A Go module that holds CRDs. places: files or folders below it; of a kind that is in several the first counts."""

    name: str
    module: str
    places: tuple[str, ...]


MODULES = (
    # a kind of both channels is the standard one: a cluster without the experimental channel drops the other's fields
    Module("gateway-api", "sigs.k8s.io/gateway-api@v1.6.1", ("config/crd/standard", "config/crd/experimental")),
    Module("cert-manager", "github.com/cert-manager/cert-manager@v1.21.2", ("deploy/crds",)),
    Module(
        "prometheus-operator",
        "github.com/prometheus-operator/prometheus-operator@v0.85.0",
        ("example/prometheus-operator-crd",),
    ),
    Module(
        "traefik",
        "github.com/traefik/traefik/v3@v3.7.13",
        ("docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",),
    ),
)
HEAD = "# Where the schemas beside this file come from. Made by `python -m daira.generate.crd_schemas`: do not edit.\n"


def fetched(module: str) -> tuple[Path, str]:
    """Where Go keeps a module's sources, after fetching it, and the module's checksum (h1)."""
    done = shell.run(["go", "mod", "download", "-json", module], timeout=300, env={"GOFLAGS": "-mod=mod"})
    said = json.loads(done.out)
    return Path(said["Dir"]), said["Sum"]


def documents(folder: Path, places: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Every object of the places, read as Kubernetes reads YAML (PyYAML stumbles over an enum's `=`)."""
    for place in places:
        yield from (item.data for item in manifests.load([folder / place]).objects)


def packed(module: str, found: Iterator[dict[str, Any]]) -> bytes:
    """The schemas of all CRDs among documents, the same bytes for the same documents."""
    kinds: dict[tuple[str, str], Any] = {}
    for item in found:
        if item.get("kind") == "CustomResourceDefinition":
            for kind, schema in crds.of(item).items():
                kinds.setdefault(kind, short(schema))
    rows = [{"apiVersion": api, "kind": kind, "schema": kinds[api, kind]} for api, kind in sorted(kinds)]
    text = json.dumps({"module": module.replace("@", " "), "kinds": rows}, separators=(",", ":"), sort_keys=True)
    return gzip.compress(text.encode(), mtime=0)


def main() -> None:
    """Write the schemas and where they come from."""
    crds.PACKAGED.mkdir(exist_ok=True)
    rows = []
    for one in MODULES:
        folder, checksum = fetched(one.module)
        data = packed(one.module, documents(folder, one.places))
        (crds.PACKAGED / f"{one.name}.json.gz").write_bytes(data)
        name, _, version = one.module.partition("@")
        digest = hashlib.sha256(gzip.decompress(data)).hexdigest()
        rows.append(
            {"file": f"{one.name}.json.gz", "module": name, "version": version, "sum": checksum, "json": digest}
        )
    (crds.PACKAGED / "provenance.yaml").write_text(HEAD + yaml.safe_dump(rows, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main()
