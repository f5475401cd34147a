"""A client that is limited by nginx is told so with 429.

What it checks:
    Where a server or location uses limit_req, limit_req_status 429 is set there or above it; likewise
    limit_conn_status for limit_conn. Where an include can't be followed and nothing is found, it is undecidable.

Why:
    nginx answers 503 by itself: clients and alerts then blame the server, and nobody learns to slow down.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      nginx.conf: |
        http {
          limit_req_zone $binary_remote_addr zone=api:10m rate=30r/s;
          server {
            limit_req zone=api;
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
          limit_req_zone $binary_remote_addr zone=api:10m rate=30r/s;
          limit_req_status 429;
          server {
            limit_req zone=api;
          }
        }

Fix:
    Set limit_req_status 429 (and limit_conn_status 429) beside the zones.

Standard:
    RFC 6585, 429 Too Many Requests; nginx's ngx_http_limit_req_module, whose default is 503.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.nginx import configs, named, walk
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="warning",
    groups=("rate-limiting",),
    standards=("nginx:ngx_http_limit_req_module", "checklist:rate-limiting"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield the first limit of each configuration that answers something else."""
    for config in configs(release):
        for limit in ("limit_req", "limit_conn"):
            for one, above in walk(config.directives):
                if one.name != limit:
                    continue
                levels = [config.directives, *(level.block or () for level in above)]
                found = [status for level in reversed(levels) for status in named(level, f"{limit}_status")]
                answer = found[0].args[0] if found and found[0].args else "503"
                if answer == "429":
                    continue
                message = f"line {one.line}: {limit} answers {answer}, because {limit}_status 429 is not set"
                if not found and (config.lost or not config.whole):
                    message += " in the files of the input: needed are the other files of this nginx"
                    yield undecidable(config.owner, config.path(one), message)
                else:
                    yield fail(config.owner, config.path(one), message)
                break
