"""The ingress controllers and gateways that are known, as data: how each is recognised and how it is told what to do.

One table, so that a rule about redirects, rate limits or firewalls is not born for one controller. What a controller
does by itself when nothing is said is in the table too (each by its own documentation, October 2026).
"""

from __future__ import annotations

from typing import NamedTuple


class Test(NamedTuple):
    """An annotation that answers yes. values: any of these (lower case), () any value but "", "0" and "false"."""

    annotation: str
    values: tuple[str, ...] = ()


class Provider(NamedTuple):
    """A controller of Ingresses or Gateways.

    classes: names its IngressClass usually has. controllers: what IngressClass.spec.controller or
    GatewayClass.spec.controllerName says. prefixes: of its annotations. redirect: annotations that send HTTP to HTTPS;
    keep: those that stop it; redirects: what it does with neither (None: set elsewhere, not in the manifests).
    certificates: annotations that name a certificate in place of tls[].secretName. limits, firewalls: annotations that
    switch them on. elsewhere: of "rate-limiting", "waf": what may be set where no manifest shows it.
    """

    name: str
    classes: tuple[str, ...]
    controllers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    redirect: tuple[Test, ...] = ()
    keep: tuple[Test, ...] = ()
    redirects: bool | None = None
    certificates: tuple[str, ...] = ()
    limits: tuple[Test, ...] = ()
    firewalls: tuple[Test, ...] = ()
    elsewhere: tuple[str, ...] = ()


NO = ("false",)
YES = ("true",)
PROVIDERS = (
    Provider(
        "ingress-nginx",
        ("nginx", "ingress-nginx", "nginx-internal", "nginx-public"),
        ("k8s.io/ingress-nginx",),
        ("nginx.ingress.kubernetes.io/",),
        redirect=(Test("nginx.ingress.kubernetes.io/force-ssl-redirect", YES),),
        keep=(Test("nginx.ingress.kubernetes.io/ssl-redirect", NO),),
        redirects=True,
        limits=(
            Test("nginx.ingress.kubernetes.io/limit-rps"),
            Test("nginx.ingress.kubernetes.io/limit-rpm"),
            Test("nginx.ingress.kubernetes.io/global-rate-limit"),
        ),
        firewalls=(Test("nginx.ingress.kubernetes.io/enable-modsecurity", YES),),
    ),
    Provider(
        "NGINX Ingress Controller (F5)",
        (),
        ("nginx.org/ingress-controller",),
        ("nginx.org/", "nginx.com/", "appprotect.f5.com/"),
        redirect=(Test("nginx.org/redirect-to-https", YES),),
        keep=(Test("ingress.kubernetes.io/ssl-redirect", NO), Test("nginx.org/ssl-redirect", NO)),
        redirects=True,
        limits=(Test("nginx.org/limit-req-rate"),),
        firewalls=(Test("appprotect.f5.com/app-protect-enable", YES),),
    ),
    Provider(
        "Traefik",
        ("traefik",),
        ("traefik.io/ingress-controller", "traefik.io/gateway-controller"),
        ("traefik.ingress.kubernetes.io/",),
        redirect=(Test("traefik.ingress.kubernetes.io/router.entrypoints", ("websecure",)),),
    ),
    Provider(
        "HAProxy Ingress",
        ("haproxy",),
        ("haproxy-ingress.github.io/controller",),
        ("haproxy-ingress.github.io/",),
        keep=(Test("haproxy-ingress.github.io/ssl-redirect", NO),),
        redirects=True,
        limits=(Test("haproxy-ingress.github.io/limit-rps"),),
        firewalls=(Test("haproxy-ingress.github.io/waf", ("modsecurity", "coraza")),),
    ),
    Provider(
        "HAProxy Kubernetes Ingress Controller",
        (),
        ("haproxy.org/ingress-controller",),
        ("haproxy.org/",),
        redirect=(Test("haproxy.org/ssl-redirect", YES),),
        keep=(Test("haproxy.org/ssl-redirect", NO),),
        redirects=True,
        limits=(Test("haproxy.org/rate-limit-requests"),),
        elsewhere=("waf",),
    ),
    Provider(
        "Kong",
        ("kong",),
        ("ingress-controllers.konghq.com/kong", "konghq.com/gateway-operator", "konghq.com/kic-gateway-controller"),
        ("konghq.com/",),
        redirect=(Test("konghq.com/protocols", ("https", "grpcs", "https,grpcs")),),
        redirects=False,
    ),
    Provider(
        "AWS Load Balancer Controller",
        ("alb",),
        ("ingress.k8s.aws/alb", "gateway.k8s.aws/alb"),
        ("alb.ingress.kubernetes.io/",),
        redirect=(Test("alb.ingress.kubernetes.io/ssl-redirect"),),
        redirects=False,
        certificates=("alb.ingress.kubernetes.io/certificate-arn",),
        firewalls=(
            Test("alb.ingress.kubernetes.io/wafv2-acl-arn"),
            Test("alb.ingress.kubernetes.io/wafv2-acl-name"),
            Test("alb.ingress.kubernetes.io/waf-acl-id"),
            Test("alb.ingress.kubernetes.io/web-acl-id"),
        ),
        elsewhere=("rate-limiting",),
    ),
    Provider(
        "GKE",
        ("gce", "gce-internal"),
        ("networking.gke.io/gateway", "k8s.io/ingress-gce"),
        ("networking.gke.io/", "ingress.gcp.kubernetes.io/"),
        redirect=(Test("kubernetes.io/ingress.allow-http", NO),),
        redirects=False,
        certificates=("networking.gke.io/managed-certificates", "ingress.gcp.kubernetes.io/pre-shared-cert"),
        elsewhere=("rate-limiting",),
    ),
    Provider(
        "Azure Application Gateway",
        ("azure-application-gateway", "azure-alb-external"),
        ("azure/application-gateway", "alb.networking.azure.io/alb-controller"),
        ("appgw.ingress.kubernetes.io/", "alb.networking.azure.io/"),
        redirect=(Test("appgw.ingress.kubernetes.io/ssl-redirect", YES),),
        redirects=False,
        certificates=("appgw.ingress.kubernetes.io/appgw-ssl-certificate",),
        firewalls=(Test("appgw.ingress.kubernetes.io/waf-policy-for-path"),),
        elsewhere=("rate-limiting", "waf"),
    ),
    Provider(
        "Istio",
        ("istio",),
        ("istio.io/ingress-controller", "istio.io/gateway-controller"),
        redirects=False,
    ),
    Provider(
        "Contour",
        ("contour",),
        ("projectcontour.io/ingress-controller", "projectcontour.io/gateway-controller"),
        ("projectcontour.io/",),
        redirect=(Test("ingress.kubernetes.io/force-ssl-redirect", YES),),
        redirects=False,
        elsewhere=("waf",),
    ),
    Provider(
        "Cilium",
        ("cilium",),
        ("cilium.io/ingress-controller", "io.cilium/gateway-controller"),
        ("ingress.cilium.io/",),
        keep=(Test("ingress.cilium.io/force-https", ("disabled", "false")),),
        redirects=True,
        elsewhere=("rate-limiting", "waf"),
    ),
    Provider(
        "Cloudflare",
        ("cloudflare-tunnel",),
        ("strrl.dev/cloudflare-tunnel-ingress-controller",),
        elsewhere=("rate-limiting", "waf"),
    ),
    Provider("Envoy Gateway", (), ("gateway.envoyproxy.io/gatewayclass-controller",)),
    Provider("NGINX Gateway Fabric", (), ("gateway.nginx.org/nginx-gateway-controller",), elsewhere=("waf",)),
)
# kind of a policy, of which protection it is, and a path that is there only when it does it; the kinds attach
# themselves to a route, Gateway or Service by targetRef(s).
POLICIES = (
    ("gateway.envoyproxy.io/BackendTrafficPolicy", "rate-limiting", ("spec", "rateLimit")),
    ("gateway.envoyproxy.io/EnvoyExtensionPolicy", "waf", ("spec",)),
    ("gateway.nginx.org/RateLimitPolicy", "rate-limiting", ("spec",)),
    ("kuadrant.io/RateLimitPolicy", "rate-limiting", ("spec",)),
    ("networking.gke.io/GCPBackendPolicy", "waf", ("spec", "default", "securityPolicy")),
    ("alb.networking.azure.io/WebApplicationFirewallPolicy", "waf", ("spec", "webApplicationFirewall")),
    ("extensions.istio.io/WasmPlugin", "waf", ("spec", "url")),
    ("networking.istio.io/EnvoyFilter", "rate-limiting", ("spec", "configPatches")),
)
# A word that has to be somewhere in a policy which could also be something else.
WORDS = {
    "gateway.envoyproxy.io/EnvoyExtensionPolicy": ("coraza", "waf", "modsecurity"),
    "extensions.istio.io/WasmPlugin": ("coraza", "waf", "modsecurity"),
    "networking.istio.io/EnvoyFilter": ("ratelimit", "rate_limit"),
}
# Middlewares of Traefik and plugins of Kong: spec keys or plugin names that do it.
MIDDLEWARES = {"rate-limiting": ("rateLimit",), "waf": ("coraza", "waf", "modsecurity")}
PLUGINS = {
    "rate-limiting": ("rate-limiting", "rate-limiting-advanced", "response-ratelimiting"),
    "waf": ("coraza", "waf", "modsecurity", "app-firewall"),
}
# Images that are a firewall by themselves.
FIREWALL_IMAGES = ("modsecurity-crs", "modsecurity", "coraza")
