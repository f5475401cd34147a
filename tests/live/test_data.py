"""What a user writes stays, whatever happens to the pods."""

from __future__ import annotations

from tests.live.conftest import Client, Site, wait_until


def test_a_post_outlives_a_restart_of_the_backend(site: Site, frontend: Client) -> None:
    post = frontend.write_post(frontend.register())
    before = set(site.pods("backend"))
    site.kubectl.run("rollout", "restart", "deployment/daira-backend", "-n", "daira-staging")
    site.rollout("deployment/daira-backend")
    assert not before & set(site.pods("backend"))
    assert frontend.read_post(post)["title"] == post["title"]


def test_a_post_outlives_the_database_pod(site: Site, frontend: Client) -> None:
    token = frontend.register()
    post = frontend.write_post(token)
    uid = site.get("pod", "daira-postgres-0")["metadata"]["uid"]
    restarts = _restarts(site)
    site.kubectl.run("delete", "pod", "daira-postgres-0", "-n", "daira-staging", timeout=180)
    wait_until(lambda: site.get("pod", "daira-postgres-0")["metadata"]["uid"] != uid, 120, "a new database pod")
    site.rollout("statefulset/daira-postgres")
    wait_until(
        lambda: frontend.ask("POST", "/api/posts", body={"title": "after", "body": "x"}, token=token).status == 201,
        60,
        "writing again",
    )
    assert frontend.read_post(post)["title"] == post["title"]
    assert post["id"] in [found["id"] for found in frontend.ask("GET", "/api/posts").json()]
    after = _restarts(site)
    grown = [name for name in restarts if after.get(name, 0) > restarts[name]]
    assert grown == [], "an outage of the database must not restart the backend"


def _restarts(site: Site) -> dict[str, int]:
    pods = site.get("pods", "-l", "app.kubernetes.io/name=backend")["items"]
    return {pod["metadata"]["name"]: sum(s["restartCount"] for s in pod["status"]["containerStatuses"]) for pod in pods}


def test_a_wrong_token_writes_nothing(frontend: Client) -> None:
    answer = frontend.ask("POST", "/api/posts", body={"title": "no", "body": "no"}, token="not.a.token")
    assert answer.status == 401
