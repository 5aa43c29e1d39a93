"""Provisioners: what the drivers that make volumes can do, as their own documentation says."""

from __future__ import annotations

SINGLE_NODE = {
    "block.csi.vultr.com": "a Vultr block volume",
    "bs.csi.stackit.cloud": "a block volume",
    "cinder.csi.openstack.org": "a Cinder volume",
    "csi.hetzner.cloud": "a Hetzner volume",
    "csi.scaleway.com": "a Scaleway block volume",
    "disk.csi.azure.com": "an Azure disk",
    "dobs.csi.digitalocean.com": "a DigitalOcean volume",
    "ebs.csi.aws.com": "an EBS volume",
    "ebs.csi.eks.amazonaws.com": "an EBS volume",
    "kubernetes.io/aws-ebs": "an EBS volume",
    "kubernetes.io/azure-disk": "an Azure disk",
    "kubernetes.io/cinder": "a Cinder volume",
    "kubernetes.io/gce-pd": "a Compute Engine disk",
    "linodebs.csi.linode.com": "a Linode volume",
    "local.csi.openebs.io": "a folder or volume of one node",
    "openebs.io/local": "a folder or volume of one node",
    "pd.csi.storage.gke.io": "a Compute Engine disk",
    "rancher.io/local-path": "a folder of one node",
    "rbd.csi.ceph.com": "a Ceph block device",
    "topolvm.io": "a volume of one node",
    "zfs.csi.openebs.io": "a volume of one node",
}
"""Provisioners whose volumes, with a file system on them, are written by one node alone, and what they are.

Source: each driver's own documentation of its access modes."""

NODE_BOUND = frozenset(
    {
        "docker.io/hostpath",
        "k8s.io/minikube-hostpath",
        "kubernetes.io/no-provisioner",
        "local.csi.openebs.io",
        "microk8s.io/hostpath",
        "openebs.io/local",
        "rancher.io/local-path",
        "topolvm.io",
        "zfs.csi.openebs.io",
    }
)
"""Provisioners whose volumes lie on one node: the scheduler sends all pods that mount one to that node."""

ZONAL = frozenset(
    {
        "cinder.csi.openstack.org",
        "disk.csi.azure.com",
        "ebs.csi.aws.com",
        "ebs.csi.eks.amazonaws.com",
        "kubernetes.io/aws-ebs",
        "kubernetes.io/azure-disk",
        "kubernetes.io/cinder",
        "kubernetes.io/gce-pd",
        "pd.csi.storage.gke.io",
    }
)
"""Provisioners whose volumes lie in one zone."""

DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
"""The annotations of the class that claims without one get."""

SINGLE_WRITER = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})
"""Access modes of volumes that one node, or one pod, writes."""
