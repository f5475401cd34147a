"""What is judged: a Release holds objects, and views of their pods and containers that never raise on odd input.

Rules and analyses are pure functions of a Release: no files, no processes, no clock. Everything below tolerates wrong
types at any path, because a manifest is somebody's text: `mapping`, `items` and `text` turn what does not fit into
something empty, and the schema check is the one that complains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

Path = tuple[str | int, ...]
Version = tuple[int, int]
# The newest Kubernetes whose rules are known here; what is judged without --kube-version.
OLDEST: Version = (1, 25)
NEWEST: Version = (1, 37)
NOTHING: dict[str, Any] = {}

ContainerKind = Literal["container", "init", "sidecar", "ephemeral"]
# API groups of Kubernetes itself: their kinds are indexed by the kind alone, all others as "group/Kind".
BUILT_IN = frozenset(
    [
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    ]
)
# Where a kind keeps its pod: the path of the object that has `metadata` and `spec`.
POD_AT: dict[str, Path] = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "PodTemplate": ("template",),
}


def mapping(value: object) -> dict[str, Any]:
    """`value` when it is a mapping, else an empty one (not to be changed)."""
    return value if isinstance(value, dict) else NOTHING


def items(value: object) -> list[Any]:
    """`value` when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> Iterator[tuple[int, dict[str, Any]]]:
    """Index and element of a list's mappings; whatever is no mapping is passed over."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            if isinstance(element, dict):
                yield index, element


def text(value: object) -> str:
    """`value` when it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def integer(value: object) -> int | None:
    """`value` when it is a whole number (a boolean is none), else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def deep(value: object, path: Iterable[str | int]) -> Any:
    """The value at a path, or None where the path leads nowhere."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


class Source:
    """A text that objects were read from: a manifest file, stdin, or what Helm rendered from one template.

    file: as given, or relative to the working directory. text: the whole text of it.
    """

    __slots__ = ("cache", "file", "origin", "text")

    def __init__(self, file: str, text: str, origin: Any = None) -> None:
        self.file = file
        self.text = text
        self.origin = origin  # of a chart: how to get from a rendered line to the template's (render/origin.py)
        self.cache: Any = None  # the positions module keeps what it found here


class Object:
    """One Kubernetes object (or a file of the project in the shape of one).

    data: the parsed manifest, never changed. kind: "Deployment", or "group/Kind" outside of Kubernetes' own groups.
    namespace: as written, "" when it is not. source, document: which document (from 0) of which text it is;
    inside: its path in that document, () but for the items of a List.
    """

    __slots__ = ("api_version", "data", "document", "inside", "kind", "name", "namespace", "source", "version")
    path: Path = ()

    def __init__(self, data: dict[str, Any], source: Source, document: int = 0, inside: Path = ()) -> None:
        self.data = data
        self.source = source
        self.document = document
        self.inside = inside
        self.api_version = text(data.get("apiVersion"))
        group, _, self.version = self.api_version.rpartition("/")
        kind = text(data.get("kind"))
        self.kind = kind if group in BUILT_IN else f"{group}/{kind}"
        metadata = mapping(data.get("metadata"))
        self.name = text(metadata.get("name")) or text(metadata.get("generateName"))
        self.namespace = text(metadata.get("namespace"))

    @property
    def object(self) -> Object:
        """Itself: objects, pods and containers are all places of a finding."""
        return self

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata, or an empty mapping."""
        return mapping(self.data.get("metadata"))

    @property
    def spec(self) -> dict[str, Any]:
        """Its spec, or an empty mapping."""
        return mapping(self.data.get("spec"))

    @property
    def labels(self) -> dict[str, Any]:
        """Its labels, or an empty mapping."""
        return mapping(self.metadata.get("labels"))

    @property
    def annotations(self) -> dict[str, Any]:
        """Its annotations, or an empty mapping."""
        return mapping(self.metadata.get("annotations"))

    def __repr__(self) -> str:
        return f"{self.kind}/{self.name}"


class Container:
    """A container of a pod. data: its mapping; path: where that is in the object."""

    __slots__ = ("data", "index", "kind", "name", "object", "path", "pod", "security")

    def __init__(self, pod: Pod, data: dict[str, Any], field: str, index: int, kind: ContainerKind) -> None:
        self.pod = pod
        self.object = pod.object
        self.data = data
        self.index = index
        self.kind: ContainerKind = kind
        self.path: Path = (*pod.path, field, index)
        self.name = text(data.get("name"))
        self.security = mapping(data.get("securityContext"))


class Pod:
    """A pod or pod template. spec: its pod spec; path: where the spec is in the object; metadata_path likewise.

    windows, linux: what spec.os.name says; both are false where it says nothing.
    """

    __slots__ = (
        "containers",
        "labels",
        "linux",
        "metadata",
        "metadata_path",
        "object",
        "path",
        "security",
        "spec",
        "windows",
    )

    def __init__(self, owner: Object, template: dict[str, Any], at: Path) -> None:
        self.object = owner
        self.spec = mapping(template.get("spec"))
        self.path: Path = (*at, "spec")
        self.metadata = mapping(template.get("metadata"))
        self.metadata_path: Path = (*at, "metadata")
        self.labels = mapping(self.metadata.get("labels"))
        self.security = mapping(self.spec.get("securityContext"))
        system = mapping(self.spec.get("os")).get("name")
        self.windows = system == "windows"
        self.linux = system == "linux"
        found: list[Container] = []
        for index, data in mappings(self.spec.get("initContainers")):
            sidecar = data.get("restartPolicy") == "Always"
            found.append(Container(self, data, "initContainers", index, "sidecar" if sidecar else "init"))
        for index, data in mappings(self.spec.get("containers")):
            found.append(Container(self, data, "containers", index, "container"))
        for index, data in mappings(self.spec.get("ephemeralContainers")):
            found.append(Container(self, data, "ephemeralContainers", index, "ephemeral"))
        self.containers = found

    @property
    def name(self) -> str:
        """The owner's name."""
        return self.object.name

    @property
    def annotations(self) -> dict[str, Any]:
        """The pod's annotations, or an empty mapping."""
        return mapping(self.metadata.get("annotations"))


def pod_of(owner: Object) -> Pod | None:
    """The pod of an object, None for kinds that have none."""
    at = POD_AT.get(owner.kind)
    if at is None:
        return None
    template = deep(owner.data, at)
    return Pod(owner, template, at) if isinstance(template, dict) else None


class Release:
    """Objects that belong together: one render of a chart, or everything that was given.

    objects: all there is, to look things up in. subjects: those that are judged now; a worker process judges its share
    and still sees all. leads: true in the one share that makes statements about the release as a whole.
    environment: the name of the values file's environment, or None. kube_version: the version that is judged for.
    namespace: where objects go that name no namespace. chart: whether Helm rendered it, so that all of it is there.
    """

    def __init__(
        self,
        objects: Sequence[Object],
        *,
        subjects: Sequence[Object] | None = None,
        leads: bool = True,
        environment: str | None = None,
        kube_version: Version = NEWEST,
        namespace: str = "default",
        chart: bool = False,
    ) -> None:
        self.objects = objects
        self.subjects = objects if subjects is None else subjects
        self.leads = leads
        self.environment = environment
        self.kube_version = kube_version
        self.namespace = namespace
        self.chart = chart

    def share(self, subjects: Sequence[Object], *, leads: bool) -> Release:
        """The same release, of which only `subjects` are judged."""
        return Release(
            self.objects,
            subjects=subjects,
            leads=leads,
            environment=self.environment,
            kube_version=self.kube_version,
            namespace=self.namespace,
            chart=self.chart,
        )

    @cached_property
    def _by_kind(self) -> dict[str, list[Object]]:
        return _by_kind(self.subjects)

    @cached_property
    def _all_by_kind(self) -> dict[str, list[Object]]:
        return self._by_kind if self.subjects is self.objects else _by_kind(self.objects)

    def of(self, *kinds: str) -> Iterator[Object]:
        """The subjects of these kinds ("Ingress", "gateway.networking.k8s.io/HTTPRoute")."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def all_of(self, *kinds: str) -> Iterator[Object]:
        """All objects of these kinds, judged now or not: for looking things up."""
        for kind in kinds:
            yield from self._all_by_kind.get(kind, ())

    @cached_property
    def pods(self) -> list[Pod]:
        """The pods of the subjects."""
        return [pod for owner in self.subjects if (pod := pod_of(owner))]

    @cached_property
    def containers(self) -> list[Container]:
        """Every container of the subjects' pods: init, sidecar, ephemeral and plain ones."""
        return [container for pod in self.pods for container in pod.containers]

    @cached_property
    def all_pods(self) -> list[Pod]:
        """The pods of all objects."""
        if self.subjects is self.objects:
            return self.pods
        return [pod for owner in self.objects if (pod := pod_of(owner))]

    def namespace_of(self, place: Object | Pod) -> str:
        """The namespace an object ends up in."""
        return place.object.namespace or self.namespace

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """An object by kind, name and, unless it has none, the namespace it ends up in."""
        for found in self._named.get((kind, name), ()):
            if not namespace or self.namespace_of(found) == namespace:
                return found
        return None

    @cached_property
    def _named(self) -> dict[tuple[str, str], list[Object]]:
        made: dict[tuple[str, str], list[Object]] = {}
        for found in self.objects:
            made.setdefault((found.kind, found.name), []).append(found)
        return made

    @cached_property
    def _labelled(self) -> dict[tuple[str, str, str], list[Pod]]:
        made: dict[tuple[str, str, str], list[Pod]] = {}
        for pod in self.all_pods:
            namespace = self.namespace_of(pod)
            for key, value in pod.labels.items():
                if isinstance(value, str):
                    made.setdefault((namespace, key, value), []).append(pod)
        return made

    @cached_property
    def _by_namespace(self) -> dict[str, list[Pod]]:
        made: dict[str, list[Pod]] = {}
        for pod in self.all_pods:
            made.setdefault(self.namespace_of(pod), []).append(pod)
        return made

    def pods_in(self, namespace: str) -> list[Pod]:
        """All pods of a namespace."""
        return self._by_namespace.get(namespace, [])

    def selected(self, selector: object, namespace: str) -> list[Pod]:
        """The pods of a namespace that a label selector (matchLabels, matchExpressions) selects; {} selects all.

        A selector that is no mapping selects nothing.
        """
        if not isinstance(selector, dict):
            return []
        candidates = self.pods_in(namespace)
        for key, value in mapping(selector.get("matchLabels")).items():
            narrowed = self._labelled.get((namespace, key, value), []) if isinstance(value, str) else []
            if len(narrowed) < len(candidates):
                candidates = narrowed
        return [pod for pod in candidates if matches(selector, pod.labels)]


def _by_kind(objects: Sequence[Object]) -> dict[str, list[Object]]:
    made: dict[str, list[Object]] = {}
    for found in objects:
        made.setdefault(found.kind, []).append(found)
    return made


def matches(selector: object, labels: dict[str, Any]) -> bool:
    """Whether a LabelSelector selects these labels (apimachinery's LabelSelectorAsSelector)."""
    if not isinstance(selector, dict):
        return False
    for key, value in mapping(selector.get("matchLabels")).items():
        if labels.get(key) != value:
            return False
    for _, expression in mappings(selector.get("matchExpressions")):
        name, operator, values = expression.get("key"), expression.get("operator"), items(expression.get("values"))
        held = labels.get(name) if isinstance(name, str) else None
        there = isinstance(name, str) and name in labels
        if operator == "In":
            fits = there and held in values
        elif operator == "NotIn":
            fits = not there or held not in values
        elif operator == "Exists":
            fits = there
        else:
            fits = operator == "DoesNotExist" and not there
        if not fits:
            return False
    return True
