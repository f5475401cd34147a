"""What must go on when a neighbour is away or comes back changed."""

from __future__ import annotations

import json

from tests.live.conftest import NAMESPACE, Site, wait_until


def test_the_frontend_starts_without_the_backend_and_follows_its_new_service(site: Site) -> None:
    """Removes the backend's Service, starts a frontend pod meanwhile, and brings the Service back at a new address."""
    service = site.get("service", "daira-backend")
    old = service["spec"]["clusterIP"]
    for field in ("clusterIP", "clusterIPs"):
        del service["spec"][field]
    labels, annotations = service["metadata"]["labels"], service["metadata"].get("annotations", {})
    service["metadata"] = {
        "name": "daira-backend",
        "namespace": NAMESPACE,
        "labels": labels,
        "annotations": annotations,
    }
    del service["status"]
    site.kubectl.run("delete", "service", "daira-backend", "-n", NAMESPACE)
    try:
        gone = site.pods("frontend")[0]
        site.kubectl.run("delete", "pod", gone, "-n", NAMESPACE, timeout=120)
        site.rollout("deployment/daira-frontend")
        started = [pod for pod in site.get("pods", "-l", "app.kubernetes.io/name=frontend")["items"] if _ready(pod)]
        assert gone not in [pod["metadata"]["name"] for pod in started]
        with site.service("daira-frontend", 80) as client:
            assert client.ask("GET", "/").status == 200
            wait_until(
                lambda: client.ask("GET", "/api/health").status in (502, 503, 504), 30, "an error of the gateway"
            )
    finally:
        # under Helm's name, so that Helm still owns what it made
        words = ["apply", "--server-side", "--force-conflicts", "--field-manager=helm", "-f", "-"]
        site.kubectl.run(*words, stdin=json.dumps(service))
    assert site.get("service", "daira-backend")["spec"]["clusterIP"] != old
    restarts = _restarts(site)
    with site.service("daira-frontend", 80) as client:
        wait_until(lambda: client.ask("GET", "/api/health").status == 200, 30, "the backend at its new address")
    assert _restarts(site) == restarts, "following a new address needs no restart"


def _ready(pod: dict[str, object]) -> bool:
    status = pod["status"]
    assert isinstance(status, dict)
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))


def _restarts(site: Site) -> dict[str, int]:
    pods = site.get("pods", "-l", "app.kubernetes.io/name=frontend")["items"]
    return {pod["metadata"]["name"]: sum(s["restartCount"] for s in pod["status"]["containerStatuses"]) for pod in pods}
