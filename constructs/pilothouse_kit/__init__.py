"""The kit: reusable constructs in Kubernetes' own words."""

import pilothouse.chart  # noqa: F401 -- before anything imports constructs, which would start Node at once
from pilothouse_kit.access import ClusterRole, ClusterRoleBinding, Role, RoleBinding, Rule, ServiceAccount
from pilothouse_kit.classes import DeviceClass, PriorityClass, ResourceClaimTemplate, RuntimeClass
from pilothouse_kit.configuration import ConfigMap, ExternalSecret
from pilothouse_kit.containers import Container
from pilothouse_kit.jobs import CronJob, Job
from pilothouse_kit.namespaces import LimitRange, Namespace, ResourceQuota
from pilothouse_kit.networks import NetworkAttachmentDefinition
from pilothouse_kit.object import KubernetesObject
from pilothouse_kit.pods import Pod
from pilothouse_kit.policies import DNS, Allow, Network, NetworkPolicy, Pods
from pilothouse_kit.ports import Port
from pilothouse_kit.probes import ExecProbe, GrpcProbe, HttpProbe, TcpProbe
from pilothouse_kit.resources import Resources
from pilothouse_kit.routing import Backend, Gateway, GatewayClass, HTTPRoute, HttpRule, Ingress, Listener
from pilothouse_kit.scaling import (
    ExternalMetric,
    HorizontalPodAutoscaler,
    PodDisruptionBudget,
    PodsMetric,
    VerticalPodAutoscaler,
)
from pilothouse_kit.scheduling import HOST, ZONE, NodeAffinity, PodAffinity, Spread, Toleration
from pilothouse_kit.services import EndpointSlice, ExternalName, Service
from pilothouse_kit.sources import FieldOf, GivenConfigMap, GivenSecret
from pilothouse_kit.storage import (
    ClaimTemplate,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeSnapshot,
    VolumeSnapshotClass,
)
from pilothouse_kit.volumes import EmptyDir, HostPath, Mount, Nfs
from pilothouse_kit.workloads import DaemonSet, Deployment, ReplicaSet, Requirement, StatefulSet

__all__ = [
    "DNS",
    "HOST",
    "ZONE",
    "Allow",
    "Backend",
    "ClaimTemplate",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Container",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "DeviceClass",
    "EmptyDir",
    "EndpointSlice",
    "ExecProbe",
    "ExternalMetric",
    "ExternalName",
    "ExternalSecret",
    "FieldOf",
    "Gateway",
    "GatewayClass",
    "GivenConfigMap",
    "GivenSecret",
    "GrpcProbe",
    "HTTPRoute",
    "HorizontalPodAutoscaler",
    "HostPath",
    "HttpProbe",
    "HttpRule",
    "Ingress",
    "Job",
    "KubernetesObject",
    "LimitRange",
    "Listener",
    "Mount",
    "Namespace",
    "Network",
    "NetworkAttachmentDefinition",
    "NetworkPolicy",
    "Nfs",
    "NodeAffinity",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodAffinity",
    "PodDisruptionBudget",
    "Pods",
    "PodsMetric",
    "Port",
    "PriorityClass",
    "ReplicaSet",
    "Requirement",
    "ResourceClaimTemplate",
    "ResourceQuota",
    "Resources",
    "Role",
    "RoleBinding",
    "Rule",
    "RuntimeClass",
    "Service",
    "ServiceAccount",
    "Spread",
    "StatefulSet",
    "StorageClass",
    "TcpProbe",
    "Toleration",
    "VerticalPodAutoscaler",
    "VolumeSnapshot",
    "VolumeSnapshotClass",
]
