"""Aggregated roles take in only what is meant for them.

What it checks:
    No selector of an aggregationRule is empty, which takes in every ClusterRole, and no ClusterRole of the release adds
    to the view role (aggregate-to-view) what view leaves out: Secrets, or verbs other than get, list and watch.

Why:
    An aggregated role grows with every ClusterRole that fits; view is given to whom nobody would give a password.

Bad:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: worker
    aggregationRule:
      clusterRoleSelectors: [{}]

Good:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: worker
    aggregationRule:
      clusterRoleSelectors:
        - matchLabels: {shop.example.com/aggregate-to-worker: "true"}

Fix:
    Select by a label of your own, and aggregate to view only what anyone may read.

Standard:
    Kubernetes' page on RBAC, aggregated ClusterRoles. No peer looks at aggregation; most judge the rules of an
    aggregated role, which the controller overwrites.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import rbac
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping, mappings

RULE = Rule(
    severity="error",
    groups=("rbac",),
    standards=("kubernetes:reference/access-authn-authz/rbac", "checklist:rbac"),
    decides="object",
)

TO_VIEW = "rbac.authorization.k8s.io/aggregate-to-view"
READING = frozenset(["get", "list", "watch"])


def check(release: Release) -> Iterator[Violation]:
    """Yield each selector that takes in everything, and each rule that makes view more than reading."""
    for role in release.of("ClusterRole"):
        if rbac.aggregated(role):
            rule = mapping(role.data.get("aggregationRule"))
            for index, selector in mappings(rule.get("clusterRoleSelectors")):
                if not selector.get("matchLabels") and not selector.get("matchExpressions"):
                    path = ("aggregationRule", "clusterRoleSelectors", index)
                    yield fail(role, path, "takes in every ClusterRole of the cluster, cluster-admin too")
    for grant in rbac.grants(release):
        if grant.role.kind != "ClusterRole" or grant.role.labels.get(TO_VIEW) != "true":
            continue
        more = [verb for verb in grant.verbs if verb not in READING]
        if more:
            yield grant.fail(f"adds {', '.join(more)} to the view role")
        elif rbac.granted(grant, ("",), ("secrets",), ("get", "list", "watch")):
            yield grant.fail("adds the reading of Secrets to the view role")
