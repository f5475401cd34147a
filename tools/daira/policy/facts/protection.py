"""What stands in front of what is reachable from outside: a rate limit, or a web application firewall.

It is looked for in this order: annotations of the entry, policies and middlewares attached to it, and what the pods
behind each backend do themselves (nginx with limit_req or modsecurity, an image that is a firewall).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from daira.policy.facts.exposure import Backend, answers, backends, middlewares, parents, pods_behind, provider
from daira.policy.facts.nginx import PASSING, Config, configs_of, named, walk
from daira.policy.facts.providers import FIREWALL_IMAGES, MIDDLEWARES, PLUGINS, POLICIES, WORDS
from daira.render.release import Object, Path, Pod, Release, deep, items, mapping, mappings, text

Protection = Literal["rate-limiting", "waf"]
EVERYTHING = ("*", "*")
TRAEFIK = ("traefik.io/Middleware", "traefik.containo.us/Middleware")
KONG = ("configuration.konghq.com/KongPlugin", "configuration.konghq.com/KongClusterPlugin")
_TARGETS: WeakKeyDictionary[Release, dict[str, set[tuple[str, str]]]] = WeakKeyDictionary()


class Missing(NamedTuple):
    """What is not protected. certain: false when the input does not tell."""

    path: Path
    message: str
    certain: bool


def unprotected(release: Release, entry: Object, wanted: Protection) -> Iterator[Missing]:
    """What of an entry has no rate limit or firewall in front of it."""
    known = provider(release, entry) if entry.kind != "Service" else None
    noun = "rate limit" if wanted == "rate-limiting" else "web application firewall"
    if known and answers(entry, known.limits if wanted == "rate-limiting" else known.firewalls):
        return
    state, unresolved = _attached(release, entry, wanted)
    if state:
        return
    told = set()
    for backend in backends(release, entry):
        if backend.service in told or _guarded(release, backend, wanted):
            continue
        if wanted == "waf" and known and known.name == "GKE" and _armored(release, backend):
            continue
        told.add(backend.service)
        what = f"nothing of the input puts a {noun} in front of the Service {backend.service or '(none)'}"
        if unresolved:
            yield Missing(backend.path, f"{what}: needed is {unresolved}", False)
        elif entry.kind == "Service":
            yield Missing(
                ("spec", "type"),
                f"{what}, which is public by its type LoadBalancer",
                bool(pods_behind(release, backend)),
            )
        elif known is None:
            yield Missing(
                backend.path, f"{what}: needed is which controller serves this (its class is not known)", False
            )
        elif wanted in known.elsewhere:
            yield Missing(backend.path, f"{what}: needed is what {known.name} is told outside of the manifests", False)
        else:
            yield Missing(backend.path, f"{what}, and {known.name} is not told to", True)


def _attached(release: Release, entry: Object, wanted: Protection) -> tuple[bool, str]:
    """Whether a policy, middleware or plugin protects an entry; else what it refers to that is not in the input."""
    namespace = release.namespace_of(entry)
    targets = {EVERYTHING, (entry.kind.rpartition("/")[2], entry.name)}
    targets |= {("Gateway", one.name) for one in parents(release, entry)}
    targets |= {("Service", backend.service) for backend in backends(release, entry)}
    if not targets.isdisjoint(_targets(release)[wanted]):
        return True, ""
    unresolved = ""
    for name, where in middlewares(entry, namespace):
        middleware = release.find(TRAEFIK[0], name, where) or release.find(TRAEFIK[1], name, where)
        if middleware is None:
            unresolved = f"the Middleware {where}/{name}"
        elif _does(middleware, wanted):
            return True, ""
    for name in text(entry.annotations.get("konghq.com/plugins")).split(","):
        if not (name := name.strip()):
            continue
        plugin = release.find(KONG[0], name, namespace) or release.find(KONG[1], name)
        if plugin is None:
            unresolved = f"the KongPlugin {name}"
        elif any(word in text(plugin.data.get("plugin")) for word in PLUGINS[wanted]) and not plugin.data.get(
            "disabled"
        ):
            return True, ""
    return False, unresolved


def _does(middleware: Object, wanted: Protection) -> bool:
    plugins = [str(key).lower() for key in mapping(middleware.spec.get("plugin"))]
    words = MIDDLEWARES[wanted]
    return any(word in middleware.spec for word in words) or any(word in plugin for plugin in plugins for word in words)


def _targets(release: Release) -> dict[str, set[tuple[str, str]]]:
    """Protection -> kind and name of everything that a policy of the release protects in this way."""
    found = _TARGETS.get(release)
    if found is not None:
        return found
    found = _TARGETS[release] = {"rate-limiting": set(), "waf": set()}
    for kind, wanted, path in POLICIES:
        for policy in release.all_of(kind):
            words = WORDS.get(kind)
            if deep(policy.data, path) and (not words or any(word in str(policy.data).lower() for word in words)):
                refs = [policy.spec.get("targetRef"), *items(policy.spec.get("targetRefs"))]
                found[wanted] |= {(text(mapping(ref).get("kind")), text(mapping(ref).get("name"))) for ref in refs}
                # Istio's select the gateway's pods, which are not in the input: one is taken for all
                if kind.startswith(("networking.istio.io/", "extensions.istio.io/")):
                    found[wanted].add(EVERYTHING)
    for plugin in release.all_of(KONG[1]):
        for wanted, words in PLUGINS.items():
            if plugin.labels.get("global") == "true" and any(word in text(plugin.data.get("plugin")) for word in words):
                found[wanted].add(EVERYTHING)
    return found


def _armored(release: Release, backend: Backend) -> bool:
    """Whether a Service of GKE has a BackendConfig with a Cloud Armor policy."""
    service = release.find("Service", backend.service, backend.namespace)
    said = text(service.annotations.get("cloud.google.com/backend-config")) if service else ""
    return any(
        f'"{config.name}"' in said and bool(deep(config.data, ("spec", "securityPolicy", "name")))
        for config in release.all_of("cloud.google.com/BackendConfig")
    )


def _guarded(release: Release, backend: Backend, wanted: Protection) -> bool:
    """Whether the pods of a backend do it themselves: all of them."""
    pods = pods_behind(release, backend)
    return bool(pods) and all(_guards(release, pod, wanted) for pod in pods)


def _guards(release: Release, pod: Pod, wanted: Protection) -> bool:
    configs = configs_of(release, pod)
    if wanted == "rate-limiting":
        return bool(configs) and all(limits(one) for one in configs)
    for container in pod.containers:
        image = text(container.data.get("image")).rpartition("/")[2]
        engines = [e for _, e in mappings(container.data.get("env")) if e.get("name") == "MODSEC_RULE_ENGINE"]
        if image.startswith(FIREWALL_IMAGES) and not any(
            text(e.get("value")).lower() in ("detectiononly", "off") for e in engines
        ):
            return True
    return any(
        one.name == "modsecurity" and one.args == ("on",) for config in configs for one, _ in walk(config.directives)
    )


def limits(config: Config) -> bool:
    """Whether nginx limits requests: it has a limit that counts, and passes nothing on without one."""
    found = False
    for one, above in walk(config.directives):
        blocks = [config.directives, *(level.block or () for level in above)]
        if one.name in PASSING:
            effective = next((hit for block in reversed(blocks) if (hit := named(block, "limit_req"))), [])
            if not effective:
                return False
        found = found or one.name == "limit_req"
        if one.name == "limit_req_dry_run" and one.args == ("on",):
            return False
    return found
