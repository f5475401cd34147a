"""docker-compose.prod.yml and .env.example, from what the chart renders for production: the two can't drift apart.

Every value of the compose file is read from a rendered object. A field that this package does not know is an error
(known.py) and never left out in silence.
"""

from __future__ import annotations

from pathlib import Path

from daira.generate.compose import source, text
from daira.generate.compose.project import project_of

COMPOSE = Path("docker-compose.prod.yml")
ENVIRONMENT = Path(".env.example")
CHART = Path("charts/daira")
VALUES = Path("values/production.yaml")


def made(root: Path) -> dict[Path, str]:
    """The two files, path below `root` -> text.

    root: the top of the repository. Raises DairaError where the chart can't be rendered or has what Compose has not.
    """
    project = project_of(source.rendered(root / CHART, root / VALUES))
    head = f"# Made by `daira generate compose` from {CHART} and {VALUES}: do not edit, change those."
    return {COMPOSE: f"{head}\n{text.compose(project)}", ENVIRONMENT: f"{head}\n{text.environment(project)}"}
