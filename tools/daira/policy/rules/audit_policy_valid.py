"""The API server can load the audit policy.

What it checks:
    The policy is audit.k8s.io/v1 and has rules; each has a level that exists, URLs that begin with / and have a * only
    at their end, no URLs beside resources or namespaces, group names without a version, and resourceNames only with
    resources.

Why:
    The API server does not start with a policy it can not load: the whole cluster is down.

Bad:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    rules:
      - level: All

Good:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    rules:
      - level: Metadata

Fix:
    Write rules as on Kubernetes' page on auditing.

Standard:
    ValidatePolicy of the API server, which is stricter than its schema. No peer has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import audit
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Object, Path, Release, items, mappings, text

RULE = Rule(
    severity="error",
    groups=("audit-logging",),
    standards=("kubernetes:reference/config-api/apiserver-audit.v1", "checklist:audit-logging"),
    decides="project",
)

LEVELS = ("None", "Metadata", "Request", "RequestResponse")
STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")


def check(release: Release) -> Iterator[Violation]:
    """Yield each thing the API server would refuse."""
    policies = list(release.of(audit.KIND))
    if not policies:
        yield undecidable(None, (), "no audit policy is in the input: give the audit.k8s.io Policy of the cluster")
    for policy in policies:
        if policy.api_version != "audit.k8s.io/v1":
            yield fail(policy, ("apiVersion",), f"{policy.api_version} is not served any more: audit.k8s.io/v1")
        if not items(policy.data.get("rules")):
            yield fail(policy, ("rules",), "has no rules")
        yield from _stages(policy, (), policy.data)
        for index, rule in audit.rules(policy):
            yield from _rule(policy, ("rules", index), rule)


def _stages(policy: Object, path: Path, data: dict[str, object]) -> Iterator[Violation]:
    for index, stage in enumerate(items(data.get("omitStages"))):
        if stage not in STAGES:
            yield fail(policy, (*path, "omitStages", index), f"{stage!r} is no stage")


def _rule(policy: Object, path: Path, rule: dict[str, object]) -> Iterator[Violation]:
    if rule.get("level") not in LEVELS:
        yield fail(policy, (*path, "level"), f"{rule.get('level')!r} is no level")
    yield from _stages(policy, path, rule)
    urls = items(rule.get("nonResourceURLs"))
    if urls and (items(rule.get("resources")) or items(rule.get("namespaces"))):
        yield fail(policy, (*path, "nonResourceURLs"), "URLs stand beside resources or namespaces")
    for index, url in enumerate(urls):
        if url != "*" and (not text(url).startswith("/") or "*" in text(url)[:-1]):
            yield fail(policy, (*path, "nonResourceURLs", index), f"{url!r} does not begin with /, or has a * inside")
    for index, entry in mappings(rule.get("resources")):
        if "/" in text(entry.get("group")):
            yield fail(policy, (*path, "resources", index, "group"), f"{entry['group']} has a version")
        if items(entry.get("resourceNames")) and not items(entry.get("resources")):
            yield fail(policy, (*path, "resources", index, "resourceNames"), "resourceNames without resources")
