"""No security header of nginx is lost by an add_header further in.

What it checks:
    A server, location or if that has an add_header of its own repeats every security header that a level above sets,
    because nginx inherits add_header only where none is written. add_header_inherit merge (nginx 1.29.3) counts.

Why:
    One Cache-Control in a location takes Content-Security-Policy and all its sisters away, and no test of / sees it.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      default.conf: |
        server {
          add_header X-Content-Type-Options nosniff always;
          location /assets/ {
            add_header Cache-Control "public, max-age=31536000";
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
          add_header X-Content-Type-Options nosniff always;
          location /assets/ {
            expires 1y;
          }
        }

Fix:
    Set all headers in one level, with maps for the values that differ, or repeat the security headers.

Standard:
    nginx's ngx_http_headers_module; Gixy's add_header_redefinition. Linters of manifests do not look.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.nginx import configs, named, walk
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("waf", "hygiene"),
    standards=("gixy:add_header_redefinition", "checklist:waf"),
    decides="release",
)
SECURITY = frozenset(
    [
        "content-security-policy",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
    ]
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each block that drops inherited security headers."""
    for config in configs(release):
        for one, above in walk(config.directives):
            own = named(one.block, "add_header")
            if not own or one.name == "http":
                continue
            blocks = [config.directives, *(level.block or () for level in above)]
            merged = [m for block in (one.block, *reversed(blocks)) for m in named(block, "add_header_inherit")]
            if merged and merged[0].args == ("merge",):
                continue
            inherited = next((found for block in reversed(blocks) if (found := named(block, "add_header"))), [])
            here = {header.args[0].lower() for header in own if header.args}
            lost = [h.args[0] for h in inherited if h.args and h.args[0].lower() in SECURITY - here]
            if lost:
                what = f"{one.name} {' '.join(one.args)}".strip()
                message = f"line {one.line}: {what} has an add_header of its own and so loses {', '.join(lost)}"
                yield fail(config.owner, config.path(one), message)
