"""No alias of nginx lets a request leave its folder.

What it checks:
    A prefix location whose alias ends in a slash ends in a slash itself.

Why:
    With `location /files { alias /srv/files/; }` the request /files../secret reads /srv/secret.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      default.conf: |
        server {
          location /files {
            alias /srv/files/;
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
          location /files/ {
            alias /srv/files/;
          }
        }

Fix:
    End the location's prefix in a slash when its alias does.

Standard:
    Gixy's alias_traversal. Linters of manifests do not look.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.nginx import configs, named, walk
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("waf",),
    standards=("gixy:alias_traversal", "checklist:waf"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each alias that can be left."""
    for config in configs(release):
        for one, _ in walk(config.directives):
            if one.name != "location" or not one.args or one.args[0] in ("=", "~", "~*") or one.args[-1].endswith("/"):
                continue
            for alias in named(one.block, "alias"):
                if alias.args and alias.args[0].endswith("/"):
                    message = f"line {alias.line}: /.. after {one.args[-1]} leaves {alias.args[0]}, add a slash"
                    yield fail(config.owner, config.path(alias), message)
