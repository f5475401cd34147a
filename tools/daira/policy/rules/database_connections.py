"""All replicas together hold fewer connections than the database allows.

What it checks:
    For a PostgreSQL server of the input (a container that listens on a port named postgres, postgresql or 5432, its
    max_connections from -c arguments or a ConfigMap it mounts, less superuser_reserved_connections, 3 by default): the
    sum over the workloads that have a pool (DATABASE_POOL_SIZE, DB_POOL_SIZE, … or connection_limit in a DATABASE_URL)
    of the largest number of pods (the autoscaler's maximum, and what an update adds) times the pool stays below that.
    Undecidable where a pool is there and the server's limit, or a pool's size, is not in the input.

Why:
    Scaling out under load is when the last replicas are refused by the database, and all of them fail together.

Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec:
      replicas: 10
      template: {spec: {containers: [{name: a, env: [{name: DATABASE_POOL_SIZE, value: "20"}]}]}}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      template:
        spec:
          containers:
            - {name: postgres, args: [-c, max_connections=100], ports: [{name: postgresql, containerPort: 5432}]}

Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec:
      replicas: 3
      template: {spec: {containers: [{name: a, env: [{name: DATABASE_POOL_SIZE, value: "20"}]}]}}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      template:
        spec:
          containers:
            - {name: postgres, args: [-c, max_connections=100], ports: [{name: postgresql, containerPort: 5432}]}

Fix:
    Lower the pool or maxReplicas, raise max_connections, or put a connection pooler between.

Standard:
    PostgreSQL's documentation of max_connections. No peer has it. One server in the input is taken to be everybody's;
    with several of them, or none, the rule can't tell and says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.connections import holders, limits
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("reliability",),
    standards=("kubernetes:horizontal-pod-autoscale",),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each workload whose pool, with the others', is too large."""
    subjects = {id(owner) for owner in release.subjects}
    found = list(holders(release))
    if not found:
        return
    servers = limits(release)
    limit = servers[0] if len(servers) == 1 else None
    total = sum(pods * (pool or 0) for _, pods, pool in found)
    for pod, pods, pool in found:
        if id(pod.object) not in subjects:
            continue
        if pool is None:
            yield undecidable(pod, ("containers",), "the size of the connection pool is not in the input")
        elif limit is None:
            message = f"up to {pods} pods hold {pool} connections each: the database's max_connections is needed"
            yield undecidable(pod, ("containers",), message)
        elif total >= limit:
            message = f"up to {pods} pods with {pool} connections each: {total} in all, and the database has {limit}"
            yield fail(pod, ("containers",), message)
