"""A pod's probes as the one health check that Compose has."""

from __future__ import annotations

from typing import Any

from daira.errors import DairaError
from daira.generate.compose import known
from daira.generate.compose.source import plain

# Who asks over HTTP, by component: Kubernetes asks from outside, Compose needs a program inside the image.
NODE = (
    "fetch({url!r}, {{ signal: AbortSignal.timeout({timeout}000) }})"
    ".then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"
)
CLIENTS = {
    "backend": "node",
    "frontend": "wget",
    "prometheus": "wget",
    "alertmanager": "wget",
    "grafana": "wget",
    "postgres-exporter": "wget",
}
NO_CLIENT = {
    "jaeger": "no health check: the image promises no program that could ask",
    "redis-exporter": "no health check: the image holds the exporter and nothing else",
}
UNKNOWN = "no health check but the image's own: CLIENTS in daira/generate/compose/health.py says which program may ask"


def check(component: str, container: dict[str, Any], ports: dict[str, int], at: str) -> dict[str, Any] | str:
    """The health check of a service: readiness decides, the startup probe says how long the start may take.

    ports: the container's ports by name. Returns a sentence instead where there is none, "" where there is no probe.
    """
    probe = known.fields("probe", container.get("readinessProbe"), f"{at}.readinessProbe")
    startup = known.fields("probe", container.get("startupProbe"), f"{at}.startupProbe")
    if not probe:
        return ""
    timeout = probe.get("timeoutSeconds", 1)
    test = _test(component, probe, ports, timeout, f"{at}.readinessProbe")
    if isinstance(test, str):
        return test
    made = {
        "test": ["CMD", *test],
        "interval": f"{probe.get('periodSeconds', 10)}s",
        "timeout": f"{timeout}s",
        "retries": probe.get("failureThreshold", 3),
    }
    period = startup.get("periodSeconds", 10)
    grace = (startup or probe).get("initialDelaySeconds", 0)
    grace += period * startup.get("failureThreshold", 3) if startup else 0
    if grace:
        made["start_period"] = f"{grace}s"
    if startup:
        made["start_interval"] = f"{period}s"
    return made


def _test(component: str, probe: dict[str, Any], ports: dict[str, int], timeout: int, at: str) -> list[str] | str:
    if "exec" in probe:
        return [plain(word) for word in known.fields("exec", probe["exec"], f"{at}.exec")["command"]]
    if "httpGet" not in probe:
        raise DairaError(
            f"{at} neither runs a program nor asks over HTTP: daira/generate/compose/health.py knows only these"
        )
    asked = known.fields("httpGet", probe["httpGet"], f"{at}.httpGet")
    port = ports.get(asked["port"]) if isinstance(asked["port"], str) else asked["port"]
    if port is None:
        raise DairaError(
            f"{at}.httpGet.port is {asked['port']}, which is no port of the container: correct one of the two"
        )
    url = f"http://127.0.0.1:{port}{asked.get('path', '/')}"
    client = CLIENTS.get(component)
    if client == "node":
        return ["node", "-e", plain(NODE.format(url=url, timeout=timeout))]
    if client == "wget":
        return ["wget", "-q", "-T", str(timeout), "-O", "/dev/null", plain(url)]
    return NO_CLIENT.get(component, UNKNOWN)
