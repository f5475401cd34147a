"""A web application firewall that is switched on also blocks.

What it checks:
    Wherever ModSecurity or Coraza is configured (an nginx configuration with modsecurity on, an Ingress annotation,
    an environment variable MODSEC_RULE_ENGINE, a file of directives in a ConfigMap), its SecRuleEngine is neither
    DetectionOnly nor Off. A rule file in a ConfigMap also says On somewhere when it says anything.

Why:
    In detection only it writes the attack into a log and passes it on.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: waf
    data:
      modsecurity.conf: |
        SecRuleEngine DetectionOnly
        Include /etc/crs/*.conf

Good:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: waf
    data:
      modsecurity.conf: |
        SecRuleEngine On
        Include /etc/crs/*.conf

Fix:
    Set SecRuleEngine On (MODSEC_RULE_ENGINE=On), after a time in detection only in which false positives are taken
    out.

Standard:
    ModSecurity's reference manual and the OWASP Core Rule Set's installation page. Linters of manifests do not look.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release, mapping, mappings, text

RULE = Rule(
    severity="error",
    groups=("waf",),
    standards=("owasp:crs-installation", "checklist:waf"),
    decides="release",
)
INERT = ("detectiononly", "off")


def check(release: Release) -> Iterator[Violation]:
    """Yield each firewall that only watches."""
    for item in release.of("ConfigMap"):
        for key, value in mapping(item.data.get("data")).items():
            if isinstance(value, str) and (mode := _mode(value)) in INERT:
                yield fail(item, ("data", key), f"SecRuleEngine is {mode}: attacks are logged and passed on")
    for item in release.of("Ingress"):
        for key, value in item.annotations.items():
            if isinstance(value, str) and _mode(value) in INERT:
                yield fail(
                    item, ("metadata", "annotations", key), "SecRuleEngine does not block: attacks are passed on"
                )
            elif key == "haproxy-ingress.github.io/waf-mode" and value == "detect":
                yield fail(item, ("metadata", "annotations", key), "waf-mode detect logs attacks and passes them on")
    for container in release.containers:
        for index, variable in mappings(container.data.get("env")):
            mode = text(variable.get("value"))
            if variable.get("name") in ("MODSEC_RULE_ENGINE", "CORAZA_RULE_ENGINE") and mode.lower() in INERT:
                yield fail(container, ("env", index, "value"), f"{variable['name']} is {mode}: attacks are passed on")


def _mode(given: str) -> str:
    if "SecRuleEngine" not in given:
        return ""
    found = ""
    for line in given.splitlines():
        words = line.strip(" \t'\";").split()
        if "SecRuleEngine" in words[:-1] and not words[0].startswith("#"):
            found = words[words.index("SecRuleEngine") + 1].strip("'\";").lower()
    return found
