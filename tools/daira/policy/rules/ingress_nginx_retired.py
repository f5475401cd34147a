"""No Ingress relies on ingress-nginx, which is no longer maintained.

What it checks:
    An Ingress that has an annotation of ingress-nginx, or whose IngressClass is served by k8s.io/ingress-nginx, and a
    container that runs the controller's image. The class's name alone (nginx) proves nothing, because F5's controller
    uses it too: it is undecidable.

Why:
    The project is retired since March 2026: holes that are found now stay open, in the process all traffic passes.

Bad:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      annotations:
        nginx.ingress.kubernetes.io/limit-rps: "20"
    spec:
      ingressClassName: nginx
      rules:
        - host: www.example.com
          http:
            paths:
              - path: /
                pathType: Prefix
                backend:
                  service:
                    name: web
                    port:
                      name: http

Good:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
    spec:
      ingressClassName: traefik
      rules:
        - host: www.example.com
          http:
            paths:
              - path: /
                pathType: Prefix
                backend:
                  service:
                    name: web
                    port:
                      name: http

Fix:
    Move to the Gateway API or to a controller that is maintained, and take the annotations along as its policies.

Standard:
    Kubernetes' announcement of the retirement; kubescape's C-0292 fails the controller's own pods only, and trivy's
    KCV-0093 looks for odd characters in four annotations, which is our ingress-snippet's.
"""

from __future__ import annotations

from collections.abc import Iterator

from daira.policy.facts.exposure import by_controller, class_of
from daira.policy.rule import Rule, Violation, fail, undecidable
from daira.render.release import Release, text

RULE = Rule(
    severity="warning",
    groups=("waf", "hygiene"),
    standards=("kubernetes:blog/2025/11/11/ingress-nginx-retirement", "checklist:waf"),
    decides="release",
)


def check(release: Release) -> Iterator[Violation]:
    """Yield each Ingress of ingress-nginx."""
    for item in release.of("Ingress"):
        found = next((key for key in item.annotations if text(key).startswith("nginx.ingress.kubernetes.io/")), None)
        if found:
            yield fail(
                item, ("metadata", "annotations", found), "ingress-nginx is retired since March 2026: no more fixes"
            )
            continue
        name = class_of(item)
        known = release.find("IngressClass", name) if name else None
        controller = by_controller(text(known.spec.get("controller"))) if known else None
        if controller and controller.name == "ingress-nginx":
            yield fail(item, ("spec", "ingressClassName"), f"the class {name} is ingress-nginx's, which is retired")
        elif known is None and name == "nginx":
            needed = "the class nginx may be the retired ingress-nginx: needed is the IngressClass's controller"
            yield undecidable(item, ("spec", "ingressClassName"), needed)
    for container in release.containers:
        image = text(container.data.get("image"))
        if "ingress-nginx/controller" in image:
            yield fail(container, ("image",), "this is the controller of ingress-nginx, which is retired")
