"""The node image for kind where the stock one can't be pulled: cluster/node-image, all of it built here."""

from __future__ import annotations

from pathlib import Path

from daira import shell
from daira.local import gobuild, imagebuild, standins, toolchain
from daira.local.content import key_of
from daira.local.engine import Engine
from daira.local.machine import Machine

COMPONENTS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"]
LOCAL_PATH = "github.com/rancher/local-path-provisioner@v0.0.30"
LOCAL_PATH_SUM = "h1:OkiuofkCSscddl7tma/B9Ox1wu+JEVSrP7IcZI65Ggo="


def folder(machine: Machine) -> Path:
    """cluster/node-image."""
    return machine.root / "cluster" / "node-image"


def programs(machine: Machine) -> dict[str, Path]:
    """Every program of the node and of its images, built or from the cache: name -> path."""
    module = folder(machine) / "toolchain"
    kubernetes = [*COMPONENTS, "kubeadm", "kubelet", "kubectl"]
    packages = {name: f"k8s.io/kubernetes/cmd/{name}" for name in kubernetes}
    for name in ("containerd", "containerd-shim-runc-v2", "ctr"):
        packages[name] = f"github.com/containerd/containerd/v2/cmd/{name}"
    packages["coredns"] = "github.com/coredns/coredns"
    packages["etcd"] = "go.etcd.io/etcd/server/v3"
    stamps = toolchain.kubernetes_stamps(toolchain.pins()["kubectl"]["version"])
    built = gobuild.build(machine, gobuild.GoBuild(packages, module=module, stamps=stamps), "node-programs")
    pause = gobuild.GoBuild({"pause": "."}, module=folder(machine) / "pause")
    storage = gobuild.GoBuild({"local-path-provisioner": "."}, source=LOCAL_PATH, checksum=LOCAL_PATH_SUM)
    return {
        **built,
        **gobuild.build(machine, pause, "node-programs"),
        **gobuild.build(machine, storage, "node-programs"),
    }


def build(machine: Machine, engine: Engine) -> str:
    """Build the node image. Returns its reference.

    Raises CommandFailed with the log's place when a part can't be built.
    """
    binaries = programs(machine)
    files = {f"bin/{name}": path for name, path in binaries.items()}
    source = folder(machine)
    parts = {name: source / name for name in ("Containerfile", "cni", "files")}
    context = imagebuild.stage(machine.cache / "contexts" / "node", {**parts, **files})
    wanted = _image_names(binaries["kubeadm"])
    version = toolchain.pins()["kubectl"]["version"]
    (context / "files" / "kind" / "version").write_text(version, encoding="utf-8")
    config = context / "files" / "etc" / "containerd" / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("@PAUSE@", wanted["pause"]), encoding="utf-8")

    args = {"DEBIAN": standins.debian(machine, engine)}
    inputs = [context / name for name in ("bin", "cni", "files")]
    key = key_of(*args.values(), *wanted.values(), paths=[context / "Containerfile", *inputs])
    reference = f"{imagebuild.LOCAL}daira-build/node:{version}-{key}"
    engine.used.add(reference)
    if engine.has_image(reference):
        return reference

    preload: list[str] = []
    for target, name in wanted.items():
        image = imagebuild.build(
            machine,
            engine,
            name=f"node-{target}",
            context=context,
            containerfile=context / "Containerfile",
            args=args,
            target=target,
            inputs=[*_own_inputs(context, target)],
        )
        engine.run("tag", image, name)
        preload.append(name)
    log = machine.log("image-node")
    imagebuild.save(engine, preload, context / "images.tar", log)
    built = imagebuild.build(
        machine,
        engine,
        name="node",
        context=context,
        containerfile=context / "Containerfile",
        args=args,
        target="node",
        inputs=[*inputs, context / "images.tar"],
        privileged=True,
    )
    engine.run("tag", built, reference)
    (context / "images.tar").unlink()
    machine.made.append(reference)
    return reference


def _own_inputs(context: Path, target: str) -> list[Path]:
    """What an image inside the node is made of."""
    if target == "cni":
        return [context / "bin" / "kubectl", context / "cni"]
    return [context / "bin" / target]


def _image_names(kubeadm: Path) -> dict[str, str]:
    """Build target -> the name under which the cluster asks for the image, as kubeadm itself lists them."""
    version = toolchain.pins()["kubectl"]["version"]
    listed = shell.run([kubeadm, "config", "images", "list", "--kubernetes-version", version], timeout=60).out.split()
    names = {reference.rsplit("/", 1)[-1].split(":")[0]: reference for reference in listed}
    local = f"{imagebuild.LOCAL}daira-local"
    return {
        **names,
        "cni": f"{local}/cni:v1",
        "local-path-provisioner": f"{local}/local-path-provisioner:v0.0.30",
    }
