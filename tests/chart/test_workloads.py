"""The issue's numbers: replicas, autoscaling, resources, probes, rollouts, scheduling, migrations, the address."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.chart.conftest import ENVIRONMENTS, SHIPPED, Object, Values, render
from tests.chart.walk import INSTANCE, NAME, named, pod, pods

SCALED = ("backend", "frontend")
HEALTH = {"backend": "/api/health", "frontend": "/_health"}
PROBES = ("startup", "liveness", "readiness")


def container(objects: list[Object], component: str) -> dict[str, Any]:
    """The first container of a component's pod."""
    found: dict[str, Any] = pod(objects, component).spec["containers"][0]
    return found


# Replicas, autoscaling, budgets


@pytest.mark.parametrize("component", SCALED)
def test_two_replicas_unless_the_autoscaler_owns_the_number(component: str) -> None:
    assert render("defaults").get("Deployment", component)["spec"]["replicas"] == 2
    assert render("development").get("Deployment", component)["spec"]["replicas"] == 1
    for environment in ("staging", "production"):
        assert "replicas" not in render(environment).get("Deployment", component)["spec"]


@pytest.mark.parametrize("component", SCALED)
@pytest.mark.parametrize(("environment", "bounds"), [("staging", (2, 5)), ("production", (3, 8))])
def test_the_autoscaler(environment: str, bounds: tuple[int, int], component: str) -> None:
    spec = render(environment).get("HorizontalPodAutoscaler", component)["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"daira-{component}"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == bounds
    targets = {it["resource"]["name"]: it["resource"]["target"] for it in spec["metrics"]}
    assert targets == {
        "cpu": {"type": "Utilization", "averageUtilization": 70},
        "memory": {"type": "Utilization", "averageUtilization": 80},
    }
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_the_charts_own_autoscaler_is_two_to_five() -> None:
    spec = render("defaults", {"backend.autoscaling.enabled": True}).get("HorizontalPodAutoscaler", "backend")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)


def test_a_target_of_zero_is_no_metric() -> None:
    made = render("staging", {"backend.autoscaling.targetMemoryUtilizationPercentage": 0})
    metrics = made.get("HorizontalPodAutoscaler", "backend")["spec"]["metrics"]
    assert [it["resource"]["name"] for it in metrics] == ["cpu"]


@pytest.mark.parametrize("component", SCALED)
@pytest.mark.parametrize(
    ("values", "budget"),
    [
        ({"replicas": 1}, False),
        ({"replicas": 2}, True),
        ({"replicas": 1, "autoscaling.enabled": True}, True),
        ({"replicas": 5, "autoscaling.enabled": True, "autoscaling.minReplicas": 1}, False),
    ],
)
def test_a_budget_only_above_one_replica(component: str, values: Values, budget: bool) -> None:
    made = render("development", {f"{component}.{key}": value for key, value in values.items()})
    assert made.has("PodDisruptionBudget", component) == budget
    if budget:
        spec = made.get("PodDisruptionBudget", component)["spec"]
        assert spec["maxUnavailable"] == 1
        assert "minAvailable" not in spec
        assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


# Resources, probes, rollouts


def test_the_guides_resources() -> None:
    for environment in ("defaults", "staging", "production"):
        objects = render(environment).objects
        assert container(objects, "backend")["resources"] == {
            "requests": {"cpu": "250m", "memory": "256Mi"},
            "limits": {"cpu": "500m", "memory": "512Mi"},
        }
        assert container(objects, "frontend")["resources"] == {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "200m", "memory": "256Mi"},
        }


@pytest.mark.parametrize("component", SCALED)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_three_probes_ask_for_health(environment: str, component: str) -> None:
    made = container(render(environment).objects, component)
    for probe in PROBES:
        assert made[f"{probe}Probe"]["httpGet"] == {"path": HEALTH[component], "port": "http"}


@pytest.mark.parametrize("component", SCALED)
def test_each_probes_path_is_settable_alone(component: str) -> None:
    paths = {probe: f"/{probe}/here" for probe in PROBES}
    values = {f"{component}.probes.{probe}.path": path for probe, path in paths.items()}
    made = container(render("staging", values).objects, component)
    assert {probe: made[f"{probe}Probe"]["httpGet"]["path"] for probe in PROBES} == paths


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_server_has_a_readiness_and_a_liveness_probe(environment: str) -> None:
    for made in pods(render(environment).objects):
        if made.owner["kind"] in ("Deployment", "StatefulSet"):
            for it in made.spec["containers"]:
                assert it["livenessProbe"] and it["readinessProbe"], f"{made.where} {it['name']}"


@pytest.mark.parametrize("component", [*SCALED, "postgres", "redis", "prometheus", "alertmanager", "grafana", "jaeger"])
def test_a_slow_start_is_given_a_minute_or_more(component: str) -> None:
    probe = container(render("staging").objects, component)["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 60


@pytest.mark.parametrize("component", SCALED)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_rollout_takes_no_pod_away_before_another_is_ready(environment: str, component: str) -> None:
    deployment = render(environment).get("Deployment", component)["spec"]
    assert deployment["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert deployment["revisionHistoryLimit"] == 3
    spec = deployment["template"]["spec"]
    sleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert 0 < sleep < spec["terminationGracePeriodSeconds"]


def test_no_sleep_when_it_is_zero() -> None:
    assert "lifecycle" not in container(render("staging", {"backend.preStopSleepSeconds": 0}).objects, "backend")


# Scheduling


@pytest.mark.parametrize("component", [*SCALED, "postgres", "redis", "prometheus", "postgres-exporter"])
def test_pods_are_spread_softly_over_the_nodes_they_may_use(component: str) -> None:
    spec = pod(render("staging").objects, component).spec
    (spread,) = spec["topologySpreadConstraints"]
    chosen = {"matchLabels": {NAME: component, INSTANCE: "daira"}}
    assert spread["nodeTaintsPolicy"] == "Honor"
    assert (spread["maxSkew"], spread["topologyKey"]) == (1, "kubernetes.io/hostname")
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
    assert spread["labelSelector"] == chosen
    (term,) = spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"] == {"topologyKey": "kubernetes.io/hostname", "labelSelector": chosen}


def test_a_global_preset_reaches_every_pod_and_a_local_one_wins() -> None:
    values: Values = {
        "global.nodeSelector": {"disk": "ssd"},
        "global.tolerations": [{"key": "global", "operator": "Exists"}],
        "backend.nodeSelector": {"disk": "fast"},
        "backend.tolerations": [{"key": "local", "operator": "Exists"}],
    }
    for made in pods(render("staging", values).objects):
        local = made.component == "backend"
        assert made.spec["nodeSelector"] == {"disk": "fast" if local else "ssd"}, made.where
        assert [it["key"] for it in made.spec["tolerations"]] == ["local" if local else "global"], made.where


def test_a_global_priority_reaches_every_server() -> None:
    for made in pods(render("staging", {"global.priorityClassName": "high"}).objects):
        if made.owner["kind"] != "Pod":
            assert made.spec["priorityClassName"] == "high", made.where


def test_a_storage_class_reaches_every_volume_and_a_local_one_wins() -> None:
    values: Values = {"global.storageClass": "slow", "postgres.persistence.storageClass": "fast"}
    for item in render("staging", values).of("StatefulSet"):
        (claim,) = item["spec"]["volumeClaimTemplates"]
        wanted = "fast" if item["metadata"]["name"] == "daira-postgres" else "slow"
        assert claim["spec"]["storageClassName"] == wanted
    for item in render("staging").of("StatefulSet"):
        assert "storageClassName" not in item["spec"]["volumeClaimTemplates"][0]["spec"]


@pytest.mark.parametrize("environment", SHIPPED)
def test_a_store_is_one_pod_whose_volume_outlives_it(environment: str) -> None:
    for item in render(environment).of("StatefulSet"):
        assert item["spec"]["replicas"] == 1
        kept = item["spec"]["persistentVolumeClaimRetentionPolicy"]
        assert kept == {"whenDeleted": "Retain", "whenScaled": "Retain"}, item["metadata"]["name"]


# Migrations


def test_a_bundled_database_is_migrated_by_a_plain_job() -> None:
    (job,) = render("staging").of("Job")
    assert re.fullmatch(r"daira-migrate-[0-9a-f]{8}", job["metadata"]["name"])
    assert "annotations" not in job["metadata"]
    assert "ttlSecondsAfterFinished" not in job["spec"]
    made = container([job], "migrations")
    wait = int(named(made["env"], "MIGRATE_WAIT_SECONDS")["value"])
    assert 0 < wait < job["spec"]["activeDeadlineSeconds"]


def test_another_content_is_another_job() -> None:
    """A Job can not be changed: the same name with another pod would fail the upgrade."""
    names = {
        render("staging", values).of("Job")[0]["metadata"]["name"]
        for values in (
            {},
            {"backend.image.tag": "1.0.1"},
            {"migrations.waitSeconds": 301},
            {"global.imageRegistry": "m"},
        )
    }
    assert len(names) == 4
    assert (
        len({render("staging", {"backend.replicas": count}).of("Job")[0]["metadata"]["name"] for count in (2, 3)}) == 1
    )


@pytest.mark.parametrize("own", [True, False], ids=["own Secret", "given password"])
def test_an_external_database_is_migrated_by_a_hook_before_the_upgrade(own: bool) -> None:
    secret = {"global.existingSecret": "daira-secrets"} if own else {"secrets.values.POSTGRES_PASSWORD": "given"}
    made = render("staging", {"postgres.external.host": "db.example", **secret})
    (job,) = made.of("Job")
    assert job["metadata"]["name"] == "daira-migrate"
    first = [made.get("ServiceAccount", "migrations"), *([] if own else [made.get("Secret", "migrations")])]
    for item in (job, *first):
        assert item["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        deleted = item["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        assert deleted == "before-hook-creation,hook-succeeded"
    weight = int(job["metadata"]["annotations"]["helm.sh/hook-weight"])
    assert all(int(item["metadata"]["annotations"]["helm.sh/hook-weight"]) < weight for item in first)
    reference = named(container([job], "migrations")["env"], "DATABASE_URL")["valueFrom"]["secretKeyRef"]
    assert reference["name"] == ("daira-secrets" if own else "daira-migrations")


# The address


def test_the_ingress() -> None:
    made = render("staging").get("Ingress", "web")
    (rule,) = made["spec"]["rules"]
    paths = [
        (it["path"], it["pathType"], it["backend"]["service"]["name"], it["backend"]["service"]["port"])
        for it in rule["http"]["paths"]
    ]
    assert paths == [
        ("/socket.io", "Prefix", "daira-backend", {"name": "http"}),
        ("/api", "Prefix", "daira-backend", {"name": "http"}),
        ("/", "Prefix", "daira-frontend", {"name": "http"}),
    ]
    assert rule["host"] == "staging.daira.dev"
    assert made["spec"]["tls"] == [{"hosts": ["staging.daira.dev"], "secretName": "daira-staging-tls"}]
    # Neither a class nor an annotation ties it to one controller.
    assert "ingressClassName" not in made["spec"]
    assert "annotations" not in made["metadata"]


@pytest.mark.parametrize(
    ("values", "annotations"),
    [
        ({"ingress.certManager.clusterIssuer": "le"}, {"cert-manager.io/cluster-issuer": "le"}),
        ({"ingress.certManager.issuer": "le"}, {"cert-manager.io/issuer": "le"}),
        (
            {"ingress.annotations": {"a": "b"}, "ingress.certManager.issuer": "le"},
            {"a": "b", "cert-manager.io/issuer": "le"},
        ),
    ],
)
def test_cert_manager_is_asked_only_when_named(values: Values, annotations: dict[str, str]) -> None:
    assert render("staging", values).get("Ingress", "web")["metadata"]["annotations"] == annotations


def test_production_has_its_own_host_and_issuer() -> None:
    made = render("production").get("Ingress", "web")
    assert made["spec"]["tls"] == [{"hosts": ["daira.dev"], "secretName": "daira-tls"}]
    assert made["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}


def test_a_component_that_is_off_has_no_path() -> None:
    for off, left in (("backend", ["/"]), ("frontend", ["/socket.io", "/api"])):
        made = render("staging", {f"{off}.enabled": False}).get("Ingress", "web")
        assert [it["path"] for it in made["spec"]["rules"][0]["http"]["paths"]] == left


def test_the_route_says_the_same_as_the_ingress() -> None:
    parents = [{"name": "public", "namespace": "gateways"}]
    values: Values = {
        "ingress.enabled": False,
        "gateway.enabled": True,
        "gateway.parentRefs": parents,
        "gateway.hostnames": ["staging.daira.dev"],
    }
    spec = render("staging", values).get("HTTPRoute", "web")["spec"]
    assert spec["parentRefs"] == parents
    assert spec["hostnames"] == ["staging.daira.dev"]
    assert [(rule["matches"], [(to["name"], to["port"]) for to in rule["backendRefs"]]) for rule in spec["rules"]] == [
        ([{"path": {"type": "PathPrefix", "value": "/socket.io"}}], [("daira-backend", 3000)]),
        ([{"path": {"type": "PathPrefix", "value": "/api"}}], [("daira-backend", 3000)]),
        ([{"path": {"type": "PathPrefix", "value": "/"}}], [("daira-frontend", 80)]),
    ]


# helm test


def test_helm_test_asks_for_health_the_api_and_the_websocket() -> None:
    made = render("staging").of("Pod")
    weights = {item["metadata"]["name"]: item["metadata"]["annotations"]["helm.sh/hook-weight"] for item in made}
    assert weights == {"daira-test-health": "0", "daira-test-api": "1", "daira-test-websocket": "2"}
    scripts = set(render("staging").get("ConfigMap", "tests")["data"])
    for item in made:
        assert item["metadata"]["annotations"]["helm.sh/hook"] == "test"
        assert item["spec"]["containers"][0]["command"][-1].removeprefix("/tests/") in scripts


@pytest.mark.parametrize(
    ("environment", "writes"), [("development", "true"), ("staging", "true"), ("production", "false")]
)
def test_helm_test_writes_no_post_into_production(environment: str, writes: str) -> None:
    item = render(environment).get("Pod", "test-api")
    assert named(item["spec"]["containers"][0]["env"], "WRITE")["value"] == writes
