"""nginx speaks no TLS older than 1.2.

What it checks:
    Every ssl_protocols in a ConfigMap's nginx configuration leaves out SSLv2, SSLv3, TLSv1 and TLSv1.1. Where nothing
    is set, nginx 1.27.3 and later speak 1.2 and 1.3 only, older ones all: a server with ssl and no ssl_protocols is
    undecidable.

Why:
    The old versions have broken ciphers and are forbidden by RFC 8996.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      default.conf: |
        server {
          listen 8443 ssl;
          ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
        }

Good:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      default.conf: |
        server {
          listen 8443 ssl;
          ssl_protocols TLSv1.2 TLSv1.3;
        }

Fix:
    Write ssl_protocols TLSv1.2 TLSv1.3.

Standard:
    RFC 8996; CIS NGINX Benchmark, "Ensure only modern TLS protocols are used". Linters of manifests do not look.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.nginx import configs, named, walk
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("tls",),
    standards=("cis:nginx-4.1.4", "checklist:tls"),
    decides="release",
)
OLD = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")


def check(release: Release) -> Iterator[Violation]:
    """Yield each server that speaks something old."""
    for config in configs(release):
        for one, above in walk(config.directives):
            if one.name in ("ssl_protocols", "proxy_ssl_protocols", "grpc_ssl_protocols"):
                if old := [word for word in one.args if word in OLD]:
                    yield fail(config.owner, config.path(one), f"line {one.line}: {one.name} allows {', '.join(old)}")
            elif one.name == "server" and any(
                {"ssl", "quic"} & {*listen.args} for listen in named(one.block, "listen")
            ):
                levels = [config.directives, *(level.block or () for level in above), one.block or ()]
                if not any(named(level, "ssl_protocols") for level in levels):
                    message = f"line {one.line}: this server has no ssl_protocols: needed is nginx's version"
                    yield undecidable(config.owner, config.path(one), message)
