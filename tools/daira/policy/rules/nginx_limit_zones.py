"""Every rate limit of nginx counts each client, and counts for real.

What it checks:
    Each limit_req names a zone that a limit_req_zone defines, each zone's key has a variable in it, no limit is a dry
    run, and each defined zone is used. Where an include can't be followed, a missing zone is undecidable.

Why:
    nginx refuses an unknown zone; a constant key lets one client use up everyone's share; a dry run lets all through.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      nginx.conf: |
        http {
          limit_req_zone everyone zone=api:10m rate=30r/s;
          server {
            location / {
              limit_req zone=api burst=60 nodelay;
              proxy_pass http://backend:3000;
            }
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
          server {
            location / {
              limit_req zone=api burst=60 nodelay;
              proxy_pass http://backend:3000;
            }
          }
        }

Fix:
    Define the zone with limit_req_zone on a key that differs between clients, such as $binary_remote_addr, and use
    it.

Standard:
    nginx's ngx_http_limit_req_module. No other linter of Kubernetes manifests looks at rate limits.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.nginx import Directive, all_configs, configs, walk
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rate-limiting",),
    standards=("nginx:ngx_http_limit_req_module", "checklist:rate-limiting"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each limit that does not limit."""
    shared = {zone for one in all_configs(release) if not one.whole for zone, _ in _zones(one.directives)}
    for config in configs(release):
        zones = dict(_zones(config.directives))
        used = set()
        for one, above in walk(config.directives):
            if one.name == "limit_req_dry_run" and one.args == ("on",):
                yield fail(
                    config.owner, config.path(one), f"line {one.line}: limit_req_dry_run on lets everything through"
                )
            zone = _argument(one.args, "zone=") if one.name == "limit_req" else ""
            if not zone:
                continue
            used.add(zone)
            where = next((level.args[-1] for level in reversed(above) if level.name == "location" and level.args), "")
            said = (
                f"line {one.line}: limit_req of {where or above[-1].name if above else 'nginx'} names the zone {zone}"
            )
            if zone not in zones and zone not in shared:
                if config.lost or not config.whole:
                    needed = f"{said}, which no file of the input defines: needed are the other files of this nginx"
                    yield undecidable(config.owner, config.path(one), needed)
                else:
                    yield fail(config.owner, config.path(one), f"{said}, which no limit_req_zone defines")
        for zone, one in zones.items():
            if "$" not in "".join(one.args[:1]):
                message = f"line {one.line}: the zone {zone} counts all clients together, its key has no variable"
                yield fail(config.owner, config.path(one), message)
            if zone not in used and config.whole and not config.lost:
                message = f"line {one.line}: the zone {zone} is defined and no limit_req uses it"
                yield fail(config.owner, config.path(one), message)


def _zones(directives: tuple[Directive, ...]) -> Iterator[tuple[str, Directive]]:
    for one, _ in walk(directives):
        if one.name == "limit_req_zone":
            yield _argument(one.args, "zone=").partition(":")[0], one


def _argument(args: tuple[str, ...], name: str) -> str:
    return next((word.removeprefix(name) for word in args if word.startswith(name)), "")
