"""DNS: under which names a cluster's pods find a Service, and each other.

Source: Kubernetes documentation, DNS for Services and Pods.
"""

from __future__ import annotations

from typing import Any

from pilothouse.lenient import mappings
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack


def of(manifest: Manifest, stack: Stack) -> list[str]:
    """The full names of an object in its cluster's own domain.

    :param manifest: a Service; or a StatefulSet, whose pods have names through its Service. Others have none.
    :param stack: the cluster's domain, and where the other of the two is looked for.
    :returns: a Service's name, then that of each named port, then those of the pods behind a headless Service.
    """
    if manifest.group == "" and manifest.kind == "Service":
        return _of_service(manifest, stack)
    if manifest.group == "apps" and manifest.kind == "StatefulSet":
        service = _spec(manifest).get("serviceName")
        for each in stack.of_kind("", "Service"):
            if each.namespace == manifest.namespace and each.name == service and _headless(each):
                return _of_pods(manifest, each, stack)
    return []


def _of_service(service: Manifest, stack: Stack) -> list[str]:
    name = f"{service.name}.{service.namespace}.svc.{stack.environment.cluster.domain}"
    spec = _spec(service)
    if spec.get("type") == "ExternalName":
        return [f"{name} → {spec.get('externalName')}"]
    named = [each for _, each in mappings(spec.get("ports")) if each.get("name")]
    found = [name, *(f"_{each['name']}._{str(each.get('protocol', 'TCP')).lower()}.{name}" for each in named)]
    if _headless(service):
        for each in stack.of_kind("apps", "StatefulSet"):
            if each.namespace == service.namespace and _spec(each).get("serviceName") == service.name:
                found += _of_pods(each, service, stack)
    return found


def _of_pods(stateful: Manifest, service: Manifest, stack: Stack) -> list[str]:
    domain = f"{service.name}.{service.namespace}.svc.{stack.environment.cluster.domain}"
    spec = _spec(stateful)
    replicas, ordinals = spec.get("replicas", 1), spec.get("ordinals")
    first = ordinals.get("start", 0) if isinstance(ordinals, dict) else 0
    if not isinstance(replicas, int) or not isinstance(first, int):
        return []
    return [f"{stateful.name}-{number}.{domain}" for number in range(first, first + replicas)]


def _headless(service: Manifest) -> bool:
    return _spec(service).get("clusterIP") == "None"


def _spec(manifest: Manifest) -> dict[str, Any]:
    spec = manifest.body.get("spec")
    return spec if isinstance(spec, dict) else {}
