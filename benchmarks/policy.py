"""`daira check` beside kube-score and checkov: the same files, the same machine, the same run.

Usage: .venv/bin/python benchmarks/policy.py [--sizes 10,1000,4537,10000] [--runs 5] [--checkov] [--write]

Each size is a folder of one-object files, made anew from a fixed seed. The programs run cold and in turn, `--runs`
times each, with json output to a file; the table has medians, the ratio to kube-score, CPU time and peak memory (of
the process and its children together, shared pages once). Start-up is a run over one small object; the cost of one
object more is the slope between the smallest and the largest size. kube-score is built from its pinned Go module into
DAIRA's cache; checkov is installed from PyPI into an environment of its own there. --write puts the table into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
KUBE_SCORE = "github.com/zegl/kube-score@v1.20.0"
KUBE_SCORE_SUM = "h1:J1VqK86SunV4Gg8emPTmwUVxe0rmXnAs5K9ZUbGMKR8="
CHECKOV = "3.3.30"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
# Python's bytecode is kept between runs, as it is wherever a program is installed.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
# checkov takes minutes from here on: it runs once, and the run with the memory is that one.
MANY = 5000
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
    """A program on one input: wall and CPU seconds of each run, peak memory in MB of it and its children together."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory_mb: float = 0.0

    @property
    def median(self) -> float:
        """The median run, in seconds."""
        return statistics.median(self.seconds)


def _memory_kb(root: int) -> int:
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
            continue  # it ended meanwhile
    return total


def run(argv: Sequence[str], into: Measured, *, watched: bool = False) -> None:
    """One run. watched: its memory is looked at all the time, which makes it slower."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(argv, stdout=out, stderr=err, cwd=ROOT, env=ENVIRONMENT)
        over = threading.Event()

        def watch() -> None:
            while True:
                into.memory_mb = max(into.memory_mb, _memory_kb(process.pid) / 1024)
                if over.wait(0.002 if time.perf_counter() - started < 1 else 0.02):
                    return

        watcher = threading.Thread(target=watch)
        if watched:
            watcher.start()
        try:
            code = process.wait(LIMIT_S)
        finally:
            process.kill()  # only where its time was up
            over.set()
            if watched:
                watcher.join()
        seconds = time.perf_counter() - started
        # 0 and 1 are verdicts in all three programs; anything else is no measurement
        if code not in (0, 1):
            err.seek(0)
            raise SystemExit(f"{argv[0]} ended with {code}: {err.read().decode(errors='replace')[-500:]}")
        out.seek(0)
        json.loads(out.read())  # a report that can't be read was no run
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    into.seconds.append(seconds)
    into.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(programs: dict[str, list[str]], runs: int, size: int) -> dict[str, Measured]:
    """Run the programs in turn, so that what else the machine does meets all alike; then once more for the memory."""
    made = {name: Measured() for name in programs}
    once = {name for name in programs if name == "checkov" and size >= MANY}
    for number in range(runs):
        for name, argv in programs.items():
            if name not in once:
                if size == 1 and not number:
                    run(argv, Measured())  # writes the bytecode that the others find
                run(argv, made[name])
    for name, argv in programs.items():
        if name in once:
            run(argv, made[name], watched=True)
        else:
            watched = Measured()
            run(argv, watched, watched=True)
            made[name].memory_mb = watched.memory_mb
    return made


def kube_score() -> str:
    """The path of kube-score, built from its pinned Go module into the cache."""
    from daira.local.gobuild import GoBuild, build
    from daira.local.machine import this_machine

    spec = GoBuild({"kube-score": "./cmd/kube-score"}, source=KUBE_SCORE, checksum=KUBE_SCORE_SUM)
    return str(build(this_machine(), spec, "benchmark")["kube-score"])


def checkov() -> str:
    """The path of checkov, installed into an environment of its own in the cache."""
    from daira.local.machine import cache_folder

    home = cache_folder() / f"checkov-{CHECKOV}"
    if not (home / "bin" / "checkov").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", f"checkov=={CHECKOV}"], check=True)
    return str(home / "bin" / "checkov")


def command_lines(tools: dict[str, str], folder: Path, files: Sequence[Path]) -> dict[str, list[str]]:
    """Program -> its command line, all with json output."""
    arguments = {
        "daira": ["check", str(folder), "--format", "json", "-q"],
        "kube-score": ["score", "--output-format", "json", *map(str, files)],
        "checkov": ["-d", str(folder), "--framework", "kubernetes", "-o", "json", "--quiet"],
    }
    return {name: [path, *arguments[name]] for name, path in tools.items()}


def table(measured: dict[int, dict[str, Measured]]) -> str:
    """The measurements as a Markdown table; the smallest size is one object, which is the start-up."""
    start, *_, most = sorted(measured)
    lines = [
        "| Objects | Program | Wall, median | CPU, median | Wall / kube-score's | Memory, peak | Runs |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    for size, programs in sorted(measured.items()):
        for name, one in programs.items():
            ratio = one.median / programs["kube-score"].median
            lines.append(
                f"| {size:,} | {name} | {one.median:.3f} s | {statistics.median(one.cpu):.3f} s | {ratio:.2f} "
                f"| {one.memory_mb:.0f} MB | {len(one.seconds)} |"
            )
    lines += ["", "| Program | Start-up (one object) | Each object more |", "|---|---:|---:|"]
    for name, first in measured[start].items():
        slope = (measured[most][name].median - first.median) / (most - start)
        lines.append(f"| {name} | {first.median:.3f} s | {slope * 1000:.3f} ms |")
    return "\n".join(lines)


def circumstances(with_checkov: bool) -> str:
    """Where and when, and which versions."""
    from daira import __version__

    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    versions = [
        f"daira {__version__}",
        f"Python {platform.python_version()}",
        f"kube-score {KUBE_SCORE.rpartition('@')[2]}",
    ]
    if with_checkov:
        versions.append(f"checkov {CHECKOV}")
    today = datetime.now(tz=UTC).date().isoformat()
    count = len(os.sched_getaffinity(0))
    return f"Measured on {today}, {count} processors ({model}), Linux {platform.release()}. {', '.join(versions)}."


def main() -> None:
    """Measure, print the table, and with --write put it into docs/performance.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--sizes", default="10,1000,4537,10000", help="numbers of objects, beside the one of the start-up"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--checkov", action="store_true", help="measure checkov too, which takes minutes")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
    tools = {"daira": str(Path(sys.executable).with_name("daira")), "kube-score": kube_score()}
    if given.checkov:
        tools["checkov"] = checkov()
    measured = {}
    for size in [1, *(int(part) for part in given.sizes.split(","))]:
        with tempfile.TemporaryDirectory(prefix="daira-bench-") as name:
            files = make_files(Path(name), size)
            measured[size] = measure(command_lines(tools, Path(name), files), given.runs, size)
        print(f"{size:,} objects are measured", file=sys.stderr)
    written = f"{circumstances(given.checkov)}\n\n{table(measured)}"
    print(written)
    if given.write:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{written}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
