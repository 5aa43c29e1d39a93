"""Resources: the names that the API server knows of them, and which amounts of each it takes."""

from __future__ import annotations

import re
from decimal import Decimal

_PART = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_QUALIFIED = re.compile(rf"((?P<domain>{_DOMAIN})/)?{_PART}\Z")

OF_CONTAINERS = frozenset({"cpu", "memory", "ephemeral-storage"})
"""Resources without a domain that containers may name, huge pages apart."""

OF_QUOTAS = OF_CONTAINERS | {
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
}
"""Resources without a domain that a ResourceQuota may name, huge pages apart."""

OF_VOLUMES = frozenset({"storage"})
_PIECES = frozenset(
    {
        "pods",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    }
)
"""What is counted in whole numbers.

Source of these tables: ``pkg/apis/core/helper`` of Kubernetes."""


def _is_huge_pages(resource: str) -> bool:
    return resource.startswith("hugepages-")


def _is_native(resource: str) -> bool:
    """Whether it is one of Kubernetes' own: without a domain, or in Kubernetes' domain."""
    return "/" not in resource or "kubernetes.io/" in resource


def is_extended(resource: str) -> bool:
    """Whether device plugins and the like offer it, as ``nvidia.com/gpu``."""
    if _is_native(resource) or resource.startswith("requests."):
        return False
    return _QUALIFIED.match(f"requests.{resource}") is not None


def overcommits(resource: str) -> bool:
    """Whether a container's limit of a resource may be above its request."""
    return _is_native(resource) and not _is_huge_pages(resource)


def refused_name(resource: str) -> str:
    """Why no container may name a resource; empty where it may."""
    if not qualified(resource):
        return "expected a resource's name, of letters, digits, '-', '_' and '.' behind an optional domain"
    if "/" not in resource:
        if resource not in OF_CONTAINERS and not _is_huge_pages(resource):
            return "expected cpu, memory, ephemeral-storage, hugepages-<size>, or a name with a domain"
    elif not _is_native(resource) and not is_extended(resource):
        return "expected a resource's name that does not begin with 'requests.'"
    return ""


def refused_amount(resource: str, amount: Decimal) -> str:
    """Why the API server does not take an amount; empty where it does."""
    if amount < 0:
        return "expected no less than 0"
    if (resource in _PIECES or is_extended(resource)) and (amount * 1000).to_integral_value("ROUND_CEILING") % 1000:
        return "expected a whole number"
    return ""


def qualified(name: str) -> bool:
    """Whether it is a qualified name: at most 63 characters behind an optional DNS domain and a slash."""
    found = _QUALIFIED.match(name)
    return found is not None and len(found["domain"] or "") <= 253
