"""Connections to databases outside of the release are encrypted.

What it checks:
    Environment variables and ConfigMap values that hold the address of a database (postgres, mysql, mongodb, redis,
    amqp) outside of the release, or a PGSSLMODE, do not switch TLS off (sslmode=disable, allow or prefer; ssl=false,
    tls=false, useSSL=false). An address inside of the release (a Service in the input) is let be: NetworkPolicies and
    the cluster's own encryption are what protects it.

Why:
    prefer and allow fall back to plain text when someone on the way asks for it; the password goes first.

Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: app
    data:
      DATABASE_URL: postgresql://app@db.example.com/app?sslmode=disable

Good:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: app
    data:
      DATABASE_URL: postgresql://app@db.example.com/app?sslmode=verify-full

Fix:
    Write sslmode=verify-full (or what the driver calls it) with the server's authority.

Standard:
    PostgreSQL's documentation of sslmode; NSA/CISA guide, "Encrypt traffic". No peer reads addresses.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.rule import Rule, Violation, fail
from daira.render.release import Object, Release, mapping, mappings, text

RULE = Rule(
    severity="warning",
    groups=("tls",),
    standards=("postgresql:libpq-ssl", "checklist:tls"),
    decides="release",
)

SCHEMES = ("postgres://", "postgresql://", "mysql://", "mariadb://", "mongodb://", "mongodb+srv://", "jdbc:")
WEAK = (
    "sslmode=disable",
    "sslmode=allow",
    "sslmode=prefer",
    "ssl-mode=disabled",
    "ssl=false",
    "tls=false",
    "usessl=false",
    "sslmode=disabled",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each address that switches TLS off."""
    for item in release.of("ConfigMap"):
        for key, value in mapping(item.data.get("data")).items():
            if found := _weak(release, item, key, text(value)):
                yield fail(item, ("data", key), f"{key} switches TLS to the database off: {found}")
    for container in release.containers:
        for index, variable in mappings(container.data.get("env")):
            if found := _weak(release, container.object, variable.get("name"), text(variable.get("value"))):
                message = f"{text(variable.get('name'))} switches TLS to the database off: {found}"
                yield fail(container, ("env", index, "value"), message)


def _weak(release: Release, item: Object, name: object, value: str) -> str:
    if name == "PGSSLMODE" and value in ("disable", "allow"):
        return value
    if len(value) > 2000 or not value.startswith(SCHEMES):
        return ""
    found = next((word for word in WEAK if word in value.lower()), "")
    if not found:
        return ""
    host = value.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    return "" if _inside(release, host, release.namespace_of(item)) else found


def _inside(release: Release, host: str, namespace: str) -> bool:
    name, _, rest = host.partition(".")
    where = rest.partition(".")[0] or namespace
    return host in ("localhost", "127.0.0.1") or release.find("Service", name, where) is not None
