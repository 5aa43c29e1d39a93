"""The references that Kubernetes' own kinds make. Source: the Kubernetes API reference of each field."""

from __future__ import annotations

from pilothouse.references.row import PODS, GroupKind, How, Lack, Row, Where

CONFIG_MAP, SECRET, SERVICE = ("", "ConfigMap"), ("", "Secret"), ("", "Service")
CLAIM, VOLUME, ACCOUNT = ("", "PersistentVolumeClaim"), ("", "PersistentVolume"), ("", "ServiceAccount")
POD, INGRESS = ("", "Pod"), ("networking.k8s.io", "Ingress")
STORAGE_CLASS, ATTRIBUTES_CLASS = ("storage.k8s.io", "StorageClass"), ("storage.k8s.io", "VolumeAttributesClass")
DEPLOYMENT, STATEFUL_SET, REPLICA_SET = ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet")
DAEMON_SET, ROLLOUT = ("apps", "DaemonSet"), ("argoproj.io", "Rollout")
SNAPSHOT = ("snapshot.storage.k8s.io", "VolumeSnapshot")
_REPLICATION_CONTROLLER, _JOB, _CRON_JOB = ("", "ReplicationController"), ("batch", "Job"), ("batch", "CronJob")
_PRIORITY, _RUNTIME = ("scheduling.k8s.io", "PriorityClass"), ("node.k8s.io", "RuntimeClass")
_RESOURCE_CLAIM, _RESOURCE_TEMPLATE = (
    ("resource.k8s.io", "ResourceClaim"),
    ("resource.k8s.io", "ResourceClaimTemplate"),
)
_HPA, _VPA = ("autoscaling", "HorizontalPodAutoscaler"), ("autoscaling.k8s.io", "VerticalPodAutoscaler")
_RBAC, _ADMISSION = "rbac.authorization.k8s.io", "admissionregistration.k8s.io"
_NETWORK_POLICY, _SNAPSHOTS, _GROUPS = (
    ("networking.k8s.io", "NetworkPolicy"),
    "snapshot.storage.k8s.io",
    "groupsnapshot.storage.k8s.io",
)


def _read(path: str, target: GroupKind) -> Row:
    return Row(PODS, path, target, lack=Lack.START, reads=True)


def claim(source: GroupKind, path: str) -> tuple[Row, ...]:
    """What the spec of a claim for storage refers to, wherever such a spec stands.

    :param path: of the spec.
    """
    return (
        Row(source, f"{path}.storageClassName", STORAGE_CLASS, where=Where.CLUSTER, lack=Lack.CLASS),
        Row(source, f"{path}.volumeAttributesClassName", ATTRIBUTES_CLASS, where=Where.CLUSTER, lack=Lack.CLASS),
        Row(source, f"{path}.dataSource.name", SNAPSHOT, kind_beside="", lack=Lack.WAITS),
        Row(source, f"{path}.dataSource.name", CLAIM, kind_beside="", lack=Lack.WAITS),
        *(
            Row(
                source,
                f"{path}.dataSourceRef.name",
                target,
                where=Where.BESIDE,
                kind_beside="",
                lack=Lack.WAITS,
                granted=True,
            )
            for target in (SNAPSHOT, CLAIM)
        ),
    )


_VOLUMES = "spec.volumes[]"
_PODS: tuple[Row, ...] = (
    _read(f"{_VOLUMES}.configMap.name", CONFIG_MAP),
    _read(f"{_VOLUMES}.secret.secretName", SECRET),
    Row(PODS, f"{_VOLUMES}.persistentVolumeClaim.claimName", CLAIM, lack=Lack.START),
    _read(f"{_VOLUMES}.projected.sources[].configMap.name", CONFIG_MAP),
    _read(f"{_VOLUMES}.projected.sources[].secret.name", SECRET),
    Row(
        PODS,
        f"{_VOLUMES}.projected.sources[].clusterTrustBundle.name",
        ("certificates.k8s.io", "ClusterTrustBundle"),
        where=Where.CLUSTER,
        lack=Lack.START,
    ),
    *claim(PODS, f"{_VOLUMES}.ephemeral.volumeClaimTemplate.spec"),
    *(
        Row(PODS, f"{_VOLUMES}.{field}", SECRET, lack=Lack.START)
        for field in (
            "csi.nodePublishSecretRef.name",
            "flexVolume.secretRef.name",
            "iscsi.secretRef.name",
            "rbd.secretRef.name",
            "cephfs.secretRef.name",
            "cinder.secretRef.name",
            "scaleIO.secretRef.name",
            "storageos.secretRef.name",
            "azureFile.secretName",
        )
    ),
    *(
        row
        for containers in ("containers", "initContainers", "ephemeralContainers")
        for row in (
            _read(f"spec.{containers}[].envFrom[].configMapRef.name", CONFIG_MAP),
            _read(f"spec.{containers}[].envFrom[].secretRef.name", SECRET),
            _read(f"spec.{containers}[].env[].valueFrom.configMapKeyRef.name", CONFIG_MAP),
            _read(f"spec.{containers}[].env[].valueFrom.secretKeyRef.name", SECRET),
        )
    ),
    *(
        Row(PODS, f"spec.{containers}[].{field}", SERVICE, How.DNS, lack=Lack.DNS)
        for containers in ("containers", "initContainers")
        for field in ("env[].value", "command[]", "args[]")
    ),
    Row(PODS, "spec.imagePullSecrets[].name", SECRET, lack=Lack.PULL),
    Row(PODS, "spec.serviceAccountName", ACCOUNT, lack=Lack.START),
    Row(PODS, "spec.priorityClassName", _PRIORITY, where=Where.CLUSTER, lack=Lack.START),
    Row(PODS, "spec.runtimeClassName", _RUNTIME, where=Where.CLUSTER, lack=Lack.START),
    Row(PODS, "spec.resourceClaims[].resourceClaimName", _RESOURCE_CLAIM, lack=Lack.START),
    Row(PODS, "spec.resourceClaims[].resourceClaimTemplateName", _RESOURCE_TEMPLATE, lack=Lack.START),
    Row(
        PODS,
        "metadata.annotations[k8s.v1.cni.cncf.io/networks]",
        ("k8s.cni.cncf.io", "NetworkAttachmentDefinition"),
        How.NETWORKS,
        lack=Lack.START,
    ),
)

_BACKENDS = ("spec.rules[].http.paths[].backend.service.name", "spec.defaultBackend.service.name")
_CLIENT = "clientConfig.service.name"

ROWS: tuple[Row, ...] = (
    *_PODS,
    Row(STATEFUL_SET, "spec.serviceName", SERVICE, lack=Lack.SERVICE_NAME),
    *claim(STATEFUL_SET, "spec.volumeClaimTemplates[].spec"),
    Row(ACCOUNT, "imagePullSecrets[].name", SECRET, lack=Lack.PULL),
    Row(ACCOUNT, "secrets[].name", SECRET),
    Row(SERVICE, "spec.selector", POD, How.LABELS),
    Row(("discovery.k8s.io", "EndpointSlice"), "metadata.labels[kubernetes.io/service-name]", SERVICE),
    *(Row(INGRESS, backend, SERVICE, lack=Lack.TRAFFIC) for backend in _BACKENDS),
    Row(
        INGRESS,
        "spec.ingressClassName",
        ("networking.k8s.io", "IngressClass"),
        where=Where.CLUSTER,
        lack=Lack.CLASS,
    ),
    Row(INGRESS, "spec.tls[].secretName", SECRET, lack=Lack.CERTIFICATE),
    Row(_NETWORK_POLICY, "spec.podSelector", POD, How.SELECTOR, lack=Lack.SELECTS),
    *(
        Row(
            _NETWORK_POLICY,
            f"spec.{peers}[].podSelector",
            POD,
            How.SELECTOR,
            Where.LABELLED,
            beside="namespaceSelector",
            lack=Lack.SELECTS,
        )
        for peers in ("ingress[].from", "egress[].to")
    ),
    Row(("policy", "PodDisruptionBudget"), "spec.selector", POD, How.SELECTOR, lack=Lack.SELECTS),
    *(
        Row(_HPA, "spec.scaleTargetRef.name", target, kind_beside="", lack=Lack.SCALE)
        for target in (DEPLOYMENT, STATEFUL_SET, REPLICA_SET, _REPLICATION_CONTROLLER, ROLLOUT)
    ),
    *(
        Row(_HPA, "spec.metrics[].object.describedObject.name", target, kind_beside="", lack=Lack.SCALE)
        for target in (SERVICE, INGRESS)
    ),
    *(
        Row(_VPA, "spec.targetRef.name", target, kind_beside="", lack=Lack.SCALE)
        for target in (
            DEPLOYMENT,
            STATEFUL_SET,
            DAEMON_SET,
            REPLICA_SET,
            _REPLICATION_CONTROLLER,
            _JOB,
            _CRON_JOB,
        )
    ),
    Row((_RBAC, "RoleBinding"), "roleRef.name", (_RBAC, "Role"), kind_beside="", lack=Lack.RIGHTS),
    *(
        Row(
            (_RBAC, binding),
            "roleRef.name",
            (_RBAC, "ClusterRole"),
            where=Where.CLUSTER,
            kind_beside="",
            lack=Lack.RIGHTS,
        )
        for binding in ("RoleBinding", "ClusterRoleBinding")
    ),
    *(
        Row((_RBAC, binding), "subjects[].name", ACCOUNT, where=Where.BESIDE, kind_beside="", lack=Lack.SUBJECT)
        for binding in ("RoleBinding", "ClusterRoleBinding")
    ),
    *claim(CLAIM, "spec"),
    Row(CLAIM, "spec.volumeName", VOLUME, where=Where.CLUSTER, lack=Lack.WAITS),
    Row(VOLUME, "spec.storageClassName", STORAGE_CLASS, where=Where.CLUSTER),
    Row(VOLUME, "spec.volumeAttributesClassName", ATTRIBUTES_CLASS, where=Where.CLUSTER),
    Row(VOLUME, "spec.claimRef.name", CLAIM, where=Where.BESIDE),
    *(
        Row(VOLUME, f"spec.{field}.name", SECRET, where=Where.BESIDE, lack=Lack.WAITS)
        for field in (
            "csi.controllerExpandSecretRef",
            "csi.controllerPublishSecretRef",
            "csi.nodeExpandSecretRef",
            "csi.nodePublishSecretRef",
            "csi.nodeStageSecretRef",
            "cephfs.secretRef",
            "iscsi.secretRef",
            "rbd.secretRef",
        )
    ),
    *(
        Row(
            STORAGE_CLASS,
            f"parameters[csi.storage.k8s.io/{role}-secret-name]",
            SECRET,
            where=Where.BESIDE,
            beside=f"csi.storage.k8s.io/{role}-secret-namespace",
            lack=Lack.WAITS,
        )
        for role in (
            "provisioner",
            "controller-publish",
            "controller-expand",
            "node-stage",
            "node-publish",
            "node-expand",
        )
    ),
    Row((_SNAPSHOTS, "VolumeSnapshot"), "spec.source.persistentVolumeClaimName", CLAIM, lack=Lack.WAITS),
    Row(
        (_SNAPSHOTS, "VolumeSnapshot"),
        "spec.source.volumeSnapshotContentName",
        (_SNAPSHOTS, "VolumeSnapshotContent"),
        where=Where.CLUSTER,
        lack=Lack.WAITS,
    ),
    *(
        Row(
            (_SNAPSHOTS, kind),
            "spec.volumeSnapshotClassName",
            (_SNAPSHOTS, "VolumeSnapshotClass"),
            where=Where.CLUSTER,
            lack=Lack.CLASS,
        )
        for kind in ("VolumeSnapshot", "VolumeSnapshotContent")
    ),
    Row(
        (_SNAPSHOTS, "VolumeSnapshotContent"),
        "spec.volumeSnapshotRef.name",
        SNAPSHOT,
        where=Where.BESIDE,
    ),
    Row(
        (_GROUPS, "VolumeGroupSnapshot"),
        "spec.volumeGroupSnapshotClassName",
        (_GROUPS, "VolumeGroupSnapshotClass"),
        where=Where.CLUSTER,
        lack=Lack.CLASS,
    ),
    Row((_GROUPS, "VolumeGroupSnapshot"), "spec.source.selector", CLAIM, How.SELECTOR, lack=Lack.SELECTS),
    *(
        Row(
            source,
            f"{path}.devices.requests[].{request}.deviceClassName",
            ("resource.k8s.io", "DeviceClass"),
            where=Where.CLUSTER,
            lack=Lack.CLASS,
        )
        for source, path in ((_RESOURCE_CLAIM, "spec"), (_RESOURCE_TEMPLATE, "spec.spec"))
        for request in ("exactly", "firstAvailable[]")
    ),
    *(
        Row((_ADMISSION, kind), f"webhooks[].{_CLIENT}", SERVICE, where=Where.BESIDE, lack=Lack.TRAFFIC)
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
    ),
    *(
        Row(
            (_ADMISSION, f"{policy}Binding"),
            "spec.policyName",
            (_ADMISSION, policy),
            where=Where.CLUSTER,
            lack=Lack.WAITS,
        )
        for policy in ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
    ),
    Row(
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        f"spec.conversion.webhook.{_CLIENT}",
        SERVICE,
        where=Where.BESIDE,
        lack=Lack.TRAFFIC,
    ),
    Row(
        ("apiregistration.k8s.io", "APIService"),
        "spec.service.name",
        SERVICE,
        where=Where.BESIDE,
        lack=Lack.TRAFFIC,
    ),
    Row(
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        "spec.priorityLevelConfiguration.name",
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        where=Where.CLUSTER,
        lack=Lack.WAITS,
    ),
)
"""In the order in which ``explain`` shows them."""
