"""Labels have keys and values that Kubernetes accepts.

What it checks:
    The labels of objects and pod templates, and the selectors' matchLabels, have values that are strings of at most 63
    letters, digits, dashes, dots and underscores, with a letter or digit at both ends, or empty; and keys of that form
    (not empty), with a DNS name and a slash before it at most. A number or boolean of YAML is no string.

Why:
    The API server refuses the object.

Bad:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {team: engineering/platform}}}

Good:
    {apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {team: engineering.platform}}}

Fix:
    Quote numbers and booleans, and replace what is not allowed.

Standard:
    Kubernetes' label syntax; kube-score's "Label values" looks at an object's own values only, and not at their length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from daira.policy.rule import Rule, Violation
from daira.render.release import Path, Release, deep, mapping

RULE = Rule(
    severity="error",
    groups=("hygiene",),
    standards=("kubernetes:labels",),
    decides="object",
)
VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
PREFIX = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
OBJECT: Path = ("metadata", "labels")
SELECTOR: Path = ("spec", "selector", "matchLabels")


def check(release: Release) -> Iterator[Violation]:
    """Yield each label that is refused."""
    # almost all labels repeat: each pair is judged once
    known: dict[Any, str] = {}
    for owner in release.subjects:
        for where in (OBJECT, SELECTOR):
            for key, value in mapping(deep(owner.data, where)).items():
                reason = _wrong(known, key, value)
                if reason:
                    yield Violation(owner, (*where, key), reason)
    for pod in release.pods:
        if pod.object.kind == "Pod":
            continue
        for key, value in pod.labels.items():
            reason = _wrong(known, key, value)
            if reason:
                yield Violation(pod.object, (*pod.metadata_path, "labels", key), reason)


def _wrong(known: dict[Any, str], key: object, value: object) -> str:
    if not isinstance(key, str):
        return f"the label's key {key!r} is no string"
    if not isinstance(value, str):
        return f"label {key} is {value!r}, which is no string"
    if (key, value) not in known:
        known[key, value] = _judge(key, value)
    return known[key, value]


def _judge(key: str, value: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if not VALUE.fullmatch(name) or (slash and not PREFIX.fullmatch(prefix)):
        return f"{key!r} is no key of a label"
    if value and not VALUE.fullmatch(value):
        return f"{value!r} is no value of a label"
    return ""
