"""The kit: reusable constructs in Kubernetes' own words."""

from pilothouse_kit.configuration import ConfigMap, ServiceAccount
from pilothouse_kit.namespaces import Namespace
from pilothouse_kit.object import KubernetesObject
from pilothouse_kit.routing import Ingress
from pilothouse_kit.services import EndpointSlice, ExternalName, Service
from pilothouse_kit.workloads import Deployment, HttpProbe, PodDisruptionBudget, Resources

__all__ = [
    "ConfigMap",
    "Deployment",
    "EndpointSlice",
    "ExternalName",
    "HttpProbe",
    "Ingress",
    "KubernetesObject",
    "Namespace",
    "PodDisruptionBudget",
    "Resources",
    "Service",
    "ServiceAccount",
]
