"""Which fields of a rendered object are known, level by level: "" is read, a text says why nothing becomes of it."""

from __future__ import annotations

from typing import Any

from daira.errors import DairaError

_ONE_MACHINE = "there is one machine, nothing to choose between"
_NO_API = "no Kubernetes API is there to be spoken to"
_NO_RELEASES = "Compose keeps no old revisions"
_ALREADY = "this is what a container engine does without being told"

READ = dict.fromkeys
KINDS: dict[str, str] = {
    **READ(("Deployment", "StatefulSet", "Job", "Service", "ConfigMap", "Secret", "NetworkPolicy"), ""),
    "ServiceAccount": _NO_API,
    "PodDisruptionBudget": _ONE_MACHINE,
    "HorizontalPodAutoscaler": _ONE_MACHINE,
    "Ingress": "the frontend's port is published; whatever ends TLS stands before it",
    "gateway.networking.k8s.io/HTTPRoute": "as Ingress",
}
KNOWN: dict[str, dict[str, str]] = {
    "Deployment": {
        "template": "",
        "selector": "pods are found by their own labels",
        "replicas": _ONE_MACHINE,
        "strategy": "Compose replaces containers, it does not roll",
        "revisionHistoryLimit": _NO_RELEASES,
    },
    "StatefulSet": {
        **READ(("template", "volumeClaimTemplates"), ""),
        "selector": "pods are found by their own labels",
        "replicas": _ONE_MACHINE,
        "serviceName": "the Service itself is read",
        "podManagementPolicy": _ONE_MACHINE,
        "updateStrategy": "Compose replaces containers, it does not roll",
        "revisionHistoryLimit": _NO_RELEASES,
        "persistentVolumeClaimRetentionPolicy": "Compose deletes volumes only when it is told to",
    },
    "Job": {
        **READ(("template", "backoffLimit"), ""),
        "activeDeadlineSeconds": "Compose has no deadline; the migrations have a time limit of their own",
        "ttlSecondsAfterFinished": "a finished container takes nothing but its name",
    },
    "volumeClaim": {**READ(("accessModes", "storageClassName"), _ONE_MACHINE), "resources": ""},
    "Service": {
        **READ(("type", "ports", "selector"), ""),
        **READ(("clusterIP", "publishNotReadyAddresses"), "a name leads to the container itself"),
    },
    "pod": {
        **READ(("securityContext", "terminationGracePeriodSeconds", "initContainers", "containers", "volumes"), ""),
        "restartPolicy": "it follows from the kind: a Job ends, everything else stays",
        **READ(("serviceAccountName", "automountServiceAccountToken"), _NO_API),
        "enableServiceLinks": "Compose sets no such variables",
        **READ(("affinity", "topologySpreadConstraints", "nodeSelector", "tolerations"), _ONE_MACHINE),
        "priorityClassName": _ONE_MACHINE,
        "imagePullSecrets": "`docker login` is asked instead",
    },
    "podSecurity": {
        **READ(("runAsUser", "runAsGroup", "fsGroup"), ""),
        **READ(("fsGroupChangePolicy", "runAsNonRoot"), "the group is given at each start; the user is a number"),
        "seccompProfile": _ALREADY,
    },
    "container": {
        **READ(("name", "image", "imagePullPolicy", "command", "args", "env", "envFrom", "ports", "resources"), ""),
        **READ(("securityContext", "volumeMounts", "startupProbe", "readinessProbe", "lifecycle"), ""),
        "livenessProbe": "Compose restarts what ends, not what answers badly",
        "terminationMessagePolicy": "the log is kept",
    },
    "security": {
        **READ(("allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem", "capabilities"), ""),
        "runAsNonRoot": "the user is a number",
        "seccompProfile": _ALREADY,
    },
    "capabilities": READ(("add", "drop"), ""),
    "resources": READ(("limits", "requests"), ""),
    "amounts": READ(("cpu", "memory"), ""),
    "variable": READ(("name", "value", "valueFrom"), ""),
    "valueFrom": READ(("secretKeyRef", "configMapKeyRef"), ""),
    "variables": READ(("configMapRef",), ""),
    "reference": READ(("name", "key"), ""),
    "containerPort": {**READ(("name", "containerPort"), ""), "protocol": "everything here is TCP"},
    "servicePort": {**READ(("name", "port", "targetPort"), ""), "protocol": "everything here is TCP"},
    "mount": READ(("name", "mountPath", "subPath", "readOnly"), ""),
    "volume": READ(("name", "configMap", "secret", "projected", "emptyDir", "persistentVolumeClaim"), ""),
    "persistentVolumeClaim": READ(("claimName",), ""),
    "configMap": READ(("name", "items", "defaultMode"), ""),
    "secret": READ(("secretName", "items", "defaultMode"), ""),
    "projected": READ(("sources", "defaultMode"), ""),
    "projectedSource": READ(("configMap",), ""),
    "item": READ(("key", "path"), ""),
    "emptyDir": {"sizeLimit": "", "medium": "everything of this kind is in memory"},
    "probe": {
        **READ(("httpGet", "exec", "periodSeconds", "timeoutSeconds", "failureThreshold", "initialDelaySeconds"), ""),
        "successThreshold": "one success is enough for Compose",
    },
    "httpGet": READ(("path", "port"), ""),
    "exec": READ(("command",), ""),
    "lifecycle": READ(("preStop",), ""),
    "preStop": {"exec": "", "sleep": "there are no endpoints to wait for"},
}


def kind(name: str, place: str) -> bool:
    """Whether objects of this kind are read. Raises DairaError for a kind nobody has thought of."""
    if name not in KINDS:
        raise DairaError(_sentence(f"{place} is of a kind that"))
    return not KINDS[name]


def fields(level: str, data: object, place: str) -> dict[str, Any]:
    """`data` ({} where it is absent), whose fields are all known at this level.

    place: object and path, for the message. Raises DairaError for a field nobody has thought of.
    """
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise DairaError(f"{place} is no mapping: correct the template that renders it")
    for field, value in data.items():
        if field not in KNOWN[level] and value is not None:
            raise DairaError(_sentence(f"{place}.{field}"))
    return data


def _sentence(what: str) -> str:
    return (
        f"{what} has no counterpart in docker-compose.prod.yml: "
        "say in daira/generate/compose/known.py what becomes of it, or take it out of the chart"
    )
