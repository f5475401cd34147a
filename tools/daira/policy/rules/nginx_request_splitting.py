"""No answer or request that nginx makes has the decoded path of the client in it.

What it checks:
    return and rewrite with a full address, add_header, proxy_set_header and proxy_pass use $request_uri, not $uri or
    $document_uri, which are decoded; and the host of proxy_pass does not come from the client ($arg_, $http_,
    $cookie_, $host).

Why:
    A %0d%0a in the path becomes a line's end: the client writes headers of the answer, or chooses whom nginx asks.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      default.conf: |
        server {
          location / {
            return 301 https://www.example.com$uri;
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
          location / {
            return 301 https://www.example.com$request_uri;
          }
        }

Fix:
    Use $request_uri, and a fixed host in proxy_pass.

Standard:
    Gixy's http_splitting and ssrf. Linters of manifests do not look.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.nginx import Directive, configs, walk
from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("waf",),
    standards=("gixy:http_splitting", "gixy:ssrf", "checklist:waf"),
    decides="release",
)
DECODED = ("$uri", "$document_uri", "${uri}", "${document_uri}")
CLIENT = ("$arg_", "$http_", "$cookie_", "$host", "$request_uri", "$uri", "${arg_", "${http_", "${cookie_", "${host")


def check(release: Release) -> Iterator[Violation]:
    """Yield each directive that hands on what the client wrote."""
    for config in configs(release):
        for one, _ in walk(config.directives):
            if found := _decoded(one):
                message = f"line {one.line}: {one.name} passes on {found}, in which a client may write line ends"
                yield fail(config.owner, config.path(one), message)
            if one.name == "proxy_pass" and one.args:
                host = one.args[0].partition("://")[2].partition("/")[0]
                if host.startswith(CLIENT):
                    yield fail(
                        config.owner, config.path(one), f"line {one.line}: the client chooses where {one.args[0]} leads"
                    )


def _decoded(one: Directive) -> str:
    if one.name == "return":
        given = one.args[-1] if one.args and (len(one.args) == 1 or one.args[0].startswith("3")) else ""
    elif one.name == "rewrite":
        given = one.args[1] if len(one.args) > 1 and one.args[1].startswith(("http", "$scheme")) else ""
    elif one.name in ("add_header", "proxy_set_header", "proxy_pass"):
        given = one.args[-2 if one.args[-1:] == ("always",) else -1] if one.args else ""
    else:
        given = ""
    for variable in DECODED:
        before, found, after = given.partition(variable)
        if found and not (after[:1].isalnum() or after[:1] == "_") and not before.endswith("\\"):
            return variable
    return ""
