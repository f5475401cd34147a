"""Two releases in one namespace: neither touches what is the other's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.conftest import NAMESPACE, Site

NAME = "second"


@pytest.fixture
def second(site: Site) -> Iterator[str]:
    """Another release beside `daira`; it goes with its Secret and its volumes."""
    values = site.machine.root / "values" / "development.yaml"
    words: list[str | Path] = [
        "upgrade",
        "--install",
        NAME,
        site.machine.chart,
        "-f",
        values,
        "--set",
        "monitoring.enabled=false",
    ]
    site.helm(*words, "--wait", "--wait-for-jobs", "--timeout", "300s")
    yield NAME
    site.helm("uninstall", NAME, "--wait", "--timeout", "180s")
    left = ["-l", f"app.kubernetes.io/instance={NAME}", "-n", NAMESPACE]
    site.kubectl.run("delete", "secrets,persistentvolumeclaims", *left, timeout=180)


def test_each_has_data_of_its_own_and_the_first_is_left_alone(site: Site, request: pytest.FixtureRequest) -> None:
    before = _first(site)
    request.getfixturevalue("second")
    with site.service(f"{NAME}-frontend", 80) as second, site.service("daira-frontend", 80) as first:
        theirs = second.write_post(second.register())
        ours = first.write_post(first.register())
        assert second.read_post(theirs)["title"] == theirs["title"]
        assert theirs["title"] not in [post["title"] for post in first.ask("GET", "/api/posts").json()]
        assert ours["title"] not in [post["title"] for post in second.ask("GET", "/api/posts").json()]
    assert _first(site) == before, "the first release's pods were not touched"
    passwords = [site.get("secret", f"{name}-secrets")["data"]["POSTGRES_PASSWORD"] for name in ("daira", NAME)]
    assert len(set(passwords)) == 2


def _first(site: Site) -> dict[str, int]:
    """The first release's running pods by uid, with their restarts."""
    items = site.get("pods", "-l", "app.kubernetes.io/instance=daira", "--field-selector=status.phase=Running")["items"]
    return {pod["metadata"]["uid"]: sum(s["restartCount"] for s in pod["status"]["containerStatuses"]) for pod in items}
