"""Values that do not fit together: each is refused with words that teach, and all are named at once."""

from __future__ import annotations

import pytest
from tests.chart.conftest import ENVIRONMENTS, Values, refuse, render

# What is wrong -> the environment, the values, and words the message must hold.
REFUSED: dict[str, tuple[str, Values, list[str]]] = {
    "minimum above maximum": (
        "staging",
        {"backend.autoscaling.minReplicas": 9},
        ["backend.autoscaling.minReplicas (9) is above maxReplicas (5)", "Kubernetes refuses"],
    ),
    "nothing to scale on": (
        "staging",
        {
            "frontend.autoscaling.targetCPUUtilizationPercentage": 0,
            "frontend.autoscaling.targetMemoryUtilizationPercentage": 0,
        },
        ["frontend.autoscaling is on with nothing to scale on", "frontend.replicas"],
    ),
    "a target without a request": (
        "staging",
        {"backend.resources.requests.cpu": None},
        ["target for cpu", "Set backend.resources.requests.cpu", "never act"],
    ),
    "killed in its sleep": (
        "staging",
        {"backend.preStopSleepSeconds": 45},
        ["backend.terminationGracePeriodSeconds (45) does not exceed backend.preStopSleepSeconds (45)", "killed"],
    ),
    "two addresses": (
        "staging",
        {"gateway.enabled": True, "gateway.parentRefs": [{"name": "g"}]},
        ["ingress.enabled and gateway.enabled are both on", "Keep one"],
    ),
    "an Ingress without a host": (
        "development",
        {"ingress.enabled": True},
        ["without ingress.host", "Set ingress.host"],
    ),
    "two issuers": (
        "staging",
        {"ingress.certManager.issuer": "a", "ingress.certManager.clusterIssuer": "b"},
        ["are both set", "refuses an Ingress with two issuers"],
    ),
    "an issuer without TLS": (
        "production",
        {"ingress.tls.enabled": False},
        ["ingress.tls.enabled is off", "in the clear", "Set ingress.tls.enabled: true"],
    ),
    "a certificate without TLS": (
        "staging",
        {"ingress.tls.enabled": False},
        ["ingress.tls.secretName", "in the clear"],
    ),
    "a route without a Gateway": (
        "development",
        {"gateway.enabled": True},
        ["gateway.enabled is on without gateway.parentRefs", "serves nobody"],
    ),
    "a controller nobody named": (
        "staging",
        {"networkPolicy.ingressController.podSelector": None},
        ["networkPolicy.ingressController has neither podSelector nor cidrs", "nothing from outside could reach DAIRA"],
    ),
    "an external host that is the bundled Service": (
        "staging",
        {"postgres.external.host": "daira-postgres", "secrets.values.POSTGRES_PASSWORD": "x"},
        ['postgres.external.host is "daira-postgres", the name of the bundled Service', "lead nowhere"],
    ),
    "an external Redis that is the bundled Service": (
        "staging",
        {"redis.external.host": "daira-redis.daira-test.svc", "secrets.values.REDIS_PASSWORD": "x"},
        ["the name of the bundled Service", "redis.external.host"],
    ),
    "external settings without a host": (
        "staging",
        {"postgres.external.user": "admin"},
        ["postgres.external has settings but no host", "Set postgres.external.host"],
    ),
    "more connections than PostgreSQL accepts": (
        "staging",
        {"backend.autoscaling.maxReplicas": 20},
        ["20 pods", "pool of 10", "postgres.maxConnections (100)", "Lower backend.database.poolSize"],
    ),
    "the wait outlasts the Job": (
        "staging",
        {"migrations.waitSeconds": 1800},
        ["migrations.waitSeconds is not below migrations.activeDeadlineSeconds"],
    ),
    "existingSecret at the top": (
        "staging",
        {"existingSecret": "daira-secrets"},
        ["existingSecret stands at the top of the values", "global: existingSecret: daira-secrets"],
    ),
    "an unknown mode": ("staging", {"secrets.mode": "guess"}, ['secrets.mode is "guess"', "generate or require"]),
    "an unknown secret": (
        "staging",
        {"secrets.values.POSTGRES_PASWORD": "x"},
        ["secrets.values.POSTGRES_PASWORD is no key DAIRA reads", "POSTGRES_PASSWORD"],
    ),
    "a secret that is a number": (
        "staging",
        {"secrets.values.POSTGRES_PASSWORD": 123456789},
        ["secrets.values.POSTGRES_PASSWORD is no text", "Put it in quotes"],
    ),
    "a connection string that is a number": (
        "staging",
        {"secrets.values.DATABASE_URL": 5432},
        ["secrets.values.DATABASE_URL is no text"],
    ),
    "a secret that is a switch": ("staging", {"secrets.values.JWT_SECRET": True}, ["JWT_SECRET is no text"]),
    "a URL past the bundled store": (
        "staging",
        {"secrets.values.DATABASE_URL": "postgresql://u:p@db.example/x"},
        ["secrets.values.DATABASE_URL leads to another store than the bundled postgres", "postgres.external.host"],
    ),
    "a Redis URL past the bundled store": (
        "staging",
        {"secrets.values.REDIS_URL": "redis://cache.example"},
        ["secrets.values.REDIS_URL leads to another store than the bundled redis"],
    ),
    "a known secret in the ConfigMap": (
        "staging",
        {"backend.config.JWT_SECRET": "x"},
        ["backend.config.JWT_SECRET looks like a secret", "Set secrets.values.JWT_SECRET"],
    ),
    "any secret in the ConfigMap": (
        "staging",
        {"backend.config.STRIPE_API_KEY": "x"},
        ["backend.config.STRIPE_API_KEY looks like a secret", "backend.extraEnv", "secretKeyRef"],
    ),
    "a Secret and values": (
        "production",
        {"secrets.values.JWT_SECRET": "x"},
        ["global.existingSecret and secrets.values are both set", "no effect"],
    ),
    "made-up secrets in production": (
        "production",
        {"global.existingSecret": "", "secrets.mode": "generate"},
        ["global.environment is production and the secrets would be made up", "global.existingSecret: daira-secrets"],
    ),
    "production without its Secret": (
        "production",
        {"global.existingSecret": ""},
        ["These secrets have no value", "JWT_SECRET", "daira-secrets"],
    ),
    "an unreadable memory limit": (
        "staging",
        {"backend.resources.limits.memory": "half"},
        ['memory quantity "half" cannot be read', "512Mi"],
    ),
    "PostgreSQL without a memory limit": (
        "staging",
        {"postgres.resources.limits.memory": None},
        ["postgres.resources.limits.memory is not set", "shared_buffers"],
    ),
    "Redis without a memory limit": (
        "staging",
        {"redis.resources.limits.memory": None},
        ["redis.resources.limits.memory is not set", "maxmemory"],
    ),
    "Jaeger without a memory limit": (
        "staging",
        {"monitoring.jaeger.resources.limits.memory": None},
        ["monitoring.jaeger.resources.limits.memory is not set"],
    ),
    "a scrape job that leads nowhere": (
        "staging",
        {"monitoring.prometheus.scrapeJobs.mine": {"port": 1}},
        ["monitoring.prometheus.scrapeJobs.mine has neither component, host nor targets"],
    ),
    "rules Prometheus would not read": (
        "staging",
        {"monitoring.rules": {"mine": {"groups": []}}},
        ["monitoring.rules.mine", "*.yaml only"],
    ),
}


# What the schema refuses before a template sees it; who skips the schema still gets the advice.
BY_SCHEMA = {
    "an Ingress without a host": "'/ingress/host': minLength",
    "a route without a Gateway": "'/gateway/parentRefs': minItems",
    "external settings without a host": "'/postgres/external/host': minLength",
    "an unknown mode": "'/secrets/mode': value must be one of 'generate', 'require'",
    "an unknown secret": "'/secrets/values': additional properties 'POSTGRES_PASWORD' not allowed",
    "a secret that is a number": "'/secrets/values/POSTGRES_PASSWORD': got number, want string",
    "a connection string that is a number": "'/secrets/values/DATABASE_URL': got number, want string",
    "a secret that is a switch": "'/secrets/values/JWT_SECRET': got boolean, want string",
    "an unreadable memory limit": "'/backend/resources/limits/memory': 'half' does not match pattern",
    "rules Prometheus would not read": "'mine' does not match pattern",
}
WITHOUT_SCHEMA = ("--skip-schema-validation",)


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_do_not_fit_are_refused_with_advice(case: str) -> None:
    environment, values, words = REFUSED[case]
    if case in BY_SCHEMA:
        assert BY_SCHEMA[case] in refuse(environment, values)
    message = refuse(environment, values, arguments=WITHOUT_SCHEMA if case in BY_SCHEMA else ())
    for word in words:
        assert word in message


# Whose host is the bundled Service's name, however the rest of the URL looks.
BUNDLED = {
    "DATABASE_URL": [
        "postgresql://daira:p@daira-postgres:5432/daira",
        "postgresql://daira:p%40db.example@daira-postgres:5432/daira?sslmode=disable&schema=public",
        "postgres://daira:p@home@daira-postgres/daira",
        "postgresql://daira:p@Daira-Postgres./daira",
        "postgresql://daira:p@daira-postgres.daira-test:5432/daira",
        "postgresql://daira:p@daira-postgres.daira-test.svc/daira",
        "postgresql://daira:p@daira-postgres.daira-test.svc.cluster.local:5432/daira?connect_timeout=5",
        "postgresql://daira:p@daira-postgres-0.daira-postgres-pods:5432/daira",
    ],
    "REDIS_URL": [
        "redis://daira-redis",
        "redis://:p@daira-redis:6379/0",
        "redis://default:p%2F%3F@daira-redis.daira-test.svc.cluster.local:6379?db=1",
    ],
}
# The bundled Service's name stands in each of them, but not as the host that is connected to.
ELSEWHERE = {
    "DATABASE_URL": [
        "postgresql://daira-postgres:p@db.example/daira",
        "postgresql://daira:daira-postgres@db.example:5432/daira",
        "postgresql://daira:p%40daira-postgres@db.example/daira",
        "postgresql://daira:p@db.example:5432/daira-postgres?application_name=daira-postgres",
        "postgresql://daira:p@db.example/daira?via=@daira-postgres:5432/x",
        "postgresql://daira:p@my-daira-postgres:5432/daira",
        "postgresql://daira:p@daira-postgres-other/daira",
        "postgresql://daira:p@daira-postgres.other.svc.cluster.local/daira",
        "postgresql://daira:p@daira-postgres.example.com/daira",
        "postgresql://daira:p@[2001:db8::1]:5432/daira-postgres",
    ],
    "REDIS_URL": ["redis://:daira-redis@cache.example:6379/0", "rediss://daira-redis.cache.example"],
}


@pytest.mark.parametrize(("key", "url"), [(key, url) for key, urls in BUNDLED.items() for url in urls])
def test_a_url_to_the_bundled_store_is_taken(key: str, url: str) -> None:
    assert render("staging", {f"secrets.values.{key}": url}).objects


@pytest.mark.parametrize(("key", "url"), [(key, url) for key, urls in ELSEWHERE.items() for url in urls])
def test_only_the_host_of_a_url_says_where_it_leads(key: str, url: str) -> None:
    message = refuse("staging", {f"secrets.values.{key}": url})
    assert f"secrets.values.{key} leads to another store than the bundled" in message
    assert url not in message  # there is a password in it


@pytest.mark.parametrize("host", ["daira-postgres.other.svc", "daira-postgres.example.com"])
def test_a_host_elsewhere_may_share_the_bundled_services_first_name(host: str) -> None:
    values: Values = {"postgres.external.host": host, "secrets.values.POSTGRES_PASSWORD": "x"}
    assert render("staging", values).objects


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_shipped_environments_fit(environment: str) -> None:
    assert render(environment).objects


def test_all_problems_are_named_at_once() -> None:
    values: Values = {"migrations.waitSeconds": 1800, "backend.preStopSleepSeconds": 60}
    message = refuse("staging", {**values, "ingress.host": ""}, arguments=WITHOUT_SCHEMA)
    assert "These values do not fit together:" in message
    for word in ("ingress.host", "migrations.waitSeconds", "backend.preStopSleepSeconds"):
        assert word in message


IMAGES = {
    "backend.image": "saintxlucid/daira/backend",
    "frontend.image": "saintxlucid/daira/frontend",
    "postgres.image": "postgres",
    "postgres.exporter.image": "prometheuscommunity/postgres-exporter",
    "redis.image": "redis",
    "redis.exporter.image": "oliver006/redis_exporter",
    "monitoring.prometheus.image": "prom/prometheus",
    "monitoring.alertmanager.image": "prom/alertmanager",
    "monitoring.grafana.image": "grafana/grafana",
    "monitoring.jaeger.image": "jaegertracing/jaeger",
}


@pytest.mark.parametrize("path", IMAGES)
def test_production_refuses_a_floating_tag_of_any_image(path: str) -> None:
    message = refuse("production", {f"{path}.tag": "latest"})
    assert f"- {path}.tag: {IMAGES[path]}:latest" in message
    assert "a rollback brings nothing back" in message


def test_production_names_every_floating_tag_at_once() -> None:
    message = refuse("production", {f"{path}.tag": "latest" for path in IMAGES})
    assert not [path for path in IMAGES if f"- {path}.tag:" not in message]


FLOATING = [
    "latest",
    "main",
    "1",
    "1.2",
    "v3",
    "stable",
    "15-alpine",
    "deadbee-dirty",
    "staging",
    "1.2.3-latest",
    "1.2.3-edge",
]


@pytest.mark.parametrize("tag", FLOATING)
def test_a_tag_that_moves_is_refused(tag: str) -> None:
    assert "image tags float" in refuse("production", {"backend.image.tag": tag})


@pytest.mark.parametrize(
    "tag", ["1.2.3", "v1.2.3", "1.2.3-rc.1", "sha-0a1b2c3", "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"]
)
def test_a_tag_that_names_one_version_is_taken(tag: str) -> None:
    assert render("production", {"backend.image.tag": tag}).objects


def test_a_digest_makes_any_tag_one_version() -> None:
    assert render("production", {"backend.image.tag": "latest", "backend.image.digest": f"sha256:{'0' * 64}"}).objects


def test_a_component_that_is_off_may_have_any_tag() -> None:
    values: Values = {"monitoring.grafana.image.tag": "latest", "monitoring.grafana.enabled": False}
    assert render("production", values).objects


@pytest.mark.parametrize("environment", ["development", "staging"])
def test_outside_production_a_floating_tag_is_allowed(environment: str) -> None:
    assert render(environment, {"backend.image.tag": "latest"}).objects
