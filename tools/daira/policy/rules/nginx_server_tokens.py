"""nginx does not tell its version.

What it checks:
    Every nginx configuration in a ConfigMap has server_tokens off (or, of NGINX Plus, a string) at its http, and no
    server or location turns it on again. Files without http are judged by their servers.

Why:
    The version in every answer and error page tells an attacker which known holes to try.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      nginx.conf: |
        http {
          server {
            listen 8080;
          }
        }

Good:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      nginx.conf: |
        http {
          server_tokens off;
          server {
            listen 8080;
          }
        }

Fix:
    Write server_tokens off in the http block.

Standard:
    CIS NGINX Benchmark, "Ensure server_tokens directive is set to off". Linters of manifests do not look.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.nginx import configs, named, walk
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="info",
    groups=("hygiene", "waf"),
    standards=("cis:nginx-2.5.1", "checklist:waf"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each nginx that says which version it is."""
    for config in configs(release):
        for one, above in walk(config.directives):
            if one.name == "server_tokens" and one.args[:1] in (("on",), ("build",)):
                yield fail(
                    config.owner, config.path(one), f"line {one.line}: server_tokens {one.args[0]} tells the version"
                )
            elif one.name == "server" and one.block is not None and not one.args:
                levels = [config.directives, *(level.block or () for level in above), one.block]
                if any(level.name in ("stream", "mail") for level in above) or any(
                    named(level, "server_tokens") for level in levels
                ):
                    continue
                message = f"line {one.line}: this server tells nginx's version, server_tokens is not off"
                if config.lost or not config.whole:
                    message += " in the files of the input: needed are the other files of this nginx"
                    yield undecidable(config.owner, config.path(one), message)
                else:
                    yield fail(config.owner, config.path(one), message)
