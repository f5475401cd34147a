"""`daira up`: from nothing to a running DAIRA. Each step is skipped when it is done, and can be repeated.

What proves something (the cluster's promises, DAIRA's volumes, `helm test`) is never skipped: that it was so once says
nothing about now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daira.local import addons, cluster, engine, gobuild, imagebuild, images, release, toolchain, verify
from daira.local.cluster import Kubectl
from daira.local.engine import Engine
from daira.local.images import Image
from daira.local.machine import Machine
from daira.local.toolchain import Toolchain


@dataclass(frozen=True)
class Running:
    """A running DAIRA: what a user or a test needs to reach it."""

    machine: Machine
    tools: Toolchain
    engine: Engine
    images: list[Image]
    address: str

    @property
    def kubectl(self) -> Kubectl:
        """kubectl on the local cluster."""
        return Kubectl(self.machine, self.tools)

    @property
    def url(self) -> str:
        """What to open in a browser."""
        return f"https://{self.address}:{addons.PORT}/"


def prepare(machine: Machine) -> tuple[Toolchain, Engine]:
    """Steps (a) and (b): the tools and the engine."""
    tools = provide_tools(machine)
    with machine.making("container engine") as step:
        found = engine.ensure(machine)
        step.note = found.name
    return tools, found


def provide_tools(machine: Machine) -> Toolchain:
    """Step (a): helm, kind, kubectl and kubeconform at their pinned versions."""
    with machine.making("tools") as step:
        tools = toolchain.ensure(machine)
        origins = Counter(tool.origin for tool in tools.tools.values())
        step.note = ", ".join(f"{count} from {origin}" for origin, count in sorted(origins.items()))
    return tools


def provide_node(machine: Machine, found: Engine) -> tuple[str, bool]:
    """The node image in the engine's store, and whether it was built here, because no registry answers."""
    with machine.making("node image") as step:
        registry = images.registry_answers(machine, found)
        node_image, built = images.node(machine, found, registry=registry)
        step.note = "built here: no registry answers" if built else node_image.split("@")[0]
    return node_image, built


def provide_images(
    machine: Machine, tools: Toolchain, found: Engine, sources: Mapping[str, Path] | None = None
) -> tuple[list[Image], str, bool]:
    """Step (c): every image in the engine's store. Returns them, the node image, and whether that was built here.

    sources: backend or frontend -> the folder to build it from instead of the reference application.
    """
    node_image, built = provide_node(machine, found)
    provided = []
    for reference in images.wanted(machine, tools, release.staging(machine)):
        with machine.making(f"image {reference}") as step:
            image = images.provide(machine, found, reference, registry=not built, sources=sources)
            step.note = f"{image.origin}: {image.detail}" if image.detail else image.origin
            if image.origin == "absent":
                step.skip(step.note)
            provided.append(image)
    imagebuild.prune(found)
    gobuild.prune(machine)
    return provided, node_image, built


def make_cluster(machine: Machine, tools: Toolchain, found: Engine, node_image: str, *, built: bool) -> bool:
    """Step (d), the nodes. Returns whether they were made now."""
    with machine.progress.step("cluster, 3 nodes") as step:
        made = cluster.up(machine, tools, found, node_image, node_built_here=built)
        if not made:
            step.skip("runs already")
    return made


def load_images(machine: Machine, found: Engine, provided: list[Image]) -> int:
    """The images in the nodes. Returns how many were loaded now."""
    with machine.progress.step("load images into the nodes") as step:
        loaded = images.load(machine, found, provided)
        if loaded:
            step.note = f"{loaded} images"
        else:
            step.skip("all there")
    return loaded


def up(machine: Machine, sources: Mapping[str, Path] | None = None) -> Running:
    """All steps. Returns how to reach what runs. Raises DairaError with one sentence when a step fails.

    sources: backend or frontend -> the folder to build it from instead of the reference application.
    """
    tools, found = prepare(machine)
    provided, node_image, built = provide_images(machine, tools, found, sources)
    made = make_cluster(machine, tools, found, node_image, built=built)
    kubectl = Kubectl(machine, tools)
    loaded = load_images(machine, found, provided)
    with machine.progress.step("metrics-server, Ingress controller, namespace") as step:
        certificate, applied = addons.install(machine, kubectl, found)
        if not applied:
            step.skip("as they are to be, and ready")
    with machine.progress.step("the cluster's promises") as step:
        proved = verify.all_promises(kubectl, found, certificate.authority)
        step.note = f"{len(proved)} proved"
    for line in proved:
        machine.progress.say(f"        {line}")
    with machine.progress.step("helm upgrade --install") as step:
        if not release.install(machine, tools, provided):
            step.skip("this release is installed")
        if loaded and not made:
            # a tag whose content changed: Kubernetes sees no difference, so the pods are told
            release.restart(kubectl)
            step.skipped, step.note = False, "pods restarted: images changed"
        kubectl.apply((machine.root / "cluster" / "addons" / "open-address.yaml").read_text(encoding="utf-8"))
    with machine.progress.step("DAIRA's volumes") as step:
        step.note = verify.volumes(kubectl, found)
    with machine.progress.step("helm test"):
        release.test(machine, tools)
    return Running(machine, tools, found, provided, addons.node_address(found))


def summary(running: Running) -> str:
    """What is said at the end: the address, how to look around, and what runs as a stand-in or not at all."""
    machine = running.machine
    lines = ["", f"DAIRA runs. Open {running.url}"]
    lines.append(f"  (its certificate is signed by this machine's own authority: {machine.state / 'ca.crt'})")
    lines += [
        "Look around:",
        f"  export KUBECONFIG={machine.kubeconfig} PATH={machine.state / 'bin'}:$PATH",
        f"  kubectl get pods -n {addons.NAMESPACE}",
        f"  kubectl port-forward -n {addons.NAMESPACE} svc/daira-prometheus 9090   # then http://localhost:9090",
        f"  kubectl port-forward -n {addons.NAMESPACE} svc/daira-jaeger 16686      # then http://localhost:16686",
        "  daira down      # removes the cluster",
    ]
    standing_in = [image for image in running.images if image.origin == "stand-in"]
    if standing_in:
        lines.append("No registry could be reached, so these images are stand-ins:")
        lines += [f"  {image.reference}: {image.detail}" for image in standing_in]
    missing = [image for image in running.images if image.origin == "absent"]
    lines += [f"Not running: {image.reference} ({image.detail})" for image in missing]
    return "\n".join(lines)
