"""The compose file: what the chart renders, in Compose's words. The oracle is the loader of Docker Compose itself."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from daira import shell
from daira.cli import cli
from daira.errors import CommandFailed, DairaError
from daira.generate import compose
from daira.generate.compose import source, text
from daira.generate.compose.files import PREPARE
from daira.generate.compose.project import project_of
from daira.local import gobuild, toolchain
from daira.local.machine import this_machine
from daira.policy.facts.quantity import quantity
from daira.render.manifests import objects_of
from daira.render.release import Object, Release, Source, pod_of

ROOT = Path(__file__).resolve().parents[2]
SECRET = "0123456789abcdef"
Data = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def helm() -> Any:
    """Helm on PATH."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{toolchain.ensure(this_machine())['helm'].parent}{os.pathsep}{os.environ['PATH']}")
        yield


@cache
def rendered() -> source.Source:
    """The chart as the generator reads it."""
    return source.rendered(ROOT / compose.CHART, ROOT / compose.VALUES)


@cache
def oracle() -> Path:
    """The program in oracle/compose."""
    spec = gobuild.GoBuild({"compose": "."}, module=Path(__file__).parent / "oracle" / "compose")
    return gobuild.build(this_machine(), spec, "compose-oracle")["compose"]


def filled(text: str) -> str:
    """.env.example with a value for each secret."""
    return re.sub(r"(?m)^([A-Z_]+)=$", rf"\1={SECRET}", text)


def resolved(folder: Path, made: dict[Path, str], env: Callable[[str], str] = filled) -> Data:
    """The project as Docker Compose understands it (asked too where it is there). Raises CommandFailed with why not."""
    (folder / compose.COMPOSE).write_text(made[compose.COMPOSE], encoding="utf-8")
    (folder / ".env").write_text(env(made[compose.ENVIRONMENT]), encoding="utf-8")
    docker = ["docker", "compose", "-f", folder / compose.COMPOSE]
    if shutil.which("docker") and not shell.run([*docker[:2], "version"], timeout=30, check=False).code:
        shell.run([*docker, "config", "--quiet"], timeout=60, cwd=folder)
    done = shell.run([oracle(), folder / compose.COMPOSE, folder / ".env"], timeout=60, cwd=folder)
    project: Data = json.loads(done.out)
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """The committed files, resolved."""
    made = {path: (ROOT / path).read_text(encoding="utf-8") for path in (compose.COMPOSE, compose.ENVIRONMENT)}
    return resolved(tmp_path_factory.mktemp("compose"), made)


def pods() -> dict[str, Data]:
    """Component -> pod spec of what the chart runs."""
    return {pod.labels["app.kubernetes.io/name"]: pod.spec for owner in rendered().workloads if (pod := pod_of(owner))}


def config(name: str) -> dict[str, str]:
    """A rendered ConfigMap's data."""
    found = rendered().release.find("ConfigMap", name)
    assert found
    data: dict[str, str] = found.data.get("data") or {}
    return data


def test_the_committed_files_are_up_to_date() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        done = CliRunner().invoke(cli, ["generate", "compose", "--check"])
    assert (done.exit_code, done.stdout) == (0, "up to date: compose\n"), done.output
    assert (ROOT / compose.COMPOSE).read_text(encoding="utf-8").startswith("# Made by `daira generate compose` from ")
    assert (
        (ROOT / compose.ENVIRONMENT).read_text(encoding="utf-8").startswith("# Made by `daira generate compose` from ")
    )


def test_the_services_are_the_chart_s(project: Data) -> None:
    wanted = {"postgres", "redis", "backend", "frontend", "prometheus", "grafana", "alertmanager", "jaeger"}
    assert wanted <= set(pods())
    assert set(project["services"]) == {*pods(), PREPARE, "postgres-exporter-password"}


def test_images_limits_and_users_are_the_render_s(project: Data) -> None:
    for name, spec in pods().items():
        service, container = project["services"][name], spec["containers"][0]
        assert service["image"] == container["image"]
        assert service["user"] == "{runAsUser}:{runAsGroup}".format(**spec["securityContext"])
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        grace = f"{spec.get('terminationGracePeriodSeconds', 30)}s"
        assert seconds(service["stop_grace_period"]) == seconds(grace)
        for theirs, ours in (("limits", "limits"), ("requests", "reservations")):
            amounts, given = container["resources"][theirs], service["deploy"]["resources"][ours]
            assert float(given["cpus"]) == float(quantity(amounts["cpu"]) or 0), name
            assert int(given["memory"]) == quantity(amounts["memory"]), name


def seconds(duration: str) -> int:
    """A Go duration of minutes and seconds."""
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration)
    assert found
    return int(found[1] or 0) * 60 + int(found[2] or 0)


def test_the_environment_is_the_render_s(project: Data) -> None:
    for name, spec in pods().items():
        container = spec["containers"][0]
        wanted: dict[str, str] = {}
        for origin in container.get("envFrom") or []:
            wanted.update(config(origin["configMapRef"]["name"]))
        secret = {item["name"] for item in container.get("env") or [] if "valueFrom" in item}
        wanted.update({item["name"]: item["value"] for item in container.get("env") or [] if "value" in item})
        given = project["services"][name].get("environment") or {}
        if name == "postgres":
            assert given.pop("EXPECTED_MAJOR") == "15"  # of the init container that runs first in it
        assert {key: value for key, value in given.items() if key not in secret} == wanted
        assert secret <= given.keys()
    backend = project["services"]["backend"]["environment"]
    assert backend["DATABASE_URL"] == f"postgresql://daira:{SECRET}@daira-postgres:5432/daira"
    assert backend["REDIS_URL"] == f"redis://:{SECRET}@daira-redis:6379"
    assert backend["JWT_SECRET"] == SECRET


def test_commands_are_the_render_s(project: Data) -> None:
    for name, spec in pods().items():
        container, service = spec["containers"][0], project["services"][name]
        if name == "postgres":
            start = "sh /etc/daira/scripts/init.sh && exec postgres -D /var/lib/postgresql/data/pgdata"
            assert service["entrypoint"][:2] == ["sh", "-c"]
            assert service["entrypoint"][2].startswith(start)
            continue
        assert service["entrypoint"] == container.get("command")
        assert service["command"] == container.get("args")


def test_health_checks_are_the_readiness_probes(project: Data) -> None:
    without = set()
    for name, spec in pods().items():
        container = spec["containers"][0]
        probe, checked = container.get("readinessProbe"), project["services"][name].get("healthcheck")
        if not checked:
            without.add(name)
            continue
        assert probe
        assert seconds(checked["interval"]) == probe["periodSeconds"]
        assert seconds(checked["timeout"]) == probe["timeoutSeconds"]
        assert checked["retries"] == probe.get("failureThreshold", 3)
        startup = container.get("startupProbe")
        if startup:
            assert seconds(checked["start_period"]) == startup["periodSeconds"] * startup["failureThreshold"]
        if "exec" in probe:
            assert checked["test"] == ["CMD", *probe["exec"]["command"]]
        else:
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            url = f"http://127.0.0.1:{ports[probe['httpGet']['port']]}{probe['httpGet']['path']}"
            assert url in " ".join(checked["test"])
    assert without == {"jaeger", "redis-exporter", "migrations"}
    head = (ROOT / compose.COMPOSE).read_text(encoding="utf-8")
    for name in ("jaeger", "redis-exporter"):
        assert re.search(rf"  # No health check: .*\n  {name}:\n", head)


def test_every_file_is_the_configmap_s_to_the_byte(project: Data) -> None:
    checked = 0
    for name, content in project["configs"].items():
        configmap, _, key = name.partition(".")
        assert content["content"] == config(configmap)[key], name
        checked += 1
    assert checked > 12
    mounted = {grant["target"]: grant["source"] for grant in project["services"][PREPARE]["configs"]}
    assert mounted["/prepare/grafana/config/provisioning/plugins/none.yaml"] == "daira-grafana.none.yaml"
    assert mounted["/prepare/prometheus/config/prometheus.yml"] == "daira-prometheus.prometheus.yml"


def test_files_are_mounted_where_the_pods_have_them(project: Data) -> None:
    for name, spec in pods().items():
        volumes = {volume["name"]: volume for volume in spec.get("volumes") or []}
        given = {mount["target"]: mount for mount in project["services"][name].get("volumes") or []}
        for mount in spec["containers"][0].get("volumeMounts") or []:
            volume, at = volumes.get(mount["name"]), mount["mountPath"]
            if volume and at == "/dev/shm":  # noqa: S108 - the path in the container
                assert int(project["services"][name]["shm_size"]) == quantity(volume["emptyDir"]["sizeLimit"])
            elif volume is None:
                assert given[at]["source"] == f"{name}-{mount['name']}"
                assert given[at]["source"] in project["volumes"]
            elif "emptyDir" in volume and given[at]["type"] == "tmpfs":
                assert int(given[at]["tmpfs"]["size"]) == quantity(volume["emptyDir"]["sizeLimit"])
            elif "emptyDir" in volume:
                assert given[at]["source"] == "postgres-exporter-password"
            else:
                inside = "/".join(filter(None, (name, mount["name"], mount.get("subPath"))))
                assert (given[at]["source"], given[at]["volume"]["subpath"]) == ("files", inside)
                assert given[at]["read_only"] is True


def reachable(project: Data) -> set[tuple[str, str]]:
    """Who shares the network of whom, among the chart's components."""
    return {
        (client, server)
        for client in pods()
        for server in project["services"][client].get("networks") or {}
        if server not in (client, "outside")
    }


def test_the_networks_are_the_chart_s_edges(project: Data) -> None:
    edges = yaml.safe_load((ROOT / "charts/daira/files/edges.yaml").read_text(encoding="utf-8"))["edges"]
    wanted = {(edge["from"], edge["to"]) for edge in edges if {edge["from"], edge["to"]} <= set(pods())}
    assert reachable(project) == wanted
    for store in ("postgres", "redis", "postgres-exporter", "redis-exporter"):
        assert project["networks"][store]["internal"] is True
    assert set(project["services"]["redis"]["networks"]) == {"redis"}
    assert set(project["services"]["frontend"]["networks"]) == {"frontend", "backend"}
    for name, service in project["services"].items():
        assert "default" not in (service.get("networks") or {}), name


def test_names_of_the_cluster_lead_to_containers_that_listen(project: Data) -> None:
    """Prometheus asks DNS for a name and adds a port: a service with that alias has to have it."""
    listening = {
        alias: {port["containerPort"] for port in spec["containers"][0].get("ports") or []}
        for name, spec in pods().items()
        for network in [(project["services"][name].get("networks") or {}).get(name)]
        if network
        for alias in network["aliases"]
    }
    jobs = yaml.safe_load(project["configs"]["daira-prometheus.prometheus.yml"]["content"])["scrape_configs"]
    asked = [entry for job in jobs for entry in job.get("dns_sd_configs", [])]
    assert len(asked) >= 6
    for entry in asked:
        assert entry["port"] in listening[entry["names"][0].rstrip(".")], entry
    proxied = re.search(r"server (\S+):(\d+) resolve", project["configs"]["daira-frontend.default.conf"]["content"])
    assert proxied
    assert int(proxied[2]) in listening[proxied[1]]
    urls = project["services"]["backend"]["environment"]
    assert 4317 in listening[urls["OTEL_EXPORTER_OTLP_ENDPOINT"].split("/")[2].split(":")[0]]


def test_only_the_frontend_is_open_to_others(project: Data) -> None:
    services = {name: service["ports"] for name, service in project["services"].items() if service.get("ports")}
    found = {name: (port.get("host_ip"), port["published"], port["target"]) for name, (port,) in services.items()}
    assert found == {
        "frontend": (None, "80", 8080),
        "backend": ("127.0.0.1", "3000", 3000),
        "grafana": ("127.0.0.1", "3001", 3000),
        "prometheus": ("127.0.0.1", "9090", 9090),
        "alertmanager": ("127.0.0.1", "9093", 9093),
        "jaeger": ("127.0.0.1", "16686", 16686),
    }


def test_the_order_of_the_start(project: Data) -> None:
    def waits(name: str) -> dict[str, str]:
        return {key: wait["condition"] for key, wait in (project["services"][name].get("depends_on") or {}).items()}

    done, healthy = "service_completed_successfully", "service_healthy"
    assert waits("backend") == {"postgres": healthy, "redis": healthy, "migrations": done}
    assert waits("migrations") == {"postgres": healthy}
    assert waits("postgres-exporter") == {PREPARE: done, "postgres-exporter-password": done, "postgres": healthy}
    assert waits("postgres") == waits("frontend") == {PREPARE: done}
    assert project["services"]["migrations"]["restart"] == "on-failure:3"
    assert project["services"]["backend"]["restart"] == "unless-stopped"
    # PostgreSQL's wait for clients that never hang up is cut short, as in the cluster.
    assert project["services"]["postgres"]["pre_stop"][0]["command"][:2] == ["pg_ctl", "stop"]


def test_every_variable_is_in_env_example_and_nothing_else_is() -> None:
    made = (ROOT / compose.COMPOSE).read_text(encoding="utf-8")
    example = (ROOT / compose.ENVIRONMENT).read_text(encoding="utf-8")
    used = set(re.findall(r"(?<!\$)\$\{?([A-Z_]+)", made))
    used |= set(re.findall(r"(?m)^    environment: ([A-Z_]+)$", made))
    assert used == set(re.findall(r"(?m)^(?:# )?([A-Z_]+)=", example))
    assert re.findall(r"(?m)^([A-Z_]+)=(.*)$", example) == [(key, "") for key in source.SECRETS]
    assert "openssl rand -hex 32" in example
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8")
    assert not any(mark in made for mark in source.MARKS.values())


def test_what_env_sets_wins(tmp_path: Path) -> None:
    made = compose.made(ROOT)
    more = "\nCORS_ORIGIN=http://localhost\nFRONTEND_PORT=8080\nIMAGE_REGISTRY=mirror.example:5000\n"
    found = resolved(tmp_path, made, lambda text: filled(text) + more)["services"]
    assert found["backend"]["environment"]["CORS_ORIGIN"] == "http://localhost"
    assert found["frontend"]["ports"][0]["published"] == "8080"
    assert found["postgres"]["image"] == "mirror.example:5000/postgres:15.18"


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET"])
def test_red_control_a_missing_secret_is_refused(tmp_path: Path, name: str) -> None:
    made = {path: (ROOT / path).read_text(encoding="utf-8") for path in (compose.COMPOSE, compose.ENVIRONMENT)}
    with pytest.raises(CommandFailed, match=name):
        resolved(tmp_path, made, lambda text: filled(text).replace(f"\n{name}={SECRET}", f"\n{name}="))


def test_red_control_the_loader_refuses_what_compose_does_not_know(tmp_path: Path) -> None:
    made = {path: (ROOT / path).read_text(encoding="utf-8") for path in (compose.COMPOSE, compose.ENVIRONMENT)}
    made[compose.COMPOSE] = made[compose.COMPOSE].replace("    stop_grace_period:", "    stop_grace:", 1)
    with pytest.raises(CommandFailed, match="stop_grace"):
        resolved(tmp_path, made)


def prepared(folder: Path, project: Data) -> list[str]:
    """Run the script of `prepare` on folders instead of volumes. Returns the owners it would have given."""
    service = project["services"][PREPARE]
    for grant in service["configs"]:
        write(folder / grant["target"].lstrip("/"), project["configs"][grant["source"]]["content"], 0o444)
    for grant in service["secrets"]:
        if value := os.environ.get(f"TEST_{grant['source']}", SECRET):
            write(folder / grant["target"].lstrip("/"), value, int(grant["mode"], 8))
    for mount in service["volumes"]:
        (folder / mount["target"].lstrip("/")).mkdir(parents=True, exist_ok=True)
    fakes, log = folder / "bin", folder / "owners"
    for name in ("chown", "chgrp"):
        write(fakes / name, f'#!/bin/sh\necho "{name} $*" >> {log}\n')
        (fakes / name).chmod(0o755)
    script = service["entrypoint"][2]
    for place in ("/files", "/prepare", "/volumes"):
        script = re.sub(rf"(?<![\w$}}/]){place}\b", f"{folder}{place}", script)
    env = {"PATH": f"{fakes}{os.pathsep}{os.environ['PATH']}"}
    shell.run([*service["entrypoint"][:2], script], timeout=30, env=env)
    return log.read_text(encoding="utf-8").splitlines()


def write(path: Path, content: str, mode: int = 0o644) -> None:
    """A file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)


def test_prepare_puts_files_in_place_and_gives_volumes_away(
    tmp_path: Path, project: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "files/prometheus/config/old.yaml", "of an earlier version")
    owners = prepared(tmp_path, project)
    files = tmp_path / "files"
    assert (files / "frontend/config/nginx.conf").read_text() == config("daira-frontend")["nginx.conf"]
    assert (files / "frontend/config/nginx.conf").stat().st_mode & 0o777 == 0o444, "every service's user reads it"
    assert (files / "grafana/config/provisioning/datasources").stat().st_mode & 0o777 == 0o755
    assert (files / "grafana/config/provisioning/datasources/datasources.yaml").is_file()
    assert (files / "grafana/dashboards").is_dir(), "a subpath that is not there can't be mounted"
    assert not (files / "prometheus/config/old.yaml").exists()
    password = files / "postgres/secrets/POSTGRES_PASSWORD"
    assert (password.read_text(), password.stat().st_mode & 0o777) == (SECRET, 0o440)
    assert "chown 0:999 postgres/secrets/POSTGRES_PASSWORD" in owners
    assert f"chgrp 10001 {tmp_path}/volumes/jaeger-data" in owners
    assert (tmp_path / "volumes/jaeger-data").stat().st_mode & 0o7777 == 0o2775
    before = (files / "frontend/config/nginx.conf").stat().st_ino
    prepared(tmp_path, project)
    assert (files / "frontend/config/nginx.conf").stat().st_ino == before, "a running service has this file mounted"
    for mount in (
        m for s in project["services"].values() for m in s.get("volumes") or [] if m.get("source") == "files"
    ):
        assert (files / mount["volume"].get("subpath", "")).exists(), mount

    # Red control: an empty secret stops everything, and is named.
    (tmp_path / "prepare/grafana/secrets/GRAFANA_ADMIN_PASSWORD").unlink()
    monkeypatch.setenv("TEST_GRAFANA_ADMIN_PASSWORD", "")
    with pytest.raises(CommandFailed, match="GRAFANA_ADMIN_PASSWORD is empty: set it in"):
        prepared(tmp_path, project)


def changed(change: Callable[[Object], None]) -> source.Source:
    """The render with each object changed."""
    objects = []
    for found in rendered().release.objects:
        data = copy.deepcopy(found.data)
        made = Object(data, found.source)
        change(made)
        objects.append(Object(data, found.source))
    release = rendered().release
    return source.source_of(Release(objects, namespace=release.namespace, chart=True))


def container(name: str, **fields: Any) -> Callable[[Object], None]:
    """A change: fields of a workload's container."""

    def change(found: Object) -> None:
        pod = pod_of(found)
        if pod and found.name == f"daira-{name}":
            pod.spec["containers"][0].update(fields)

    return change


def pod(name: str, **fields: Any) -> Callable[[Object], None]:
    """A change: fields of a workload's pod."""

    def change(found: Object) -> None:
        held = pod_of(found)
        if held and found.name == f"daira-{name}":
            held.spec.update(fields)

    return change


def service(name: str, **fields: Any) -> Callable[[Object], None]:
    """A change: fields of a Service."""

    def change(found: Object) -> None:
        if found.kind == "Service" and found.name == f"daira-{name}":
            found.spec.update(fields)

    return change


UNKNOWN = {
    "hostNetwork": (pod("backend", hostNetwork=True), r"Deployment/daira-backend\.hostNetwork has no counterpart"),
    "sidecar": (pod("redis", containers=[{"name": "a"}, {"name": "b"}]), "StatefulSet/daira-redis has 2 containers"),
    "field of a container": (container("redis", workingDir="/x"), r"daira-redis\.containers\[0\]\.workingDir has no"),
    "downward API": (
        container("redis", env=[{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]),
        r"daira-redis\.containers\[0\]\.env\[0\]\.valueFrom\.fieldRef has no counterpart",
    ),
    "probe": (
        container("jaeger", readinessProbe={"tcpSocket": {"port": 1}}),
        r"daira-jaeger\.containers\[0\]\.readinessProbe\.tcpSocket has no counterpart",
    ),
    "volume": (
        pod("redis", volumes=[{"name": "config", "hostPath": {"path": "/"}}]),
        r"daira-redis\.volumes\[0\]\.hostPath has no counterpart",
    ),
    "resource": (
        container("redis", resources={"limits": {"ephemeral-storage": "1Gi"}}),
        r"resources\.limits\.ephemeral-storage has no counterpart",
    ),
    "quantity": (container("redis", resources={"limits": {"memory": "much"}}), "'much', which is no quantity"),
    "missing mount": (
        container("redis", volumeMounts=[{"name": "other", "mountPath": "/x"}]),
        "names other, which is no volume of the pod",
    ),
    "missing secret": (
        container("backend", env=[{"name": "X", "valueFrom": {"secretKeyRef": {"name": "daira-secrets", "key": "Y"}}}]),
        "daira-secrets has no Y",
    ),
    "type of a Service": (
        service("backend", type="LoadBalancer"),
        r"Service/daira-backend\.spec\.type is LoadBalancer",
    ),
    "port that only a Service knows": (
        service("backend", ports=[{"name": "http", "port": 8000, "targetPort": "http"}]),
        None,
    ),
    "port that is called": (
        service("prometheus", ports=[{"name": "http", "port": 9090, "targetPort": 9999}]),
        r"ConfigMap/daira-grafana\.data\[datasources\.yaml\] calls daira-prometheus at 9090",
    ),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_red_control_nothing_is_left_out_in_silence(what: str) -> None:
    change, sentence = UNKNOWN[what]
    if sentence is None:
        project_of(changed(change))  # nobody calls it by that port
        return
    with pytest.raises(DairaError, match=sentence):
        project_of(changed(change))


def test_red_control_a_kind_nobody_has_thought_of() -> None:
    daemon = Source("x.yaml", "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\n")
    with pytest.raises(DairaError, match=r"^DaemonSet/agent is of a kind that has no counterpart"):
        source.source_of(Release([*rendered().release.objects, *objects_of(daemon)], namespace=source.NAMESPACE))


def test_a_component_that_is_off_takes_its_edges_with_it() -> None:
    gone = [found for found in rendered().release.objects if not found.name.startswith("daira-jaeger")]
    made = project_of(source.source_of(Release(gone, namespace=source.NAMESPACE, chart=True)))
    assert "jaeger" not in made.services
    assert "jaeger" not in made.services["backend"]["networks"]
    assert "JAEGER_PORT" not in text.environment(made)


@pytest.mark.parametrize(
    ("said", "variables", "meant"),
    [
        ("$(A)/x", {"A": "1"}, "1/x"),
        ("$(B)", {"A": "1"}, "$$(B)"),
        ("$$(A)", {"A": "1"}, "$$(A)"),
        ("awk '$1 $(date)'", {}, "awk '$$1 $$(date)'"),
    ],
)
def test_references_as_the_kubelet_expands_them(said: str, variables: dict[str, str], meant: str) -> None:
    assert source.expanded(source.plain(said), variables) == meant


def test_a_change_of_the_values_changes_the_compose_file(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "charts", tmp_path / "charts")
    values = yaml.safe_load((ROOT / compose.VALUES).read_text(encoding="utf-8"))
    values["backend"]["image"]["tag"] = "1.2.3"
    values["backend"]["config"]["LOG_LEVEL"] = "warn"
    values["redis"]["resources"]["limits"]["memory"] = "1536Mi"
    values["monitoring"]["prometheus"]["retention"] = "7d"
    values["postgres"]["external"] = {"host": "db.example.internal", "user": "app", "database": "app"}
    (tmp_path / "values").mkdir()
    (tmp_path / compose.VALUES).write_text(yaml.safe_dump(values), encoding="utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    found = resolved(folder, compose.made(tmp_path))
    services = found["services"]
    assert services["backend"]["image"] == services["migrations"]["image"] == "saintxlucid/daira/backend:1.2.3"
    assert services["backend"]["environment"]["LOG_LEVEL"] == "warn"
    assert services["redis"]["deploy"]["resources"]["limits"]["memory"] == str(1536 * 1024**2)
    assert "--storage.tsdb.retention.time=7d" in services["prometheus"]["command"]
    # The database is elsewhere: no service, no volume, and a way out for those that need it.
    assert "postgres" not in services
    assert "postgres-data" not in found["volumes"]
    url = services["backend"]["environment"]["DATABASE_URL"]
    assert url == f"postgresql://app:{SECRET}@db.example.internal:5432/app?sslmode=require"
    for name in ("backend", "migrations", "postgres-exporter"):
        assert "outside" in services[name]["networks"], name
    assert "outside" not in services["redis"]["networks"]
