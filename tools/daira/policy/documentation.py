"""What people read about the rules: the list, one rule explained, and docs/policy.md; all from the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from daira.policy.catalog import HEADINGS, Entry, catalog, sections
from daira.policy.rule import CHECKLIST, GROUPS

# What a group is about, as its heading and, where it is a checklist item, what is asked for.
ABOUT: dict[str, tuple[str, str]] = {
    "image-scanning": ("Image scanning", "images are scanned in CI, and what runs is what was scanned"),
    "non-root": ("Non-root containers", "no container runs as root or can become it"),
    "resource-limits": ("Resource limits", "every container has requests and limits, every namespace bounds"),
    "network-policies": ("Network policies", "only the connections that are needed are possible"),
    "secrets-encrypted": ("Encrypted secrets", "secrets are encrypted at rest, and nowhere in plain text"),
    "rbac": ("RBAC", "nobody may do more than the work needs"),
    "tls": ("TLS", "nothing crosses an edge in plain text"),
    "rate-limiting": ("Rate limiting", "what stands open to the world limits how often it is asked"),
    "waf": ("Web application firewall", "a firewall stands before what is open to the world"),
    "audit-logging": ("Audit logging", "the cluster writes down who did what, and no secret with it"),
    "pss-baseline": ("Pod Security Standards: baseline", "known ways to take over a node"),
    "pss-restricted": ("Pod Security Standards: restricted", "hardening as it is done today"),
    "reliability": ("Reliability", "what survives a rollout, a lost node and a busy day"),
    "deprecated-api": ("Deprecated APIs", "what the version of Kubernetes that is judged for no longer has"),
    "hygiene": ("Chart hygiene", "what makes a release change when nothing did"),
}
DECIDES = {
    "object": "one object",
    "release": "the objects of a release together",
    "project": "the files of the repository",
}
INTRODUCTION = """\
# The policy check

<!-- made from the rules' own documentation; do not edit -->

`daira check` applies {rules} rules. `daira explain RULE` says what each one checks, why, what is bad and good, how to
fix it, and where it differs from the standard and from tools that have a check of that name. See also
[checking your own chart](how-to/check-your-own-chart.md), [exempting a finding](how-to/exempt-a-finding.md) and
[the report's format](reference/report.md).

**Score: {caught} of {tried}.** A rule is worth what it catches: for each rule the chart's own manifests, or the
repository's own files, are spoilt so that the protection is gone, and the rule has to say so. The column *caught* is
how many of these mutations it found.

What the input cannot answer is *undecidable*: it is told with what is needed to decide it, and never passes silently.

Standards: `pss:` the check of the Pod Security Standards by its name in pod-security-admission, `nsa:` the control of
the NSA/CISA hardening guidance by kubescape's number, `cis:` the recommendation of the CIS Kubernetes benchmark,
`checklist:` the item of the security checklist, `kubernetes:` the page of its documentation.

## The security checklist

{items} of the rules belong to its ten items:

| item | what has to hold | rules | decided from | caught |
|---|---|---|---|---|
"""


def listed(rules: Sequence[Entry]) -> list[dict[str, Any]]:
    """What `daira rules --format json` tells: rule, title, severity, groups, standards, decides."""
    return [
        {
            "rule": rule.name,
            "title": rule.title,
            "severity": rule.severity,
            "groups": list(rule.meta.groups),
            "standards": list(rule.meta.standards),
            "decides": rule.decides,
        }
        for rule in rules
    ]


def by_group(rules: Sequence[Entry]) -> dict[str, list[Entry]]:
    """The rules by the first of their groups, in the order of GROUPS; groups without a rule are left out."""
    made: dict[str, list[Entry]] = {group: [] for group in GROUPS}
    for rule in rules:
        made[_home(rule)].append(rule)
    return {group: found for group, found in made.items() if found}


def _home(rule: Entry) -> str:
    """The checklist item of a rule, or the first of its groups."""
    return rule.meta.checklist or rule.meta.groups[0]


def table(rules: Sequence[Entry]) -> str:
    """The rules as text, by group: name, severity and title."""
    width = max(len(rule.name) for rule in rules)
    lines: list[str] = []
    for group, found in by_group(rules).items():
        lines.append(f"{group}: {ABOUT[group][1]}")
        lines += [f"  {rule.name.ljust(width)}  {rule.severity.ljust(7)}  {rule.title}" for rule in found]
        lines.append("")
    lines.append(f"{len(rules)} rules; `daira explain RULE` says more about one")
    return "\n".join(lines)


def explained(rule: Entry) -> str:
    """A rule as text: its title and metadata, then the sections of its documentation."""
    told = sections(rule.doc)
    facts = [
        ("severity", rule.severity),
        ("groups", ", ".join(rule.meta.groups)),
        ("standards", ", ".join(rule.meta.standards)),
        ("decided from", DECIDES[rule.decides]),
        ("exempt with", f'daira.dev/exempt.{rule.name}: "reason; expires=YYYY-MM-DD"'),
    ]
    lines = [f"{rule.name}: {told[''].strip()}", ""]
    lines += [f"  {name.ljust(13)} {fact}" for name, fact in facts]
    for heading in HEADINGS:
        lines += ["", heading, *(f"  {line}".rstrip() for line in told[heading].splitlines())]
    return "\n".join(lines)


def policy_md(score: Mapping[str, tuple[int, int]]) -> str:
    """docs/policy.md. score: rule -> mutations that it caught, of how many."""
    rules = catalog()
    caught, tried = (sum(score.get(rule.name, (0, 0))[part] for rule in rules) for part in (0, 1))
    names = [rule.name for rule in rules if rule.meta.checklist]
    lines = INTRODUCTION.format(rules=len(rules), caught=caught, tried=tried, items=len(names)).splitlines()
    for item in CHECKLIST:
        found = [rule for rule in rules if rule.meta.checklist == item]
        sources = ", ".join(DECIDES[kind] for kind in DECIDES if any(rule.decides == kind for rule in found))
        link = f"[{ABOUT[item][0]}](#{item})" if found else ABOUT[item][0]
        lines.append(f"| {link} | {ABOUT[item][1]} | {len(found)} | {sources} | {_total(found, score)} |")
    for group, found in by_group(rules).items():
        title, about = ABOUT[group]
        lines += [
            "",
            f'<a id="{group}"></a>',
            f"## {title}",
            "",
            f"`--select {group}`: {about}.{_elsewhere(group, rules)}",
            "",
            "| rule | severity | what holds | standards | caught |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(rule, score) for rule in found]
    return "\n".join(lines) + "\n"


def _row(rule: Entry, score: Mapping[str, tuple[int, int]]) -> str:
    standards = ", ".join(f"`{standard}`" for standard in rule.meta.standards)
    title = rule.title.replace("|", "\\|")
    return f"| `{rule.name}` | {rule.severity} | {title} | {standards} | {_total([rule], score)} |"


def _total(rules: Sequence[Entry], score: Mapping[str, tuple[int, int]]) -> str:
    caught, tried = (sum(score.get(rule.name, (0, 0))[part] for rule in rules) for part in (0, 1))
    return f"{caught}/{tried}"


def _elsewhere(group: str, rules: Sequence[Entry]) -> str:
    """The rules of a group that stand in the section of another."""
    others = [f"`{rule.name}`" for rule in rules if group in rule.meta.groups and _home(rule) != group]
    return f" Also in it: {', '.join(others)}." if others else ""
