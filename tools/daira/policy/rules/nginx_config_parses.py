"""Every nginx configuration in a ConfigMap can be parsed.

What it checks:
    Each key of a ConfigMap that holds nginx configuration is parsed with crossplane's lexer: every directive ends,
    every block is closed. An include that no mounted file answers to is followed nowhere and no error.

Why:
    nginx does not start with such a file, or keeps the old one on a reload; and no other rule can judge it.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      default.conf: |
        server {
          listen 8080
          location / {
            root /srv;
          }
        }

Good:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      default.conf: |
        server {
          listen 8080;
          location / {
            root /srv;
          }
        }

Fix:
    Close the block or end the directive at the line that the message names.

Standard:
    nginx's own syntax. No linter of Kubernetes manifests looks into a ConfigMap's nginx configuration.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.nginx import configs
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("hygiene",),
    standards=("nginx:beginners_guide",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each file that nginx would refuse."""
    seen = set()
    for config in configs(release):
        for key, error in config.errors:
            if (config.owner, key) not in seen:
                seen.add((config.owner, key))
                yield fail(config.owner, ("data", key), f"{key} is no nginx configuration: {error}")
