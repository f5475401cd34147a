"""Configuration: what is derived from limits, what restarts pods, nginx's files, what Prometheus scrapes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.chart.conftest import ROOT, Release, Values, refuse, render
from tests.chart.walk import named, pod

UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 1e3, "M": 1e6, "G": 1e9, "": 1}


@st.composite
def memory_limits(draw: st.DrawFn) -> tuple[object, int]:
    """A memory limit between 96 MiB and 64 GiB as users write it, and the same in whole MiB."""
    mebibytes = draw(st.integers(96, 65536))
    unit = draw(st.sampled_from(sorted(UNITS)))
    if unit == "":
        amount: object = mebibytes * 2**20
        return draw(st.sampled_from([amount, str(amount)])), mebibytes
    number = max(1, round(mebibytes * 2**20 / UNITS[unit]))
    return f"{number}{unit}", int(number * UNITS[unit] / 2**20)


def settings(release: Release) -> dict[str, str]:
    """postgresql.conf as a map."""
    text = release.get("ConfigMap", "postgres")["data"]["postgresql.conf"]
    return dict(re.findall(r"(?m)^(\S+) = '(.*)'$", text))


def redis_settings(release: Release) -> dict[str, str]:
    """redis.conf as a map."""
    text = release.get("ConfigMap", "redis")["data"]["redis.conf"]
    return dict(re.findall(r"(?m)^([a-z-]+) (.+)$", text))


# Derived from limits


@given(limit=memory_limits())
def test_everything_derived_from_a_memory_limit_follows_it(limit: tuple[object, int]) -> None:
    quantity, mebibytes = limit
    release = render(
        "development",
        {f"{component}.resources.limits.memory": quantity for component in ("backend", "postgres", "redis")}
        | {"monitoring.jaeger.resources.limits.memory": quantity},
    )
    heap = release.get("ConfigMap", "backend")["data"]["NODE_OPTIONS"]
    assert heap == f"--max-old-space-size={mebibytes * 70 // 100}"
    assert redis_settings(release)["maxmemory"] == f"{mebibytes * 75 // 100}mb"
    postgres = settings(release)
    assert postgres["shared_buffers"] == f"{mebibytes // 4}MB"
    assert postgres["effective_cache_size"] == f"{mebibytes * 70 // 100}MB"
    work = int(postgres["work_mem"].removesuffix("kB")) / 1024
    assert work >= 1
    # Every connection with three sorts, beside the shared buffers, stays inside the limit; the floor of 1 MB aside.
    assert work == 1 or mebibytes // 4 + 100 * 3 * work <= mebibytes
    assert 16 <= int(postgres["maintenance_work_mem"].removesuffix("MB")) <= 1024
    jaeger = pod(release.objects, "jaeger").spec["containers"][0]
    assert named(jaeger["env"], "GOMEMLIMIT")["value"] == f"{mebibytes * 80 // 100}MiB"


def test_the_heap_of_the_default_limit() -> None:
    assert render("staging").get("ConfigMap", "backend")["data"]["NODE_OPTIONS"] == "--max-old-space-size=358"


def test_a_fraction_of_a_gibibyte() -> None:
    release = render("staging", {"backend.resources.limits.memory": "1.5Gi"})
    assert release.get("ConfigMap", "backend")["data"]["NODE_OPTIONS"] == "--max-old-space-size=1075"


def test_the_write_ahead_log_follows_the_volume() -> None:
    assert settings(render("staging"))["max_wal_size"] == "1024MB"
    assert settings(render("staging", {"postgres.persistence.size": "1Gi"}))["max_wal_size"] == "128MB"
    assert settings(render("staging", {"postgres.persistence.size": "1Ti"}))["max_wal_size"] == "4096MB"


def test_work_mem_shrinks_with_the_connections() -> None:
    few = settings(render("staging", {"postgres.maxConnections": 80}))
    many = settings(render("staging", {"postgres.maxConnections": 120}))
    assert int(few["work_mem"].removesuffix("kB")) > int(many["work_mem"].removesuffix("kB"))
    assert (few["max_connections"], many["max_connections"]) == ("80", "120")


# The stores' files


def test_postgres_settings_of_ones_own_win() -> None:
    config = {"work_mem": "8MB", "autovacuum": False, "log_min_duration_statement": 200, "search_path": "it's"}
    made = settings(render("staging", {"postgres.config": config}))
    assert made["work_mem"] == "8MB"
    assert (made["autovacuum"], made["log_min_duration_statement"], made["search_path"]) == ("off", "200", "it''s")


def test_postgres_lets_nobody_in_without_a_password() -> None:
    data = render("staging").get("ConfigMap", "postgres")["data"]
    lines = [line.split() for line in data["pg_hba.conf"].splitlines() if line and not line.startswith("#")]
    assert lines == [
        ["local", "all", "all", "trust"],
        ["host", "all", "postgres", "all", "reject"],
        ["host", "all", "all", "all", "scram-sha-256"],
    ]
    assert settings(render("staging"))["password_encryption"] == "scram-sha-256"


def test_postgres_is_fifteen_with_its_data_below_the_mount() -> None:
    made = pod(render("staging").objects, "postgres").spec
    (server,) = made["containers"]
    assert server["image"].startswith("postgres:15.")
    assert named(server["volumeMounts"], "data")["mountPath"] == "/var/lib/postgresql/data"
    assert named(server["env"], "PGDATA")["value"].startswith("/var/lib/postgresql/data/")
    guard = named(made["initContainers"], "init")
    assert named(guard["env"], "EXPECTED_MAJOR")["value"] == "15"
    for probe in ("startup", "readiness", "liveness"):
        assert "pg_isready" in " ".join(server[f"{probe}Probe"]["exec"]["command"])


def test_redis_writes_its_file_every_second_and_reads_its_password_from_memory() -> None:
    made = redis_settings(render("staging"))
    assert (made["appendonly"], made["appendfsync"], made["dir"]) == ("yes", "everysec", "/data")
    assert (made["maxmemory"], made["maxmemory-policy"]) == ("192mb", "allkeys-lru")
    assert "requirepass" not in made
    assert made["include"] == "/run/redis/auth.conf"
    spec = pod(render("staging").objects, "redis").spec
    assert named(spec["volumes"], "run")["emptyDir"]["medium"] == "Memory"
    assert spec["containers"][0]["image"].startswith("redis:7.")


def test_redis_settings_of_ones_own_win() -> None:
    made = redis_settings(render("staging", {"redis.config": {"maxclients": 2000000, "save": "", "appendonly": False}}))
    assert (made["maxclients"], made["save"], made["appendonly"]) == ("2000000", '""', "no")


def test_redis_probes_hold_no_password() -> None:
    (server,) = pod(render("staging").objects, "redis").spec["containers"]
    for probe in ("startup", "readiness", "liveness"):
        assert server[f"{probe}Probe"]["exec"]["command"][:2] == ["sh", "/etc/redis/probe.sh"]
    script = render("staging").get("ConfigMap", "redis")["data"]["probe.sh"]
    assert "redis-cli" in script
    assert not re.search(r"redis-cli[^\n]* (-a|--pass)\b", script)


# The backend's environment


def test_the_backends_environment() -> None:
    data = render("staging").get("ConfigMap", "backend")["data"]
    assert data["NODE_ENV"] == "staging"
    assert data["PORT"] == "3000"
    assert data["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://daira-jaeger:4317"
    (server,) = pod(render("staging").objects, "backend").spec["containers"]
    assert [env["name"] for env in server["env"]] == ["DATABASE_URL", "REDIS_URL", "JWT_SECRET"]
    for env in server["env"]:
        assert env["valueFrom"] == {"secretKeyRef": {"name": "daira-secrets", "key": env["name"]}}


@pytest.mark.parametrize(("environment", "node_env"), [("defaults", "development"), ("production", "production")])
def test_node_env_follows_the_environment(environment: str, node_env: str) -> None:
    assert render(environment).get("ConfigMap", "backend")["data"]["NODE_ENV"] == node_env


def test_every_setting_is_text_in_the_spelling_it_was_given() -> None:
    config = {"A_BIG_NUMBER": 1000000, "A_FRACTION": 0.25, "A_SWITCH": False, "ZERO": 0, "EMPTY": "", "NOTHING": None}
    data = render("staging", {"backend.config": config}).get("ConfigMap", "backend")["data"]
    assert {key: data.get(key) for key in config} == {
        "A_BIG_NUMBER": "1000000",
        "A_FRACTION": "0.25",
        "A_SWITCH": "false",
        "ZERO": "0",
        "EMPTY": None,
        "NOTHING": None,
    }
    assert all(isinstance(value, str) for value in data.values())


def test_a_commit_of_digits_alone_is_a_tag_like_any_other() -> None:
    """YAML reads tag: 1234567 as a number, and 1.10 as another one than was written: quotes are asked for."""
    assert "'/backend/image/tag': got number, want string" in refuse("staging", {"backend.image.tag": 1234567})
    (server,) = pod(render("staging", {"backend.image.tag": "1234567"}).objects, "backend").spec["containers"]
    assert server["image"] == "saintxlucid/daira/backend:1234567"


def test_without_tracing_nothing_points_at_jaeger() -> None:
    data = render("staging", {"backend.tracing.enabled": False}).get("ConfigMap", "backend")["data"]
    assert not [key for key in data if key.startswith("OTEL")]


# What restarts pods

CHECKSUM = "checksum/config"
RESTARTS: dict[str, Values] = {
    "backend": {"backend.config.LOG_LEVEL": "warn"},
    "frontend": {"frontend.nginx.clientMaxBodySize": "2m"},
    "postgres": {"postgres.config": {"work_mem": "8MB"}},
    "redis": {"redis.config": {"maxclients": 20}},
    "prometheus": {"monitoring.rules": {"a.yaml": {"groups": []}}},
    "alertmanager": {"monitoring.alertmanager.config.global.resolve_timeout": "6m"},
    "grafana": {"monitoring.grafana.rootUrl": "https://grafana.example/"},
    "jaeger": {"monitoring.jaeger.retention": "1h"},
}


def checksums(release: Release) -> dict[str, str]:
    """The checksum of every pod that has one, by component."""
    made = {component: pod(release.objects, component).metadata for component in RESTARTS}
    return {component: metadata["annotations"][CHECKSUM] for component, metadata in made.items()}


@pytest.mark.parametrize("component", RESTARTS)
def test_a_changed_configuration_restarts_its_own_pods_only(component: str) -> None:
    before, after = checksums(render("staging")), checksums(render("staging", RESTARTS[component]))
    assert {name for name in before if before[name] != after[name]} == {component}


def test_what_is_no_configuration_restarts_nothing() -> None:
    values: Values = {
        "backend.autoscaling.maxReplicas": 6,
        "backend.service.annotations": {"a": "b"},
        "ingress.annotations": {"a": "b"},
        "monitoring.grafana.dashboards": {"a.json": "{}"},
        "postgres.initScripts": {"a.sql": "SELECT 1;"},
        "secrets.values.JWT_SECRET": "another",
    }
    assert checksums(render("staging", values)) == checksums(render("staging"))


# nginx


def test_the_images_nginx_conf_is_the_default_rendering() -> None:
    rendered = render("defaults").get("ConfigMap", "frontend")["data"]["nginx.conf"]
    assert (ROOT / "images" / "nginx.conf").read_text(encoding="utf-8") == rendered


def test_the_images_server_differs_in_the_upstream_line_only() -> None:
    rendered = render("defaults").get("ConfigMap", "frontend")["data"]["default.conf"].splitlines()
    image = (ROOT / "images" / "nginx-default.conf").read_text(encoding="utf-8").splitlines()
    assert len(rendered) == len(image)
    assert [(ours, theirs) for ours, theirs in zip(rendered, image, strict=True) if ours != theirs] == [
        (
            "    server daira-backend.daira-test.svc.cluster.local:3000 resolve max_fails=0;",
            "    server backend:3000 resolve max_fails=0;",
        )
    ]


def nginx(values: Values | None = None) -> str:
    """Both of nginx's files as staging has them."""
    data = render("staging", values).get("ConfigMap", "frontend")["data"]
    return str(data["nginx.conf"]) + str(data["default.conf"])


def test_nginx_keeps_the_guides_promises() -> None:
    text = nginx()
    for line in (
        "limit_req_zone $binary_remote_addr zone=general:10m rate=10r/s;",
        "limit_req_zone $binary_remote_addr zone=api:10m rate=30r/s;",
        "limit_req_status 429;",
        "gzip on;",
        "gzip_vary on;",
        "gzip_min_length 1000;",
        "proxy_set_header X-Real-IP $remote_addr;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header X-Forwarded-Proto $forwarded_proto;",
        "try_files $uri /index.html;",
        "location ^~ /api/ {",
        "location ^~ /socket.io {",
        "add_header Retry-After $retry_after always;",
    ):
        assert line in text, line


def test_an_empty_header_is_left_out() -> None:
    assert "Strict-Transport-Security" in nginx().replace("proxy_hide_header Strict-Transport-Security", "")
    text = render("development").get("ConfigMap", "frontend")["data"]["nginx.conf"]
    assert "Strict-Transport-Security" not in text
    assert 'add_header X-Frame-Options "SAMEORIGIN" always;' in text


def test_ipv6_is_listened_on_only_when_asked() -> None:
    assert "listen [::]:8080;" not in nginx()
    assert "listen [::]:8080;" in nginx({"frontend.nginx.ipv6": True})


def test_every_trusted_proxy_is_named_twice() -> None:
    text = nginx({"frontend.trustedProxies": ["10.9.0.0/16", "fd00::/8"]})
    for network in ("10.9.0.0/16", "fd00::/8"):
        assert f"set_real_ip_from {network};" in text
        assert f"{network} 1;" in text


@pytest.mark.parametrize("domain", ["cluster.local", "example.internal"])
def test_nginx_asks_for_the_backends_complete_name(domain: str) -> None:
    release = render("staging", {"global.clusterDomain": domain}, release="my", namespace="ns")
    assert (
        f"server my-backend.ns.svc.{domain}:3000 resolve"
        in release.get("ConfigMap", "frontend")["data"]["default.conf"]
    )


# Prometheus


def prometheus(release: Release) -> dict[str, Any]:
    """prometheus.yml."""
    loaded: dict[str, Any] = yaml.safe_load(release.get("ConfigMap", "prometheus")["data"]["prometheus.yml"])
    return loaded


def test_what_prometheus_scrapes_and_how_often() -> None:
    made = prometheus(render("staging"))
    assert (made["global"]["scrape_interval"], made["global"]["evaluation_interval"]) == ("15s", "15s")
    jobs = {it["job_name"]: it for it in made["scrape_configs"]}
    assert set(jobs) == {"alertmanager", "backend", "grafana", "jaeger", "postgres", "prometheus", "redis"}
    assert (jobs["backend"]["scrape_interval"], jobs["backend"]["metrics_path"]) == ("10s", "/api/metrics")
    assert not [name for name, it in jobs.items() if name != "backend" and "scrape_interval" in it]
    for name, component, port in (
        ("backend", "backend-pods", 3000),
        ("postgres", "postgres-exporter", 9187),
        ("redis", "redis-exporter", 9121),
        ("alertmanager", "alertmanager", 9093),
        ("grafana", "grafana", 3001),
        ("jaeger", "jaeger", 8888),
    ):
        (found,) = jobs[name]["dns_sd_configs"]
        assert found["names"] == [f"daira-{component}.daira-test.svc.cluster.local."]
        assert found["port"] == port
        service = render("staging").get("Service", component)
        assert port in {it["port"] for it in service["spec"]["ports"]}


@pytest.mark.parametrize("component", ["alertmanager", "grafana", "jaeger"])
def test_what_is_switched_off_is_no_target(component: str) -> None:
    made = prometheus(render("staging", {f"monitoring.{component}.enabled": False}))
    assert component not in {it["job_name"] for it in made["scrape_configs"]}
    assert ("alerting" in made) == (component != "alertmanager")


def test_prometheus_says_where_it_stands() -> None:
    assert prometheus(render("production"))["global"]["external_labels"] == {
        "environment": "production",
        "namespace": "daira-test",
        "release": "daira",
    }


def test_grafana_asks_only_what_is_there() -> None:
    def sources(values: Values) -> set[str]:
        data = render("staging", values).get("ConfigMap", "grafana")["data"]
        return {it["uid"] for it in yaml.safe_load(data["datasources.yaml"])["datasources"]}

    assert sources({}) == {"prometheus", "alertmanager", "jaeger"}
    assert sources({"monitoring.jaeger.enabled": False}) == {"prometheus", "alertmanager"}


def test_rule_files_lie_where_prometheus_looks() -> None:
    release = render("staging", {"monitoring.rules": {"a.yaml": {"groups": []}, "b.yaml": "groups: []"}})
    assert prometheus(release)["rule_files"] == ["/etc/prometheus/rules/*.yaml"]
    volume = named(pod(release.objects, "prometheus").spec["volumes"], "config")
    items = [it for source in volume["projected"]["sources"] for it in source["configMap"].get("items", [])]
    assert items == [{"key": name, "path": f"rules/{name}"} for name in ("a.yaml", "b.yaml")]
    data = release.get("ConfigMap", "prometheus-rules")["data"]
    assert {name: yaml.safe_load(text) for name, text in data.items()} == {name: {"groups": []} for name in data}
