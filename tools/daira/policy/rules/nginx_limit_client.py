"""A rate limit of nginx behind an Ingress counts clients and not the Ingress controller.

What it checks:
    Where an Ingress or a route of the input leads to pods that run nginx, and a limit_req_zone's key is the peer's
    address ($binary_remote_addr or $remote_addr), the configuration says with set_real_ip_from whose X-Forwarded-For
    gives the client's address. Where an include can't be followed, and no set_real_ip_from is found, it is undecidable.

Why:
    The peer is always the controller: all users share one limit, and the first crowd locks everyone out.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      defaultBackend:
        service:
          name: web
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: web
    spec:
      selector:
        app: web
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      labels:
        app: web
    spec:
      volumes:
        - name: config
          configMap:
            name: web
      containers:
        - name: nginx
          volumeMounts:
            - name: config
              mountPath: /etc/nginx
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      nginx.conf: |
        http {
          limit_req_zone $binary_remote_addr zone=api:10m rate=30r/s;
          server {
            limit_req zone=api;
          }
        }

Good:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      defaultBackend:
        service:
          name: web
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: web
    spec:
      selector:
        app: web
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      labels:
        app: web
    spec:
      volumes:
        - name: config
          configMap:
            name: web
      containers:
        - name: nginx
          volumeMounts:
            - name: config
              mountPath: /etc/nginx
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web
    data:
      nginx.conf: |
        http {
          set_real_ip_from 10.0.0.0/8;
          real_ip_header X-Forwarded-For;
          limit_req_zone $binary_remote_addr zone=api:10m rate=30r/s;
          server {
            limit_req zone=api;
          }
        }

Fix:
    Add set_real_ip_from with the controller's network, and real_ip_header X-Forwarded-For.

Standard:
    nginx's ngx_http_realip_module. No other linter of Kubernetes manifests looks at rate limits.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.exposure import ROUTES, backends, pods_behind
from daira.policy.facts.nginx import configs, walk
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release

RULE = Rule(
    severity="error",
    groups=("rate-limiting",),
    standards=("nginx:ngx_http_realip_module", "checklist:rate-limiting"),
    decides="release",
)

PEER = ("$binary_remote_addr", "$remote_addr")


def check(release: Release) -> Iterator[Violation]:
    """Yield each zone that counts the controller."""
    judged = [one for one in configs(release) if one.pods]
    if not judged:
        return
    behind = {
        id(pod)
        for entry in release.all_of("Ingress", *ROUTES)
        for backend in backends(release, entry)
        for pod in pods_behind(release, backend)
    }
    for config in judged:
        if not any(id(pod) in behind for pod in config.pods):
            continue
        found = [one for one, _ in walk(config.directives)]
        if any(one.name == "set_real_ip_from" for one in found):
            continue
        for one in found:
            if one.name == "limit_req_zone" and one.args[:1] and one.args[0] in PEER:
                message = (
                    f"line {one.line}: {one.args[0]} is the Ingress controller's address, so all clients share a limit"
                )
                if config.lost:
                    message += ", unless another file has set_real_ip_from: needed are the files it includes"
                yield (undecidable if config.lost else fail)(config.owner, config.path(one), message)
