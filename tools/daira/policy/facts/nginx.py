"""nginx configurations in ConfigMaps, really parsed: crossplane's lexer (NGINX Inc.) and a tree of directives on top.

crossplane's own parser opens files, and rules are pure, so only its lexer is used, on the text, and its table of which
directives are blocks. Nothing here raises: a text that is no configuration has an `error`. A configuration is what one
container reads: its mounted ConfigMap keys with their `include`s put in place; an include that leads to no mounted file
is remembered as one that can't be followed.
"""

from __future__ import annotations

import fnmatch
import importlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from daira.render.release import Object, Path, Pod, Release, deep, mapping, mappings, text

# A ConfigMap holds at most 1 MiB; a larger text is none that Kubernetes accepts.
LONGEST = 1 << 20
DEEPEST = 20
# So many includes are followed; files that include each other would never end.
MOST_INCLUDES = 500
BEGINNING = re.compile(
    r"^[ \t]*(?:http|server|events|upstream[ \t]+\S+|location[ \t][^\n{;]*|map[ \t][^\n{;]*)[ \t]*\{", re.MULTILINE
)
# Files every nginx image brings, which hold nothing that a rule asks for.
HARMLESS = ("mime.types", "fastcgi_params", "uwsgi_params", "scgi_params", "fastcgi.conf", "*.so", "*modules*")
PASSING = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass")


class Directive(NamedTuple):
    """One directive. args: without quotes; block: its directives, None when it has no braces; key: the ConfigMap's."""

    name: str
    args: tuple[str, ...]
    line: int
    block: tuple[Directive, ...] | None = None
    key: str = ""


class Parsed(NamedTuple):
    """A text's directives, and what is wrong with it, or ""."""

    directives: tuple[Directive, ...]
    error: str = ""


class Config(NamedTuple):
    """What one nginx reads: its directives with the includes put in place. owner: the ConfigMap that holds its root.

    lost: includes that can't be followed. whole: whether the root has `http`; without it, the image brings the rest.
    errors: (ConfigMap key, what is wrong).
    """

    owner: Object
    root: str
    directives: tuple[Directive, ...]
    lost: tuple[Directive, ...]
    whole: bool
    errors: tuple[tuple[str, str], ...]
    pods: tuple[Pod, ...]

    def path(self, directive: Directive) -> Path:
        """Where a directive's file is in the ConfigMap."""
        return ("data", directive.key or self.root)


File = tuple[Object, str]
_OF_POD: WeakKeyDictionary[Release, dict[int, list[Config]]] = WeakKeyDictionary()
_SEEN: WeakKeyDictionary[Release, list[Config]] = WeakKeyDictionary()


@cache
def _lexer() -> Any:
    return importlib.import_module("crossplane.lexer")


@lru_cache(maxsize=1024)
def _plain(name: str) -> bool:
    """Whether a directive is known and never a block."""
    analyzer = importlib.import_module("crossplane.analyzer")
    masks = analyzer.DIRECTIVES.get(name)
    return bool(masks) and not any(mask & analyzer.NGX_CONF_BLOCK for mask in masks)


@lru_cache(maxsize=512)
def parse(given: str) -> Parsed:
    """The directives of a text, as far as they can be read."""
    if len(given) > LONGEST:
        return Parsed((), "it is longer than a ConfigMap may be")
    tops: list[Directive] = []
    levels = [tops]
    opened: list[tuple[str, tuple[str, ...], int]] = []
    words: list[str] = []
    line = 0
    try:
        # a last line without an end would be lost
        for word, at, quoted in _lexer()._lex_file_object(io.StringIO(given + "\n")):
            if quoted or (word not in ("{", "}", ";") and not word.startswith("#")):
                line = line if words else at
                words.append(word)
            elif word == ";":
                if words:
                    levels[-1].append(Directive(words[0], tuple(words[1:]), line))
                words = []
            elif word == "{":
                if not words:
                    return Parsed(tuple(tops), f"line {at}: a block without a name")
                if _plain(words[0]):
                    return Parsed(tuple(tops), f"line {line}: {words[0]} does not end in a semicolon")
                if len(levels) > DEEPEST:
                    return Parsed(tuple(tops), f"line {at}: nested too deeply")
                opened.append((words[0], tuple(words[1:]), line))
                levels.append([])
                words = []
            elif word == "}":
                if words:
                    return Parsed(tuple(tops), f"line {line}: {words[0]} does not end in a semicolon")
                if not opened:
                    return Parsed(tuple(tops), f"line {at}: a brace is closed that was not opened")
                inner = tuple(levels.pop())
                levels[-1].append(Directive(*opened.pop(), inner))
    except Exception as error:  # the lexer is a library's, and no rule may raise
        return Parsed(tuple(tops), f"it can't be read: {error}")
    if words:
        return Parsed(tuple(tops), f"line {line}: {words[0]} does not end in a semicolon")
    if opened:
        return Parsed(tuple(tops), f"line {opened[-1][2]}: the block {opened[-1][0]} is not closed")
    return Parsed(tuple(tops))


@lru_cache(maxsize=4096)
def is_nginx(given: str) -> bool:
    """Whether a text looks like nginx configuration: it has a block of nginx's, and semicolons."""
    return len(given) <= LONGEST and "{" in given and ";" in given and BEGINNING.search(given) is not None


def configs(release: Release) -> list[Config]:
    """Every nginx configuration whose ConfigMap is judged now."""
    own = {id(item) for item in release.of("ConfigMap")}
    return [one for one in all_configs(release) if id(one.owner) in own]


def all_configs(release: Release) -> list[Config]:
    """Every nginx configuration in the release: one for each set of files that a container mounts."""
    found = _SEEN.get(release)
    if found is None:
        found = _SEEN[release] = list(_configs(release))
    return found


def configs_of(release: Release, pod: Pod) -> list[Config]:
    """The nginx configurations that a pod's containers read."""
    found = _OF_POD.get(release)
    if found is None:
        found = _OF_POD[release] = {}
        for one in all_configs(release):
            for reader in one.pods:
                found.setdefault(id(reader), []).append(one)
    return found.get(id(pod), [])


def _configs(release: Release) -> Iterator[Config]:
    maps: dict[tuple[str, str], Object] = {}
    for item in release.all_of("ConfigMap"):
        if any(is_nginx(value) for value in mapping(item.data.get("data")).values() if isinstance(value, str)):
            maps[release.namespace_of(item), item.name] = item
    if not maps:
        return
    sites: dict[tuple[tuple[str, int, str], ...], tuple[dict[str, File], list[Pod]]] = {}
    mounted: set[int] = set()
    for pod in release.all_pods:
        for files in _mounts(pod, maps, release):
            mounted |= {id(item) for item, _ in files.values()}
            identity = tuple(sorted((path, id(item), key) for path, (item, key) in files.items()))
            pods = sites.setdefault(identity, (files, []))[1]
            if not pods or pods[-1] is not pod:  # the same files in two containers
                pods.append(pod)
    for item in maps.values():
        if id(item) not in mounted:  # of another chart's pods, perhaps: its keys are taken for one folder
            keys = [key for key in mapping(item.data.get("data")) if isinstance(key, str)]
            sites[(item.name, id(item), ""),] = ({f"/etc/nginx/{key}": (item, key) for key in keys}, [])
    for files, pods in sites.values():
        yield from _assemble(files, tuple(pods))


def _mounts(pod: Pod, maps: dict[tuple[str, str], Object], release: Release) -> Iterator[dict[str, File]]:
    """For each container that mounts one of the ConfigMaps: path -> ConfigMap and key."""
    volumes: dict[str, tuple[Object, dict[str, str]]] = {}
    for _, volume in mappings(pod.spec.get("volumes")):
        sources = [volume, *(source for _, source in mappings(deep(volume, ("projected", "sources"))))]
        for source in sources:
            given = mapping(source.get("configMap"))
            item = maps.get((release.namespace_of(pod), text(given.get("name"))))
            if item is None:
                continue
            chosen = {text(one.get("path")): text(one.get("key")) for _, one in mappings(given.get("items"))}
            keys = chosen or {key: key for key in mapping(item.data.get("data")) if isinstance(key, str)}
            volumes[text(volume.get("name"))] = (item, keys)
    if not volumes:
        return
    for container in pod.containers:
        files: dict[str, File] = {}
        for _, mount in mappings(container.data.get("volumeMounts")):
            volume_name, at, sub = text(mount.get("name")), text(mount.get("mountPath")), text(mount.get("subPath"))
            if volume_name not in volumes:
                continue
            item, keys = volumes[volume_name]
            if sub:
                if sub in keys:
                    files[at] = (item, keys[sub])
                continue
            files.update({f"{at.rstrip('/')}/{path}": (item, key) for path, key in keys.items()})
        if files:
            yield files


def _assemble(files: dict[str, File], pods: tuple[Pod, ...]) -> Iterator[Config]:
    texts: dict[str, str] = {}
    for path, (item, key) in files.items():
        value = mapping(item.data.get("data")).get(key)
        # a file without a block of its own (a list of headers) counts when something includes it
        if isinstance(value, str) and (is_nginx(value) or path.endswith(".conf") or "nginx" in path):
            texts[path] = value
    trees = {path: parse(value) for path, value in texts.items()}
    roots = [path for path in texts if any(one.name in ("http", "events") for one in trees[path].directives)]
    included: set[str] = set()
    for root in roots:
        yield _config(root, files, trees, pods, included, whole=True)
    for path in texts:
        if path not in included and path not in roots and is_nginx(texts[path]):
            yield _config(path, files, trees, pods, included, whole=False)


def _config(
    root: str,
    files: dict[str, File],
    trees: dict[str, Parsed],
    pods: tuple[Pod, ...],
    included: set[str],
    *,
    whole: bool,
) -> Config:
    lost: list[Directive] = []
    errors: dict[str, str] = {}
    followed: list[str] = []

    def expand(path: str, given: Sequence[Directive], stack: tuple[str, ...]) -> Iterator[Directive]:
        owner, key = files[path]
        for one in given:
            if one.name == "include" and one.args:
                wanted = one.args[0] if one.args[0].startswith("/") else f"/etc/nginx/{one.args[0]}"
                hits = [file for file in trees if file == wanted or fnmatch.fnmatch(file, wanted)]
                if not hits and not pods:  # the folder is not known: the name decides
                    base = wanted.rpartition("/")[2]
                    hits = [
                        file for file in trees if file not in stack and fnmatch.fnmatch(file.rpartition("/")[2], base)
                    ]
                if not hits and not any(fnmatch.fnmatch(wanted, f"*{name}") for name in HARMLESS):
                    lost.append(one._replace(key=key))
                for file in sorted(hits):
                    if file not in stack and len(followed) < MOST_INCLUDES and len(stack) < 8:
                        yield from follow(file, stack)
                continue
            block = None if one.block is None else tuple(expand(path, one.block, stack))
            yield Directive(one.name, one.args, one.line, block, key if owner is files[root][0] else "")

    def follow(path: str, stack: tuple[str, ...]) -> Iterator[Directive]:
        included.add(path)
        followed.append(path)
        if trees[path].error:
            errors[files[path][1]] = trees[path].error
        return expand(path, trees[path].directives, (*stack, path))

    directives = tuple(follow(root, ()))
    owner, key = files[root]
    return Config(owner, key, directives, tuple(lost), whole, tuple(errors.items()), pods)


def walk(
    directives: Iterable[Directive], above: tuple[Directive, ...] = ()
) -> Iterator[tuple[Directive, tuple[Directive, ...]]]:
    """Every directive with the blocks it is in, the outermost first."""
    for one in directives:
        yield one, above
        if one.block:
            yield from walk(one.block, (*above, one))


def named(block: Iterable[Directive] | None, *names: str) -> list[Directive]:
    """The directives of these names directly in a block."""
    return [one for one in block or () if one.name in names]
