"""Annotations, node labels and volume types of Kubernetes that are deprecated, as data."""

from __future__ import annotations

# name (with a slash at the end: a prefix), minor version that deprecated it, what to use instead
POD_ANNOTATIONS = (
    ("seccomp.security.alpha.kubernetes.io/pod", 19, "securityContext.seccompProfile"),
    ("container.seccomp.security.alpha.kubernetes.io/", 19, "securityContext.seccompProfile of the container"),
    ("container.apparmor.security.beta.kubernetes.io/", 30, "securityContext.appArmorProfile of the container"),
    ("scheduler.alpha.kubernetes.io/critical-pod", 13, "priorityClassName"),
    ("scheduler.alpha.kubernetes.io/affinity", 6, "spec.affinity"),
    ("scheduler.alpha.kubernetes.io/tolerations", 6, "spec.tolerations"),
    ("security.alpha.kubernetes.io/sysctls", 11, "securityContext.sysctls"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", 11, "securityContext.sysctls"),
    ("pod.alpha.kubernetes.io/init-containers", 6, "initContainers"),
    ("pod.beta.kubernetes.io/init-containers", 6, "initContainers"),
)
_CLAIM = (
    ("volume.beta.kubernetes.io/storage-class", 6, "spec.storageClassName"),
    ("volume.alpha.kubernetes.io/storage-class", 6, "spec.storageClassName"),
    ("volume.beta.kubernetes.io/mount-options", 6, "spec.mountOptions"),
)
ANNOTATIONS = {
    "Ingress": (("kubernetes.io/ingress.class", 18, "spec.ingressClassName"),),
    "Service": (
        ("service.alpha.kubernetes.io/tolerate-unready-endpoints", 11, "spec.publishNotReadyAddresses"),
        ("service.kubernetes.io/topology-aware-hints", 27, "spec.trafficDistribution"),
    ),
    "PersistentVolumeClaim": _CLAIM,
    "PersistentVolume": _CLAIM,
    "StorageClass": (
        ("storageclass.beta.kubernetes.io/is-default-class", 6, "storageclass.kubernetes.io/is-default-class"),
    ),
}
LABELS = {
    "beta.kubernetes.io/os": (14, "kubernetes.io/os"),
    "beta.kubernetes.io/arch": (14, "kubernetes.io/arch"),
    "beta.kubernetes.io/instance-type": (17, "node.kubernetes.io/instance-type"),
    "failure-domain.beta.kubernetes.io/zone": (17, "topology.kubernetes.io/zone"),
    "failure-domain.beta.kubernetes.io/region": (17, "topology.kubernetes.io/region"),
    "node-role.kubernetes.io/master": (20, "node-role.kubernetes.io/control-plane"),
}
# In-tree plugins whose volumes are served by a CSI driver, if that is installed, since the plugin's code is gone.
VOLUMES = {
    "awsElasticBlockStore": "ebs.csi.aws.com",
    "azureDisk": "disk.csi.azure.com",
    "azureFile": "file.csi.azure.com",
    "cinder": "cinder.csi.openstack.org",
    "gcePersistentDisk": "pd.csi.storage.gke.io",
    "portworxVolume": "pxd.portworx.com",
    "vsphereVolume": "csi.vsphere.vmware.com",
    "flexVolume": "of the storage's vendor",
}
