"""The security invariants in every environment, each with red controls: a protection taken away must be reported."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from tests.chart import invariants
from tests.chart.conftest import ENVIRONMENTS, Object, Values, render
from tests.chart.walk import Pod, named, pods

# Pods that only some values make.
VARIANTS: dict[str, Values] = {
    "as it is": {},
    "external stores": {
        "global.existingSecret": "daira-secrets",
        "postgres.external.host": "db.example",
        "redis.external.host": "cache.example",
    },
    "init scripts and alert secrets": {
        "postgres.initScripts": {"a.sql": "SELECT 1;"},
        "postgres.initScriptsConfigMap": "ours",
        "monitoring.alertmanager.secretMounts": ["webhook"],
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_pod_keeps_every_invariant(environment: str, variant: str) -> None:
    objects = render(environment, VARIANTS[variant]).objects
    found = {name: check(objects) for name, check in invariants.ALL.items()}
    assert not any(found.values()), found


def test_every_kind_of_pod_is_looked_at() -> None:
    found = list(pods(render("staging").objects))
    assert {pod.owner["kind"] for pod in found} == {"Deployment", "StatefulSet", "Job", "Pod"}
    assert sum(len(pod.containers) for pod in found) >= 16
    assert sum(len(pod.spec.get("initContainers", [])) for pod in found) == 2


# What takes a protection away from one container. `pod` is the pod it is in.
Break = Callable[[Pod, dict[str, Any]], object]


def _security(key: str, value: object) -> Break:
    return lambda _, container: container["securityContext"].__setitem__(key, value)


def _without(key: str) -> Break:
    return lambda _, container: container["securityContext"].pop(key)


def _pod(key: str, value: object) -> Break:
    return lambda pod, _: pod.spec.__setitem__(key, value)


def _pod_security(key: str, value: object) -> Break:
    return lambda pod, _: pod.spec["securityContext"].__setitem__(key, value)


def _env(name: str, value: str) -> Break:
    return lambda _, container: container.setdefault("env", []).append({"name": name, "value": value})


def _volume(volume: dict[str, Any], **mount: object) -> Break:
    def change(pod: Pod, container: dict[str, Any]) -> None:
        pod.spec.setdefault("volumes", []).append({"name": "new", **volume})
        container.setdefault("volumeMounts", []).append({"name": "new", "mountPath": "/new", **mount})

    return change


def _seccomp_gone(pod: Pod, container: dict[str, Any]) -> None:
    del container["securityContext"]["seccompProfile"]
    pod.spec["securityContext"].pop("seccompProfile", None)


def _non_root_gone(pod: Pod, container: dict[str, Any]) -> None:
    del container["securityContext"]["runAsNonRoot"]
    pod.spec["securityContext"].pop("runAsNonRoot", None)


BREAKS: dict[str, list[Break]] = {
    "non_root": [
        _non_root_gone,
        _security("runAsNonRoot", False),
        _security("runAsUser", 0),
        _security("runAsUser", "nestjs"),
        _pod_security("runAsGroup", 0),
        _pod_security("runAsUser", None),
    ],
    "seccomp": [_seccomp_gone, _security("seccompProfile", {"type": "Unconfined"})],
    "capabilities": [
        _without("capabilities"),
        _security("capabilities", {"drop": ["NET_RAW"]}),
        _security("capabilities", {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
    ],
    "no_escalation": [
        _without("allowPrivilegeEscalation"),
        _security("allowPrivilegeEscalation", True),
        _security("privileged", True),
    ],
    "read_only_root": [_without("readOnlyRootFilesystem"), _security("readOnlyRootFilesystem", False)],
    "resources": [
        lambda _, container: container.pop("resources"),
        lambda _, container: container["resources"]["limits"].pop("cpu"),
        lambda _, container: container["resources"]["limits"].pop("memory"),
        lambda _, container: container["resources"]["requests"].pop("cpu"),
        lambda _, container: container["resources"].pop("requests"),
    ],
    "no_token": [
        lambda pod, _: pod.spec.pop("automountServiceAccountToken"),
        _pod("automountServiceAccountToken", True),
        _pod("serviceAccountName", "default"),
        _volume({"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}, readOnly=True),
    ],
    "no_service_links": [lambda pod, _: pod.spec.pop("enableServiceLinks"), _pod("enableServiceLinks", True)],
    "no_host": [
        _pod("hostNetwork", True),
        _pod("hostPID", True),
        _pod("hostIPC", True),
        _volume({"hostPath": {"path": "/"}}, readOnly=True),
        lambda _, container: container.setdefault("ports", []).append({"containerPort": 1, "hostPort": 1}),
    ],
    "declared_volumes": [
        lambda _, it: it.setdefault("volumeMounts", []).append({"name": "none", "mountPath": "/none"}),
        _volume({"configMap": {"name": "x"}}),
        _volume({"emptyDir": {}}),
    ],
    "no_plain_secrets": [
        _env("JWT_SECRET", "hunter2"),
        _env("DATABASE_URL", "postgresql://daira:pw@h/daira"),
        lambda _, container: container.setdefault("envFrom", []).append({"secretRef": {"name": "daira-secrets"}}),
        lambda _, container: container.setdefault("args", []).append("--redis.password=hunter2"),
        lambda _, container: container.setdefault("args", []).append("redis://:hunter2@redis:6379"),
    ],
    "pinned_images": [
        lambda _, container: container.update(image="saintxlucid/daira/backend:latest"),
        lambda _, container: container.update(image="redis:7"),
        lambda _, container: container.update(image="registry:5000/redis"),
        lambda _, container: container.update(image="grafana/grafana:12.2"),
    ],
}
CONTROLS = [(name, number) for name, breaks in BREAKS.items() for number in range(len(breaks))]


def test_every_invariant_has_a_control() -> None:
    assert set(BREAKS) == set(invariants.ALL)


@pytest.mark.parametrize(("name", "number"), CONTROLS)
def test_a_protection_taken_from_any_container_is_reported(name: str, number: int) -> None:
    for item in render("staging").objects:
        for index in range(sum(len(pod.containers) for pod in pods([item]))):
            broken = copy.deepcopy(item)
            pod = next(iter(pods([broken])))
            container = pod.containers[index]
            BREAKS[name][number](pod, container)
            accounts = [it for it in render("staging").objects if it["kind"] == "ServiceAccount"]
            assert invariants.ALL[name]([broken, *accounts]), f"{pod.where} {container['name']}"


def test_an_account_with_a_token_is_reported() -> None:
    objects = copy.deepcopy(render("staging").objects)
    account = next(item for item in objects if item["kind"] == "ServiceAccount")
    del account["automountServiceAccountToken"]
    assert len(invariants.no_token(objects)) == 1


def test_a_connection_string_in_a_configmap_is_reported() -> None:
    for key, text in (("JWT_SECRET", "x"), ("LOG_TARGET", "redis://:hunter2@redis:6379")):
        made: Object = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {key: text}}
        assert invariants.no_plain_secrets([made]) == [f"ConfigMap/c: {key}"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("registry", ["registry.example:5000", "mirror.example/daira/"])
def test_one_registry_is_put_before_every_image(environment: str, registry: str) -> None:
    objects = render(environment, {"global.imageRegistry": registry}).objects
    assert not invariants.images_from(registry.rstrip("/"))(objects)
    assert not [it for pod in pods(objects) for it in pod.containers if "//" in it["image"]]


def test_an_image_of_another_registry_is_reported() -> None:
    assert invariants.images_from("registry.example:5000")(render("staging").objects)


def test_a_digest_is_part_of_the_image() -> None:
    digest = f"sha256:{'0' * 64}"
    objects = render("production", {"backend.image.tag": "latest", "backend.image.digest": digest}).objects
    theirs = [pod for pod in pods(objects) if pod.component in {"backend", "migrations", "tests"}]
    images = {it["image"] for pod in theirs for it in pod.containers}
    assert images == {f"saintxlucid/daira/backend:latest@{digest}"}
    assert not invariants.pinned_images(objects)


def test_on_openshift_no_id_is_chosen_and_all_else_stays() -> None:
    objects = render("staging", {"global.compatibility.openshift": True}).objects
    for pod in pods(objects):
        assert pod.spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        assert not [it for it in pod.containers if {"runAsUser", "runAsGroup"} & set(it["securityContext"])]
    found = {name: check(objects) for name, check in invariants.ALL.items() if name != "non_root"}
    assert not any(found.values()), found


def test_volumes_are_made_writable_for_the_group_that_writes() -> None:
    for pod in pods(render("staging").objects):
        if pod.owner["spec"].get("volumeClaimTemplates"):
            context = pod.spec["securityContext"]
            assert context["fsGroup"] == context["runAsGroup"], pod.where
            assert context["fsGroupChangePolicy"] == "OnRootMismatch"


def test_secret_files_are_readable_to_the_group_only() -> None:
    found = 0
    for pod in pods(render("production").objects):
        for volume in pod.spec.get("volumes", []):
            if "secret" in volume:
                found += 1
                assert volume["secret"]["defaultMode"] == 0o440, pod.where
                assert volume["secret"]["items"], f"{pod.where} mounts the whole Secret"
                assert "fsGroup" in pod.spec["securityContext"], f"{pod.where} could not read it"
    assert found == 4


def test_pull_secrets_reach_every_pod() -> None:
    objects = render("staging", {"global.imagePullSecrets": ["one", {"name": "two"}]}).objects
    for pod in pods(objects):
        assert pod.spec["imagePullSecrets"] == [{"name": "one"}, {"name": "two"}], pod.where


def test_the_redis_password_reaches_its_exporter_by_reference() -> None:
    exporter = next(pod for pod in pods(render("staging").objects) if pod.component == "redis-exporter")
    env = named(exporter.containers[0]["env"], "REDIS_PASSWORD")
    assert env["valueFrom"]["secretKeyRef"] == {"name": "daira-secrets", "key": "REDIS_PASSWORD"}
