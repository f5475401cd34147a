"""What is installed is all there, ready, and does its part."""

from __future__ import annotations

import json
import re
from typing import Any

from pytest_helm_charts.clusters import Cluster
from pytest_helm_charts.k8s.deployment import wait_for_deployments_to_run
from pytest_helm_charts.k8s.stateful_set import wait_for_stateful_sets_to_run
from tests.live.conftest import NAMESPACE, Site, wait_until

from daira.local import images, release
from daira.local.engine import NETWORK, Engine

DEPLOYMENTS = ["daira-backend", "daira-frontend", "daira-postgres-exporter", "daira-redis-exporter"]
STATEFUL_SETS = ["daira-postgres", "daira-redis", "daira-prometheus", "daira-alertmanager", "daira-jaeger"]
JOBS = {"prometheus", "backend", "postgres", "redis", "alertmanager", "jaeger"}


def test_every_workload_is_ready(kube_cluster: Cluster) -> None:
    wait_for_deployments_to_run(kube_cluster.kube_client, DEPLOYMENTS, NAMESPACE, 180, missing_ok=False)
    wait_for_stateful_sets_to_run(kube_cluster.kube_client, STATEFUL_SETS, NAMESPACE, 180, missing_ok=False)


def test_no_pod_is_anything_but_running_or_completed(site: Site) -> None:
    phases = {pod["metadata"]["name"]: pod["status"]["phase"] for pod in site.get("pods")["items"]}
    assert {name: phase for name, phase in phases.items() if phase not in ("Running", "Succeeded")} == {}


def test_helm_test_passes(site: Site) -> None:
    release.test(site.machine, site.tools)


def test_no_pod_holds_a_kubernetes_token(site: Site) -> None:
    for pod in site.get("pods", "--field-selector=status.phase=Running")["items"]:
        for volume in pod["spec"].get("volumes", []):
            sources = volume.get("projected", {}).get("sources", [])
            assert not any("serviceAccountToken" in source for source in sources), pod["metadata"]["name"]


def test_every_volume_is_a_folder_of_its_own(site: Site) -> None:
    volumes = {claim["spec"]["volumeName"] for claim in site.get("pvc")["items"] if claim["status"]["phase"] == "Bound"}
    assert len(volumes) == len(STATEFUL_SETS)
    paths = {}
    for volume in json.loads(site.kubectl.run("get", "pv", "-o", "json").out)["items"]:
        if volume["metadata"]["name"] in volumes:
            source = volume["spec"].get("hostPath") or volume["spec"].get("local")
            paths[volume["metadata"]["name"]] = source["path"]
    assert len(set(paths.values())) == len(volumes)
    assert all(name in path for name, path in paths.items())


def test_every_scrape_target_is_up(site: Site) -> None:
    with site.service("daira-prometheus", 9090) as prometheus:

        def all_up() -> bool:
            targets = prometheus.ask("GET", "/api/v1/targets?state=active").json()["data"]["activeTargets"]
            down = [target for target in targets if target["health"] != "up"]
            return not down and {target["labels"]["job"] for target in targets} >= JOBS

        wait_until(all_up, 90, "all scrape targets up")
        targets = prometheus.ask("GET", "/api/v1/targets?state=active").json()["data"]["activeTargets"]
        backends = [target for target in targets if target["labels"]["job"] == "backend"]
        assert len(backends) == len(site.pods("backend"))
        assert {target["scrapeInterval"] for target in backends} == {"10s"}
        assert all(target["scrapeUrl"].endswith("/api/metrics") for target in backends)
        assert {t["scrapeInterval"] for t in targets if t["labels"]["job"] != "backend"} == {"15s"}
        for metric in ("pg_up", "redis_up"):
            path = f"/api/v1/query?query={metric}"
            # the database may have been away a moment ago, in another test: the next scrape tells
            wait_until(lambda path=path: _value(prometheus.ask("GET", path).json()) == "1", 60, f"{metric} is 1")  # type: ignore[misc]


def _value(answer: dict[str, Any]) -> str:
    found = answer["data"]["result"]
    return str(found[0]["value"][1]) if found else ""


def test_traces_reach_jaeger(site: Site) -> None:
    assert site.ingress().ask("GET", "/api/posts").status == 200
    with site.service("daira-jaeger", 16686) as jaeger:
        path = "/api/services"
        wait_until(
            lambda: any("backend" in name for name in jaeger.ask("GET", path).json()["data"]), 60, "a trace in Jaeger"
        )


def test_the_autoscalers_have_numbers(site: Site) -> None:
    def numbers() -> bool:
        scalers = site.get("hpa")["items"]
        current = [metric for scaler in scalers for metric in scaler["status"].get("currentMetrics") or []]
        known = [metric for metric in current if "averageUtilization" in metric.get("resource", {}).get("current", {})]
        return len(scalers) == 2 and len(known) == 4

    wait_until(numbers, 180, "CPU and memory of both autoscalers")


def test_postgres_is_15_with_settings_from_its_memory_limit(site: Site) -> None:
    query = (
        "SELECT current_setting('server_version'), current_setting('shared_buffers'), current_setting('data_checksums')"
    )
    # the owner of the server's process may use the local socket; nobody else is in that container
    shown = (
        site.execute("daira-postgres-0", "psql", "-U", "daira", "-d", "daira", "-At", "-c", query).strip().split("|")
    )
    limit = site.get("statefulset", "daira-postgres")["spec"]["template"]["spec"]["containers"][0]["resources"][
        "limits"
    ]
    assert shown[0].startswith("15.")
    assert _mib(shown[1]) == _mib(limit["memory"]) // 4
    assert shown[2] == "on"


def test_redis_keeps_what_it_is_told(site: Site) -> None:
    ask = 'REDISCLI_AUTH="$(cat "$1")" redis-cli CONFIG GET "$2" | tail -1'
    secret = _mounted_file(site, "daira-redis-0", "REDIS_PASSWORD")

    def setting(name: str) -> str:
        return site.execute("daira-redis-0", "sh", "-c", ask, "sh", secret, name).strip()

    assert setting("appendonly") == "yes"
    assert setting("appendfsync") == "everysec"
    limit = site.get("statefulset", "daira-redis")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert 0 < int(setting("maxmemory")) < _mib(limit["memory"]) * 2**20
    refused = site.execute("daira-redis-0", "sh", "-c", "redis-cli PING || true")
    assert "NOAUTH" in refused


def _mounted_file(site: Site, pod: str, name: str) -> str:
    found = site.execute(pod, "sh", "-c", f"find / -name {name} -not -path '*/..*' 2>/dev/null | head -1").strip()
    assert found, f"{name} is no file in {pod}"
    return found


def test_nodes_heap_fits_the_memory_limit(site: Site) -> None:
    heap = site.execute(site.pods("backend")[0], "node", "-p", "require('v8').getHeapStatistics().heap_size_limit")
    limit = site.get("deployment", "daira-backend")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    share = int(heap) / (_mib(limit["memory"]) * 2**20)
    assert 0.5 < share < 0.85


def _mib(quantity: str) -> int:
    found = re.fullmatch(r"(\d+)(Gi|Mi|GB|MB|G|M)B?", quantity)
    assert found, quantity
    return int(found[1]) * (1024 if found[2].startswith("G") else 1)


def test_our_images_add_little_to_their_base(site: Site) -> None:
    """At most 250 and 50 MB on the stock bases; where those can't be pulled, at most 100 and 5 MB of own layers."""
    registry = images.registry_answers(site.machine, site.engine)
    for app, limits in {"backend": (250, 100), "frontend": (50, 5)}.items():
        built = images.build_own(site.machine, site.engine, app, registry=registry)
        whole, own = images.own_bytes(site.machine, site.engine, app, built, registry=registry)
        assert (whole / 1e6 <= limits[0]) if registry else (0 < own / 1e6 <= limits[1]), (app, whole, own)


def test_the_nodes_network_has_no_way_out(site: Site) -> None:
    """Asked of the engine, not tried: a test sends nothing to an address that is not this machine's."""
    assert closed(site.engine)


def closed(found: Engine) -> bool:
    """Whether the engine says that the cluster's network leads nowhere (Docker: that no answer finds back)."""
    (network,) = json.loads(found.run("network", "inspect", NETWORK).out)
    if found.name == "podman":
        return network.get("internal") is True
    return bool(network["Options"].get("com.docker.network.bridge.enable_ip_masquerade") == "false")
