"""Where things live on this machine: the project, its state folder and the one cache folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from daira import shell
from daira.errors import UsageError
from daira.progress import Progress, Step


@dataclass(frozen=True)
class Machine:
    """Folders of one run, and where its progress goes.

    root: the project. state: .tools/ in the project (removed by `make clean`).
    cache: kept between clones, keyed by content; DAIRA_CACHE moves it.
    made: what this run built, fetched or installed, in its order; what was there already is not in it.
    """

    root: Path
    state: Path
    cache: Path
    progress: Progress
    made: list[str] = field(default_factory=list, compare=False)

    @contextmanager
    def making(self, title: str) -> Iterator[Step]:
        """A step of the progress whose work adds to `made`; where nothing was added, it is shown as skipped."""
        before = len(self.made)
        with self.progress.step(title) as step:
            yield step
            if len(self.made) == before and not step.skipped:
                step.skip(f"there already ({step.note})" if step.note else "there already")

    @property
    def chart(self) -> Path:
        """The umbrella chart."""
        return self.root / "charts" / "daira"

    @property
    def kubeconfig(self) -> Path:
        """The local cluster's kubeconfig; the user's own is never touched."""
        return self.state / "kubeconfig"

    @property
    def kube_env(self) -> dict[str, str]:
        """What helm and kubectl need to talk to the local cluster, and to nothing else."""
        return {"KUBECONFIG": str(self.kubeconfig)}

    def log(self, step: str) -> Path:
        """The log file of a step."""
        return self.state / "logs" / f"{step}.log"


def project_root(start: Path | None = None) -> Path:
    """The folder that holds charts/daira, from `start` (the working directory) upwards.

    Raises UsageError when there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "charts" / "daira" / "Chart.yaml").is_file():
            return folder
    raise UsageError(f"no DAIRA project found from {here} upwards: run this in a clone that holds charts/daira")


def cache_folder() -> Path:
    """DAIRA_CACHE, else the user's cache folder + /daira."""
    chosen = os.environ.get("DAIRA_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (Path(base).expanduser() / "daira").resolve()


def this_machine(progress: Progress | None = None) -> Machine:
    """The machine as the commands see it; makes the state and the cache folder."""
    root = project_root()
    machine = Machine(root, root / ".tools", cache_folder(), progress or Progress())
    machine.state.mkdir(exist_ok=True)
    machine.cache.mkdir(parents=True, exist_ok=True)
    return machine


def remove_cache(machine: Machine) -> None:
    """Remove the cache folder, with the mount that Podman keeps on its storage and Go's read-only module folders."""
    mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines() if Path("/proc/mounts").exists() else []
    inside = [line.split()[1] for line in mounts if line.split()[1].startswith(f"{machine.cache}/")]
    for mount in reversed(inside):  # the last mounted first
        shell.run(["umount", mount], timeout=60)
    for folder, _, _ in os.walk(machine.cache / "go-mod"):
        Path(folder).chmod(0o755)
    shutil.rmtree(machine.cache)
