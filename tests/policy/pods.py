"""Objects with pods of every shape that the Pod Security Standards look at, for property tests.

All of them can be decoded by the API server, which takes null and empty values nearly everywhere; whether it would
then admit them for other reasons is not asked.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from daira.render.release import POD_AT

API = {
    "Pod": "v1",
    "PodTemplate": "v1",
    "ReplicationController": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
}
# A pod that restricted admits, so that a random change of it is judged by the field that was changed.
ADMITTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
VOLUMES = (
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected"),
    *("secret", "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd"),
    *("flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk"),
    *("portworxVolume", "photonPersistentDisk", "scaleIO", "storageos"),
)
SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"),
    *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
    *("net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    *("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"),
    *("kernel.msgmax", "kernel/shm_rmid_forced", "net.ipv4.tcp_keepalive", "fs.mqueue.msg_max", ""),
)
CAPABILITIES = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP"),
    *("SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "NET_RAW", "SYS_ADMIN", "ALL", "all", "CAP_CHOWN", "chown", ""),
)
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"

Json = st.SearchStrategy[Any]


def _of(**fields: Json) -> Json:
    """A mapping that has any of the fields, each perhaps null, or null itself."""
    return st.none() | st.fixed_dictionaries({}, optional={name: st.none() | value for name, value in fields.items()})


def _one(*values: object) -> Json:
    return st.sampled_from(values)


def _some(element: Json) -> Json:
    return st.none() | st.lists(st.none() | element, max_size=3)


truth = st.booleans()
user = _one(0, 1, 101, 10001, 2**40)
profile = _of(type=_one("RuntimeDefault", "Localhost", "Unconfined", "runtimeDefault", ""), localhostProfile=_one("p"))
selinux = _of(
    type=_one("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t"),
    user=_one("", "system_u"),
    role=_one("", "system_r"),
    level=_one("", "s0:c1,c2"),
)
windows = _of(hostProcess=truth, runAsUserName=_one("ContainerUser"), gmsaCredentialSpecName=_one("g"))
capability = _one(*CAPABILITIES)
of_both = {
    "runAsNonRoot": truth,
    "runAsUser": user,
    "runAsGroup": user,
    "seccompProfile": profile,
    "appArmorProfile": profile,
    "seLinuxOptions": selinux,
    "windowsOptions": windows,
}
container_security = _of(
    **of_both,
    privileged=truth,
    allowPrivilegeEscalation=truth,
    procMount=_one("Default", "Unmasked", "default", ""),
    capabilities=_of(add=_some(capability), drop=_some(capability)),
)
pod_security = _of(
    **of_both, sysctls=_some(st.fixed_dictionaries({}, optional={"name": _one(*SYSCTLS), "value": _one("1")}))
)
host = _one("", "localhost", "127.0.0.1", "www.example.com")
action = _of(httpGet=_of(host=host, port=_one(80, "http")), tcpSocket=_of(host=host, port=_one(80)), exec=_of())
container_fields = {
    "ports": _some(_of(containerPort=_one(80), hostPort=_one(0, 1, 8080))),
    "livenessProbe": action,
    "readinessProbe": action,
    "startupProbe": action,
    "lifecycle": _of(postStart=action, preStop=action),
    "restartPolicy": _one("Always", "Never"),
}


@st.composite
def _container(draw: st.DrawFn) -> Any:
    made: dict[str, Any] = {"name": draw(_one("a", "b", "")), "securityContext": dict(ADMITTED)}
    security = draw(container_security)
    if security is None or draw(truth):
        made["securityContext"] = security
    else:
        made["securityContext"].update(security)
    made.update(draw(_of(**container_fields)) or {})
    return made


@st.composite
def _volume(draw: st.DrawFn) -> Any:
    made: dict[str, Any] = {"name": "v"}
    for source in draw(st.lists(_one("hostPath", "emptyDir") | _one(*VOLUMES), max_size=2)):
        made[source] = draw(_one({}, {}, None))
    return made


apparmor: Json = st.none() | st.dictionaries(
    _one(
        f"{APPARMOR}a",
        f"{APPARMOR}nobody",
        "container.apparmor.security.beta.kubernetes.io",
        "seccomp.security.alpha.kubernetes.io/pod",
        "container.seccomp.security.alpha.kubernetes.io/a",
    ),
    _one("", "runtime/default", "localhost/", "localhost/p", "localhost", "unconfined", None),
    max_size=3,
)


@st.composite
def _spec(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"):
        if draw(_one(0, 0, 1)):
            made[field] = draw(_one(True, False, None))
    if draw(truth):
        made["os"] = draw(_of(name=_one("windows", "linux", "Windows", "")))
    security = draw(pod_security)
    kept = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    made["securityContext"] = security if security is None or draw(truth) else kept | security
    for field in ("containers", "initContainers", "ephemeralContainers"):
        if draw(_one(1, 1, 0)):
            made[field] = draw(st.none() | st.lists(_container(), max_size=2))
    if draw(truth):
        made["volumes"] = draw(st.none() | st.lists(st.none() | _volume(), max_size=3))
    return made


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    """An object of any kind that has a pod."""
    kind = draw(_one(*API))
    pod: Any = {"metadata": {"annotations": draw(apparmor)}, "spec": draw(_spec())}
    for step in reversed(POD_AT[kind]):
        pod = {str(step): pod}
    return {"apiVersion": API[kind], "kind": kind, **pod, "metadata": {**pod.get("metadata", {}), "name": "web"}}
