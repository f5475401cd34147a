"""Image references, read exactly as the container runtimes read them (distribution/reference's grammar)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from daira.render.release import Object, Path, Pod, Release, mapping, mappings

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?", re.ASCII)
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}", re.ASCII)
_HEX_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}
_IDENTIFIER = re.compile(r"[a-f0-9]{64}", re.ASCII)
_LONGEST_NAME = 255


class Reference(NamedTuple):
    """`registry/repository:tag@digest`; what is not written is ""."""

    registry: str
    repository: str
    tag: str
    digest: str


class Image(NamedTuple):
    """An image that a pod names. reference: as written, of whatever type. policy: its imagePullPolicy, as written.

    path: of the field that holds the reference; policy_path: of the policy's. container: false for an image volume.
    """

    object: Object
    path: Path
    reference: Any
    policy: Any
    policy_path: Path
    container: bool


@lru_cache(maxsize=4096)
def parse(text: str) -> Reference | None:
    """The parts of a reference, None when no runtime would take it.

    What stands before the first slash is a registry when it has a dot, a colon or a capital, or is "localhost".
    """
    if len(text) > 1024 or _IDENTIFIER.fullmatch(text):
        return None
    name, at, digest = text.partition("@")
    if at and not _is_digest(digest):
        return None
    first, slash, _ = name.partition("/")
    registry = ""
    if slash and ("." in first or ":" in first or first == "localhost" or first.lower() != first):
        if not _DOMAIN.fullmatch(first):
            return None
        registry, name = first, name[len(first) + 1 :]
    repository, colon, tag = name.partition(":")
    if (colon and not _TAG.fullmatch(tag)) or not _PATH.fullmatch(repository):
        return None
    return Reference(registry, repository, tag, digest) if len(registry) + len(repository) < _LONGEST_NAME else None


def _is_digest(text: str) -> bool:
    if not _DIGEST.fullmatch(text):
        return False
    algorithm, _, value = text.partition(":")
    length = _HEX_LENGTH.get(algorithm)
    return length is None or (len(value) == length and value.lower() == value)


def unpinned(found: Reference) -> bool:
    """Whether a reference has neither digest nor a tag other than "latest"."""
    return not found.digest and found.tag in ("", "latest")


def floating(found: Reference) -> bool:
    """Whether what a tag names is meant to change: it has no digit ("stable"), or just one small number ("18-alpine").

    False for what is unpinned altogether, and where a commit, a date or a second number stands in the tag.
    """
    if found.digest or unpinned(found):
        return False
    first, *rest = found.tag.split("-")
    if any("." in part or sum(letter.isdigit() for letter in part) >= 3 or _is_commit(part) for part in rest):
        return False
    number = first.removeprefix("v")
    if number.isdigit():
        return len(number) <= 2  # longer ones are builds and dates
    return not any(letter.isdigit() for letter in found.tag) and not _is_commit(found.tag)


def _is_commit(part: str) -> bool:
    return len(part) >= 7 and all(letter in "0123456789abcdef" for letter in part)


def short(found: Reference) -> str:
    """The repository as everyone calls it: "library/nginx" is "nginx"."""
    return found.repository.removeprefix("library/")


def images_of(pod: Pod) -> Iterator[Image]:
    """The images of a pod: of its containers, and of its image volumes (Kubernetes 1.31 and newer)."""
    for container in pod.containers:
        data, path = container.data, container.path
        policy = data.get("imagePullPolicy")
        yield Image(pod.object, (*path, "image"), data.get("image"), policy, (*path, "imagePullPolicy"), True)
    for index, volume in mappings(pod.spec.get("volumes")):
        if "image" in volume:
            source = mapping(volume.get("image"))
            path = (*pod.path, "volumes", index, "image")
            yield Image(
                pod.object,
                (*path, "reference"),
                source.get("reference"),
                source.get("pullPolicy"),
                (*path, "pullPolicy"),
                False,
            )


def images(release: Release) -> list[tuple[Image, Reference]]:
    """Every image of the judged pods that is a valid reference, with its parts; worked out once for each release."""
    found = _images.get(release)
    if found is None:
        found = _images[release] = [
            (image, parts)
            for pod in release.pods
            for image in images_of(pod)
            if isinstance(image.reference, str) and (parts := parse(image.reference))
        ]
    return found


_images: WeakKeyDictionary[Release, list[tuple[Image, Reference]]] = WeakKeyDictionary()
