"""k8s/<environment>.yaml: the chart as plain manifests, for a cluster to which DAIRA comes without Helm.

What Helm alone would do is done here: hooks that install something become plain objects, its tests are left out, and
the labels that say Helm manages an object go. The Secret is not made: the pods name one, and the first lines say how to
make it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from daira.errors import DairaError
from daira.generate.files import headline
from daira.generate.needed import Needed, needed_secrets
from daira.render import helm, merge
from daira.render.manifests import objects_of
from daira.render.places import Place, places
from daira.render.release import Object, Release, Source, items, mapping
from daira.render.release import Path as Key

CHART = Path("charts/daira")
FOLDER = Path("k8s")
PLACES = (f"{FOLDER}/*.yaml",)
RELEASE = "daira"
INSTALLS = {"pre-install", "post-install", "pre-upgrade", "post-upgrade"}
POD_SECURITY = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}


def made(root: Path) -> dict[Path, str]:
    """The manifests of every environment of values/. Raises DairaError where one can't be rendered."""
    files = sorted((root / "values").glob("*.yaml"))
    with TemporaryDirectory(prefix="daira-manifests-") as folder:
        jobs = [_job(root, file, Path(folder)) for file in files]
        answers = helm.render_each(jobs, helm.find_helm(root))
    texts: dict[Path, str] = {}
    for file, job, answer in zip(files, jobs, answers, strict=True):
        if isinstance(answer, DairaError):
            raise answer
        texts[FOLDER / file.name] = manifests(answer, root, file.stem, job.namespace)
    return texts


def _job(root: Path, file: Path, folder: Path) -> helm.Job:
    """How an environment is rendered: with a Secret that is there already, and without tests."""
    values = merge.load(root / CHART, (file,)).merged
    secret = mapping(values.get("global")).get("existingSecret") or f"{RELEASE}-secrets"
    over = folder / file.name
    over.write_text(json.dumps({"global": {"existingSecret": secret}, "tests": {"enabled": False}}), encoding="utf-8")
    return helm.Job(root / CHART, (file, over), file.stem, RELEASE, f"daira-{file.stem}")


def manifests(release: Release, root: Path, environment: str, namespace: str) -> str:
    """The whole file. release: rendered with a Secret that is there already. root: what templates are named below."""
    before: list[str] = []
    after: list[str] = []
    main: list[str] = []
    jobs: list[str] = []
    for item in release.objects:
        hook = {event.strip() for event in str(item.annotations.get("helm.sh/hook", "")).split(",")} - {""}
        if item.kind == "Secret" or (hook and not hook & INSTALLS):
            continue
        early = bool(hook) and any(event.startswith("pre-") for event in hook)
        name = item.name
        if hook and item.kind == "Job":
            # a Job can't be changed, and without Helm nothing removes the one before
            name += f"-{hashlib.sha256(json.dumps(item.spec, sort_keys=True).encode()).hexdigest()[:8]}"
            jobs += [name] if early else []
        source = Path(item.source.file)
        where = source.relative_to(root) if source.is_relative_to(root) else source
        text = f"---\n# Source: {where}\n{_plain(item, name).strip()}\n"
        (before if early else after if hook else main).append(text)
    top = _head(environment, namespace, needed_secrets(release.objects), jobs)
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": POD_SECURITY}}
    return "".join([top, "---\n", yaml.safe_dump(space, sort_keys=False), *before, *main, *after])


def _head(environment: str, namespace: str, needed: list[Needed], jobs: list[str]) -> str:
    """The comment at the top. jobs: the names of those that have to be done before the rest."""
    file = FOLDER / f"{environment}.yaml"
    lines = [
        headline("manifests", f"{CHART} and values/{environment}.yaml"),
        "",
        f"DAIRA ({environment}) as plain manifests, without Helm. Where Helm installed it, upgrade with Helm instead.",
        "",
        f"  kubectl create namespace {namespace} --save-config",
        *(f"  {secret.command(namespace)}" for secret in needed),
    ]
    for job in jobs:
        lines += [
            f"  kubectl apply -f {file} --selector app.kubernetes.io/name=migrations",
            f"  kubectl wait --for=condition=complete job/{job} --namespace {namespace} --timeout=30m",
        ]
    lines += [f"  kubectl apply -f {file}", ""]
    for secret in needed:
        lines += secret.explained()
    lines += [
        "",
        "Pods wait for a Secret that is missing, so it may also be made later. Its values are in no file of the",
        "repository; docs/how-to/secrets.md says how to choose them. The pods of `helm test` are left out.",
        "To change something, change the values and run `daira generate manifests`. kubectl does not remove what a",
        "later version of this file no longer has.",
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def _plain(item: Object, name: str) -> str:
    """An object's text as Helm rendered it, under a name, without what only Helm puts there.

    Lines are taken out of the text, so that the comments and the spelling of everything else stay.
    """
    text = item.source.text
    found = places(text, item.document)
    lines = text.split("\n")
    gone: set[int] = set()
    for key in _helms_own(item.data, ()):
        gone.update(_lines(text, lines, found[key]))
    if name != item.name:
        at = found["metadata", "name"]
        row = text.count("\n", 0, at.start)
        lines[row] = lines[row].replace(item.name, name)
    made = "\n".join(line for number, line in enumerate(lines) if number not in gone)
    wanted = _without(item.data)
    wanted["metadata"]["name"] = name
    if [one.data for one in objects_of(Source(item.source.file, made))] != [wanted]:
        raise DairaError(
            f"{item.source.file}: {item} can't be freed of Helm's labels: write its labels and annotations one a line"
        )
    return made


def _is_helms(key: object) -> bool:
    return key == "app.kubernetes.io/managed-by" or str(key).partition("/")[0] in ("helm.sh", "meta.helm.sh")


def _helms_own(data: Any, path: Key) -> Iterator[Key]:
    """The paths of labels and annotations that only tell of Helm; of their map where nothing else is in it."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(items(data)):
        here = (*path, key)
        if key in ("labels", "annotations") and path[-1:] == ("metadata",) and isinstance(value, dict):
            own = [one for one in value if _is_helms(one)]
            yield from [here] if own and len(own) == len(value) else [(*here, one) for one in own]
        else:
            yield from _helms_own(value, here)


def _without(data: Any) -> Any:
    """A copy of the data without those paths."""
    made = json.loads(json.dumps(data))
    for path in _helms_own(data, ()):
        at = made
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]
    return made


def _lines(text: str, lines: list[str], place: Place) -> range:
    """The numbers of the lines of a place, with the comment right above."""
    first = text.count("\n", 0, place.start)
    last = text.count("\n", 0, max(place.end - 1, place.start))
    while lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return range(first, last + 1)
