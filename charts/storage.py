"""storage: disks: who makes them, who asks for them, those made by hand, and copies of them."""

import json

from pilothouse import Chart, Values
from pilothouse_kit import (
    Allow,
    ClusterRole,
    ClusterRoleBinding,
    ConfigMap,
    CronJob,
    Deployment,
    EmptyDir,
    FieldOf,
    HostPath,
    NetworkPolicy,
    Nfs,
    PersistentVolume,
    PersistentVolumeClaim,
    Resources,
    Role,
    RoleBinding,
    Rule,
    Service,
    ServiceAccount,
    StorageClass,
    VolumeSnapshot,
    VolumeSnapshotClass,
)


class StorageValues(Values):
    provisioner: str = "rancher/local-path-provisioner:v0.0.31"
    """The image of what makes disks from folders of the nodes."""
    provisioner_namespace: str = "local-path-storage"
    """Where it runs: its pods need folders of the nodes."""
    web: str = "nginxinc/nginx-unprivileged:1.29"
    """The image of the web server that keeps its pages on a disk."""
    kubectl: str = "registry.k8s.io/kubectl:v1.34.4"
    """An image with kubectl."""
    nfs_server: str = "my.nfs.server.local"
    """The server that exports ``/exports``."""
    snapshot_driver: str = "hostpath.csi.k8s.io"
    """The CSI driver that can copy its disks."""
    snapshot_class: str = "csi-hostpath"
    """The StorageClass of that driver's disks."""


class Storage(Chart[StorageValues]):
    def build(self) -> None:
        local = StorageClass(self, "local-path", provisioner="rancher.io/local-path", default=True)
        self.local_provisioner()
        self.pages(local)
        self.by_hand()
        self.copies()

    def local_provisioner(self) -> None:
        """A controller that makes a folder of a node for each claim, once its pod has been given that node."""
        home = self.values.provisioner_namespace
        name = "local-path-provisioner"
        # It watches claims and pods, and writes volumes: that, and nothing else.
        account = ServiceAccount(self, name, namespace=home, token=True)
        cluster_role = ClusterRole(
            self,
            name,
            rules=[
                Rule(["get", "list", "watch"], ["nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"]),
                Rule(["get", "list", "watch", "create", "patch", "update", "delete"], ["persistentvolumes"]),
                Rule(["create", "patch"], ["events"]),
                Rule(["get", "list", "watch"], ["storageclasses"], groups=["storage.k8s.io"]),
            ],
        )
        ClusterRoleBinding(self, name, role=cluster_role, subjects=[account])
        role = Role(self, name, namespace=home, rules=[Rule(["get", "list", "watch", "create", "delete"], ["pods"])])
        RoleBinding(self, name, namespace=home, role=role, subjects=[account])
        config = ConfigMap(self, "local-path-config", namespace=home, data=self.provisioner_files())
        Deployment(
            self,
            name,
            namespace=home,
            image=self.values.provisioner,
            command=["local-path-provisioner", "--debug", "start", "--config", "/etc/config/config.json"],
            replicas=1,
            mounts={"/etc/config": config},
            env={"POD_NAMESPACE": FieldOf("metadata.namespace"), "CONFIG_MOUNT_PATH": "/etc/config/"},
            service_account=account,
            resources=Resources("20m", "32Mi", memory_limit="128Mi"),
        )

    def provisioner_files(self) -> dict[str, str]:
        nodes = [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/opt/local-path-provisioner"]}]
        helper = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "helper-pod"},
            "spec": {"containers": [{"name": "helper-pod", "image": "busybox:1.37"}]},
        }
        return {
            "config.json": json.dumps({"nodePathMap": nodes}, indent=2) + "\n",
            "setup": '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
            "teardown": '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
            "helperPod.yaml": json.dumps(helper, indent=2) + "\n",
        }

    def pages(self, local: StorageClass) -> None:
        """A claim, and a web server that keeps its pages there: the disk is made when the pod has its node."""
        claim = PersistentVolumeClaim(
            self, "nginx-storage", size="3Mi", storage_class=local, annotations={"volumeType": "hostPath"}
        )
        web = Deployment(
            self,
            "nginx",
            image=self.values.web,
            port=8080,
            replicas=1,
            # One node at a time may mount it: the old pod must let go first.
            strategy="Recreate",
            user=101,
            group=101,
            mounts={
                "/usr/share/nginx/html": claim,
                "/tmp": EmptyDir("tmp"),
            },
        )
        Service(self, "nginx", selects=web, ports={"http": 80})
        NetworkPolicy(self, "nginx", pods=web, ingress=[Allow(ports=["http"])])

    def by_hand(self) -> None:
        """Volumes that somebody made, each kept for the one claim that it names."""
        sources = {
            "pv-host": (HostPath("pv-host", "/mnt/data", "DirectoryOrCreate"), "ReadWriteOnce"),
            "pv-nfs": (Nfs("pv-nfs", self.values.nfs_server, "/exports"), "ReadWriteMany"),
        }
        for name, (source, access) in sources.items():
            volume = PersistentVolume(
                self, name, size="1Gi", source=source, access=[access], claimed_by=f"{self.namespace}/{name}"
            )
            if isinstance(source, HostPath):
                volume.waive("STO010", reason="the lesson shows that such data stays behind when its pod moves")
            PersistentVolumeClaim(
                self, name, size="1Gi", storage_class="", access=[access], patch={"spec": {"volumeName": name}}
            )

    def copies(self) -> None:
        """A copy of a disk at one moment, a new disk that begins with it, and a new copy every night."""
        snapshots = VolumeSnapshotClass(
            self, "snapshots", driver=self.values.snapshot_driver, deletion="Retain", default=True
        )
        disk = PersistentVolumeClaim(self, "orders", size="1Gi", storage_class=self.values.snapshot_class)
        first = VolumeSnapshot(self, "orders-first", of=disk, snapshot_class=snapshots)
        PersistentVolumeClaim(
            self, "orders-restored", size="1Gi", storage_class=self.values.snapshot_class, restores=first
        )
        account = ServiceAccount(self, "snapshots", token=True)
        role = Role(
            self,
            "snapshots",
            rules=[Rule(["get", "list", "create"], ["volumesnapshots"], groups=["snapshot.storage.k8s.io"])],
        )
        RoleBinding(self, "snapshots", role=role, subjects=[account])
        tonight = {
            "apiVersion": VolumeSnapshot.api_version,
            "kind": VolumeSnapshot.kind,
            "metadata": {"generateName": "orders-"},
            "spec": {
                "volumeSnapshotClassName": snapshots.name,
                "source": {"persistentVolumeClaimName": disk.name},
            },
        }
        template = ConfigMap(self, "orders-snapshot", data={"snapshot.json": json.dumps(tonight, indent=2) + "\n"})
        night = CronJob(
            self,
            "orders-snapshot",
            schedule="0 1 * * *",
            time_zone="Etc/UTC",
            time_limit=300,
            image=self.values.kubectl,
            args=["create", "-f", "/template/snapshot.json"],
            mounts={"/template": template},
            service_account=account,
        )
        NetworkPolicy(
            self, "orders-snapshot", pods={"app.kubernetes.io/name": night.name}, egress=[Allow(ports=[443, 6443])]
        )
