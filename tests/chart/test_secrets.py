"""Secrets: who wins, what is kept through upgrades and reinstallation, what is refused, and where they may appear."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from tests.chart.conftest import ENVIRONMENTS, Object, Release, Values, refuse, render
from tests.chart.fakeapi import serving
from tests.chart.walk import pods

PASSWORDS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "GRAFANA_ADMIN_PASSWORD")
KEYS = {*PASSWORDS, "JWT_SECRET", "DATABASE_URL", "REDIS_URL"}

Live = Callable[[list[Object]], tuple[str, ...]]


@pytest.fixture
def live(tmp_path: Path, request: pytest.FixtureRequest) -> Live:
    """Helm's arguments for a cluster that holds these Secrets, until the test ends."""

    def start(secrets: list[Object]) -> tuple[str, ...]:
        context = serving(secrets, tmp_path)
        arguments = context.__enter__()
        request.addfinalizer(lambda: context.__exit__(None, None, None))
        return arguments

    return start


def plain(release: Release, name: str = "secrets") -> dict[str, str]:
    """A Secret's data, decoded."""
    data = release.get("Secret", name)["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def in_cluster(data: dict[str, str] | None, *, owner: str | None = "daira") -> Object:
    """daira-secrets as the cluster holds it. owner: the release Helm noted; None when Helm never touched it."""
    noted = {"meta.helm.sh/release-name": owner, "meta.helm.sh/release-namespace": "daira-test"} if owner else {}
    made: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": "daira-secrets", "namespace": "daira-test", "annotations": noted},
    }
    if owner:
        made["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    if data is not None:
        made["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return made


def installed() -> Object:
    """daira-secrets as the first installation of staging left it."""
    made = render("staging").get("Secret", "secrets")
    annotations = {**made["metadata"]["annotations"], "meta.helm.sh/release-name": "daira"}
    annotations["meta.helm.sh/release-namespace"] = "daira-test"
    return {**made, "metadata": {**made["metadata"], "annotations": annotations}}


def test_generated_secrets_are_long_alphanumeric_and_all_different() -> None:
    data = plain(render("staging"))
    assert set(data) == KEYS
    for key in PASSWORDS:
        assert re.fullmatch(r"[A-Za-z0-9]{32}", data[key]), key
    assert re.fullmatch(r"[A-Za-z0-9]{64}", data["JWT_SECRET"])
    assert len({data[key] for key in (*PASSWORDS, "JWT_SECRET")}) == 4
    assert data["DATABASE_URL"] == f"postgresql://daira:{data['POSTGRES_PASSWORD']}@daira-postgres:5432/daira"
    assert data["REDIS_URL"] == f"redis://:{data['REDIS_PASSWORD']}@daira-redis:6379"


def test_the_secret_outlives_the_release() -> None:
    annotations = render("staging").get("Secret", "secrets")["metadata"]["annotations"]
    assert annotations["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize("arguments", [("--is-upgrade",), ()], ids=["upgrade", "reinstall over a kept Secret"])
def test_every_byte_is_kept(live: Live, arguments: tuple[str, ...]) -> None:
    secret = installed()
    again = render("staging", arguments=(*live([secret]), *arguments))
    assert again.get("Secret", "secrets")["data"] == secret["data"]


def test_without_the_secret_in_the_cluster_new_ones_are_made(live: Live) -> None:
    """The control of the test above: it is the lookup that keeps the bytes."""
    again = render("staging", arguments=live([]))
    assert again.get("Secret", "secrets")["data"] != installed()["data"]


def test_an_upgrade_that_switches_components_off_keeps_their_passwords(live: Live) -> None:
    secret = installed()
    values = {"redis.enabled": False, "monitoring.enabled": False}
    assert render("staging", values, arguments=live([secret])).get("Secret", "secrets")["data"] == secret["data"]


def test_a_missing_key_is_made_and_the_others_are_kept(live: Live) -> None:
    data = plain(render("staging", arguments=live([in_cluster({"POSTGRES_PASSWORD": "old", "JWT_SECRET": "token"})])))
    assert set(data) == KEYS
    assert (data["POSTGRES_PASSWORD"], data["JWT_SECRET"]) == ("old", "token")
    assert data["DATABASE_URL"] == "postgresql://daira:old@daira-postgres:5432/daira"
    assert re.fullmatch(r"[A-Za-z0-9]{32}", data["REDIS_PASSWORD"])


@pytest.mark.parametrize("data", [None, {}], ids=["no data at all", "empty data"])
def test_a_secret_without_data_is_filled(live: Live, data: dict[str, str] | None) -> None:
    assert set(plain(render("staging", arguments=live([in_cluster(data)])))) == KEYS


@pytest.mark.parametrize(("owner", "said"), [("other", 'belongs to release "other"'), (None, "no release made it")])
def test_somebody_elses_secret_is_refused(live: Live, owner: str | None, said: str) -> None:
    message = refuse("staging", arguments=live([in_cluster({"POSTGRES_PASSWORD": "theirs"}, owner=owner)]))
    assert said in message
    assert '"daira-secrets" is in namespace "daira-test" already' in message
    assert "existingSecret: daira-secrets" in message
    assert "theirs" not in message


def test_a_given_value_wins_over_the_cluster(live: Live) -> None:
    secret = in_cluster({"JWT_SECRET": "old", "POSTGRES_PASSWORD": "kept"})
    data = plain(render("staging", {"secrets.values.JWT_SECRET": "new"}, arguments=live([secret])))
    assert (data["JWT_SECRET"], data["POSTGRES_PASSWORD"]) == ("new", "kept")


def test_a_changed_password_recomposes_the_connection_string(live: Live) -> None:
    values = {"secrets.values.POSTGRES_PASSWORD": "p@ss/w:rd ?#%+", "secrets.values.REDIS_PASSWORD": "r@d:s/"}
    data = plain(render("staging", values, arguments=live([installed()])))
    database, cache = urlsplit(data["DATABASE_URL"]), urlsplit(data["REDIS_URL"])
    assert (unquote(database.password or ""), database.hostname) == ("p@ss/w:rd ?#%+", "daira-postgres")
    assert (unquote(cache.password or ""), cache.hostname) == ("r@d:s/", "daira-redis")


def test_a_connection_string_of_ones_own_stays_while_its_password_does(live: Live) -> None:
    url = "postgresql://daira:pw@daira-postgres:5432/daira?connection_limit=3"
    secret = in_cluster({"POSTGRES_PASSWORD": "pw", "DATABASE_URL": url})
    assert plain(render("staging", arguments=live([secret])))["DATABASE_URL"] == url


def test_moving_to_another_database_needs_its_password_and_makes_a_new_connection_string(live: Live) -> None:
    arguments = live([installed()])
    away: Values = {"postgres.external.host": "db.example"}
    message = refuse("staging", away, arguments=arguments)
    assert "POSTGRES_PASSWORD" in message
    assert "external one, whose password only you know" in message
    moved = render("staging", {**away, "secrets.values.POSTGRES_PASSWORD": "theirs"}, arguments=arguments)
    assert plain(moved)["DATABASE_URL"] == "postgresql://daira:theirs@db.example:5432/daira?sslmode=require"
    assert plain(moved, "migrations") == {"DATABASE_URL": plain(moved)["DATABASE_URL"]}


def test_mode_require_names_every_missing_key() -> None:
    message = refuse("staging", {"secrets.mode": "require"})
    assert (
        "These secrets have no value: GRAFANA_ADMIN_PASSWORD, JWT_SECRET, POSTGRES_PASSWORD, REDIS_PASSWORD." in message
    )
    assert "existingSecret: daira-secrets" in message
    assert "GitOps" in message


def test_mode_require_names_only_what_is_missing_and_needed() -> None:
    values = {"secrets.mode": "require", "secrets.values.JWT_SECRET": "given", "monitoring.enabled": False}
    message = refuse("staging", values)
    assert "These secrets have no value: POSTGRES_PASSWORD, REDIS_PASSWORD." in message


def test_mode_require_keeps_nothing_from_the_cluster(live: Live) -> None:
    """What a GitOps tool can not see must not be needed when a person renders either."""
    assert "JWT_SECRET" in refuse("staging", {"secrets.mode": "require"}, arguments=live([installed()]))


def test_mode_require_is_content_with_given_values() -> None:
    values = {
        "secrets.mode": "require",
        **{f"secrets.values.{key}": f"given-{key}" for key in (*PASSWORDS, "JWT_SECRET")},
    }
    assert plain(render("staging", values))["JWT_SECRET"] == "given-JWT_SECRET"


def references(objects: list[Object]) -> set[str]:
    """Every Secret the pods read, but certificates of the Ingress."""
    found: set[str] = set()
    for pod in pods(objects):
        for container in pod.containers:
            for env in container.get("env", []):
                ref = env.get("valueFrom", {}).get("secretKeyRef")
                found |= {ref["name"]} if ref else set()
            found |= {source["secretRef"]["name"] for source in container.get("envFrom", []) if "secretRef" in source}
        for volume in pod.spec.get("volumes", []):
            found |= {volume["secret"]["secretName"]} if "secret" in volume else set()
            for source in volume.get("projected", {}).get("sources", []):
                found |= {source["secret"]["name"]} if "secret" in source else set()
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_with_an_existing_secret_none_is_made_and_every_reference_names_it(environment: str) -> None:
    release = render(environment, {"global.existingSecret": "ours"})
    assert not release.of("Secret")
    assert references(release.objects) == {"ours"}


@pytest.mark.parametrize("store", ["postgres", "redis"])
def test_with_an_existing_secret_external_stores_name_it_too(store: str) -> None:
    release = render("staging", {"global.existingSecret": "ours", f"{store}.external.host": "store.example"})
    assert references(release.objects) == {"ours"}


def test_without_one_every_reference_is_to_the_releases_own_secret() -> None:
    """The control: references() sees them."""
    assert references(render("staging").objects) == {"daira-secrets"}


def test_an_existing_secret_that_lacks_a_key_is_refused_where_it_can_be_seen(live: Live) -> None:
    secret = in_cluster(dict.fromkeys(KEYS - {"JWT_SECRET", "REDIS_PASSWORD"}, "x"), owner=None)
    message = refuse("staging", {"global.existingSecret": "daira-secrets"}, arguments=live([secret]))
    assert 'the Secret "daira-secrets" has no JWT_SECRET, REDIS_PASSWORD' in message


def test_an_existing_secret_that_is_whole_is_taken(live: Live) -> None:
    secret = in_cluster(dict.fromkeys(KEYS, "x"), owner=None)
    assert not render("staging", {"global.existingSecret": "daira-secrets"}, arguments=live([secret])).of("Secret")


ALONE: Values = {"postgres.external.host": "db.example", "postgres.exporter.enabled": False}


def test_no_password_is_asked_for_that_nobody_reads(live: Live) -> None:
    values: Values = {**ALONE, "secrets.values.DATABASE_URL": "postgresql://u:p@db.example/d"}
    assert "POSTGRES_PASSWORD" not in plain(render("staging", values))
    secret = in_cluster(dict.fromkeys(KEYS - {"POSTGRES_PASSWORD"}, "x"), owner=None)
    assert render("staging", {**ALONE, "global.existingSecret": "daira-secrets"}, arguments=live([secret])).objects


def leaks(objects: list[Object], secrets: list[str]) -> list[str]:
    """Objects other than Secrets in which one of these texts appears."""
    texts = {
        f"{item['kind']}/{item['metadata']['name']}": json.dumps(item) for item in objects if item["kind"] != "Secret"
    }
    return [where for where, text in texts.items() if any(secret in text for secret in secrets)]


GIVEN: dict[str, Any] = {f"secrets.values.{key}": f"sentinel-{key}" for key in (*PASSWORDS, "JWT_SECRET")}


@pytest.mark.parametrize("values", [{}, GIVEN], ids=["made up", "given"])
def test_no_secret_appears_outside_a_secret(values: Values) -> None:
    release = render("staging", values)
    assert not leaks(release.objects, list(plain(release).values()))


def test_a_secret_in_a_configmap_would_be_found() -> None:
    release = render("staging", {"backend.config.CORS_ORIGIN": "sentinel-JWT_SECRET", **GIVEN})
    assert leaks(release.objects, list(plain(release).values())) == ["ConfigMap/daira-backend"]


def test_no_message_of_helm_repeats_a_given_secret() -> None:
    message = refuse("staging", {**GIVEN, "global.existingSecret": "ours"})
    assert "sentinel" not in message
