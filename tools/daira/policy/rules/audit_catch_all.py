"""What no rule knows is logged.

What it checks:
    A request for a resource that the policy does not name is logged, whatever its verb and its author: the policy ends
    with a rule for everything, and no rule of level None is about everybody and everything. ResponseComplete is not
    among the policy's omitStages.

Why:
    What comes later, a new API or a new tool, is in no rule: without the last one it is dropped silently.

Bad:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    rules:
      - level: Metadata
        resources: [{group: ""}]

Good:
    apiVersion: audit.k8s.io/v1
    kind: Policy
    omitStages: [RequestReceived]
    rules:
      - level: Metadata
        resources: [{group: ""}]
      - level: Metadata

Fix:
    End the policy with a rule that has level: Metadata and nothing else.

Standard:
    Kubernetes' page on auditing ends its policy so; CIS 3.2.2. No peer looks.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts import audit
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release, items

RULE = Rule(
    severity="warning",
    groups=("audit-logging",),
    standards=("cis:3.2.2", "kubernetes:tasks/debug/debug-cluster/audit", "checklist:audit-logging"),
    decides="project",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each rule, or the lack of one, by which a request for something new goes unlogged."""
    policies = list(release.of(audit.KIND))
    if not policies:
        yield undecidable(None, (), "no audit policy is in the input: give the audit.k8s.io Policy of the cluster")
    for policy in policies:
        if "ResponseComplete" in items(policy.data.get("omitStages")):
            yield fail(policy, ("omitStages",), "leaves out ResponseComplete: the outcome of no request is logged")
        lost: dict[int | None, list[str]] = {}
        for verb in audit.VERBS:
            # a group nobody has: only what is about everything matches
            for verdict in audit.verdicts(policy, "unknown.daira.dev", "things", verb):
                if verdict.level == "None" and (not verdict.narrow or audit.for_everybody(policy, verdict.number)):
                    lost.setdefault(verdict.number, []).append(verb)
        for index, verbs in lost.items():
            names = "every request" if len(verbs) == len(audit.VERBS) else ", ".join(verbs)
            if index is None:
                yield fail(policy, ("rules",), f"no rule is about everything else: {names} of it goes unlogged")
            else:
                yield fail(policy, ("rules", index, "level"), f"drops {names} of everything else")
