"""`daira check` beside kube-score and checkov: the same files, the same machine, the same run.

Usage: .venv/bin/python benchmarks/policy.py [--sizes 10,1000,10000] [--runs 5] [--checkov] [--write]

Each size is a folder of one-object files, made anew from a fixed seed. Every program runs cold, in turn, `--runs` times,
with json output to a file; the table shows medians, ratios to `daira`, the largest resident memory (of the process and its
children together), start-up alone (an empty object) and the cost of one object more.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
KUBE_SCORE = ("github.com/zegl/kube-score", "cmd/kube-score", "v1.20.0")
SEED = 20261123
# The mixture of kinds in the made files, in parts.
MIXTURE = {
    "Deployment": 40,
    "Service": 20,
    "ConfigMap": 15,
    "Ingress": 5,
    "NetworkPolicy": 5,
    "StatefulSet": 5,
    "CronJob": 5,
    "Role": 5,
}
LIMIT_S = 1800.0


def one_object(kind: str, number: int, dice: random.Random) -> dict[str, object]:
    """An object as people write them: some protections are there, some are not."""
    name = f"app-{number}"
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": f"release-{number % 50}"}
    metadata = {"name": name, "namespace": f"team-{number % 20}", "labels": labels}
    container: dict[str, object] = {
        "name": "main",
        "image": dice.choice(["example/app:1.4.2", "example/app", "example/app:latest"]),
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "MODE", "value": "production"}, {"name": "LEVEL", "value": "info"}],
    }
    if dice.random() < 0.5:
        container["resources"] = {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "500m", "memory": "256Mi"},
        }
    if dice.random() < 0.5:
        container["securityContext"] = {
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
    if dice.random() < 0.5:
        container["livenessProbe"] = {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 10}
        container["readinessProbe"] = {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 5}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 30},
    }
    selector = {"matchLabels": labels}
    workload = {"replicas": dice.choice([1, 2, 3]), "selector": selector, "template": template}
    bodies: dict[str, tuple[str, dict[str, object]]] = {
        "Deployment": ("apps/v1", {"spec": workload}),
        "StatefulSet": ("apps/v1", {"spec": {**workload, "serviceName": name}}),
        "Service": (
            "v1",
            {"spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}},
        ),
        "ConfigMap": ("v1", {"data": {f"KEY_{n}": f"value {dice.randrange(1000)}" for n in range(10)}}),
        "Ingress": (
            "networking.k8s.io/v1",
            {
                "spec": {
                    "rules": [
                        {
                            "host": f"{name}.example.com",
                            "http": {
                                "paths": [
                                    {
                                        "path": "/",
                                        "pathType": "Prefix",
                                        "backend": {"service": {"name": name, "port": {"number": 80}}},
                                    }
                                ]
                            },
                        }
                    ]
                }
            },
        ),
        "NetworkPolicy": (
            "networking.k8s.io/v1",
            {
                "spec": {
                    "podSelector": selector,
                    "policyTypes": ["Ingress"],
                    "ingress": [{"from": [{"podSelector": {}}]}],
                }
            },
        ),
        "CronJob": (
            "batch/v1",
            {
                "spec": {
                    "schedule": "0 3 * * *",
                    "jobTemplate": {
                        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
                    },
                }
            },
        ),
        "Role": (
            "rbac.authorization.k8s.io/v1",
            {"rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]},
        ),
    }
    version, body = bodies[kind]
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


class Plain(yaml.CSafeDumper):
    """Writes out what is there twice, as people do, instead of an anchor."""

    def ignore_aliases(self, data: object) -> bool:
        """Never an alias."""
        return True


def make_files(folder: Path, count: int) -> list[Path]:
    """`count` files of one object each; the same ones for the same count."""
    dice = random.Random(SEED)  # noqa: S311 - a fixed mixture, nothing secret
    kinds = dice.choices(list(MIXTURE), list(MIXTURE.values()), k=count)
    files = []
    for number, kind in enumerate(kinds):
        path = folder / f"{number:05d}-{kind.lower()}.yaml"
        path.write_text(yaml.dump(one_object(kind, number, dice), Dumper=Plain, sort_keys=False), encoding="utf-8")
        files.append(path)
    return files


@dataclass
class Measured:
    """A program on one input: seconds of each run, peak resident memory in MB of it and its children together."""

    seconds: list[float]
    memory_mb: float

    @property
    def median(self) -> float:
        """The median run, in seconds."""
        return statistics.median(self.seconds)


def _resident_kb(root: int) -> int:
    """Proportional memory (PSS) of a process and all below it, in KiB; shared pages count once."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        try:
            waiting += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except (OSError, ValueError):
            continue
    return total


def measure(argv: Sequence[str], runs: int, *, stdin_files: Sequence[Path] = ()) -> Measured:
    """Run a program `runs` times for its time, and once more, watched, for its memory."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        _run(argv)
        seconds.append(time.perf_counter() - started)
    peak = 0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(argv, stdout=out, stderr=subprocess.DEVNULL, cwd=ROOT)
        over = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not over.wait(0.01):
                peak = max(peak, _resident_kb(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        process.wait(LIMIT_S)
        over.set()
        watcher.join()
    return Measured(seconds, peak / 1024)


def _run(argv: Sequence[str]) -> None:
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(argv, stdout=out, stderr=subprocess.PIPE, cwd=ROOT, timeout=LIMIT_S, check=False)
        # 0 and 1 are verdicts in all three programs; anything else is no measurement
        if done.returncode not in (0, 1):
            raise SystemExit(f"{argv[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")
        out.seek(0)
        json.loads(out.read())  # a report that can't be read was no run


def kube_score() -> str:
    """The path of kube-score, built from its pinned Go module into the cache."""
    from daira.local.gobuild import Program, build
    from daira.local.machine import this_machine

    return str(build(this_machine(), Program(*KUBE_SCORE)))


def programs(files: Sequence[Path], folder: Path, checkov: bool) -> dict[str, list[str]]:
    """Program -> command line, all with json output."""
    made = {
        "daira": [str(ROOT / ".venv/bin/daira"), "check", str(folder), "--format", "json", "-q"],
        "kube-score": [kube_score(), "score", "--output-format", "json", *map(str, files)],
    }
    if checkov:
        made["checkov"] = [
            str(Path(sys.executable).with_name("checkov")),
            "-d",
            str(folder),
            "--framework",
            "kubernetes",
            "-o",
            "json",
            "--quiet",
        ]
    return made


def main() -> None:
    """Measure, print the table, and with --write put it into docs/performance.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="10,1000,10000")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--checkov", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    for size in (int(part) for part in given.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="daira-bench-") as name:
            folder = Path(name)
            files = make_files(folder, size)
            measured = {
                program: measure(argv, given.runs) for program, argv in programs(files, folder, given.checkov).items()
            }
            base = measured["daira"].median
            for program, one in measured.items():
                print(
                    f"{size:6} {program:11} {one.median:7.2f} s  {one.median / base:6.2f}x daira  {one.memory_mb:6.0f} MB"
                )


if __name__ == "__main__":
    main()
