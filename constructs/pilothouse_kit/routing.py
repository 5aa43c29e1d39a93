"""Routing: how requests from outside find a Service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import constructs
from pilothouse_kit.object import Fields, KubernetesObject, present
from pilothouse_kit.services import Service

Paths = Mapping[str, Service]
"""Path prefix to the Service that answers it: its first port."""


class Ingress(KubernetesObject):
    """Hosts and paths of HTTP requests, and the Services that answer them: a ``networking.k8s.io/v1 Ingress``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param host: the host whose paths ``routes`` says.
    :param routes: path prefix to Service, for ``host``.
    :param hosts: host to its paths, where there are several; instead of ``host`` and ``routes``.
    :param ingress_class: which controller takes it (``ingressClassName``); None for the cluster's default one.
    :param tls: name of the Secret with certificate and key, for every host; None for plain HTTP.
    :param options: ``namespace``, ``labels``, ``annotations``, ``patch``: see :class:`KubernetesObject`.
    :raises ValueError: where neither or both of ``host`` and ``hosts`` are given.

    Source: Kubernetes documentation, Ingress.
    """

    api_version = "networking.k8s.io/v1"
    kind = "Ingress"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        host: str | None = None,
        routes: Paths | None = None,
        hosts: Mapping[str, Paths] | None = None,
        ingress_class: str | None = None,
        tls: str | None = None,
        **options: Any,
    ) -> None:
        if (hosts is None) == (host is None) or (host is None) != (routes is None):
            raise ValueError(f"Ingress {name}: expected host and routes, or hosts, and one of the two only")
        everything = hosts if hosts is not None else {str(host): routes or {}}
        spec: Fields = present(ingressClassName=ingress_class)
        if tls is not None:
            spec["tls"] = [{"hosts": list(everything), "secretName": tls}]
        spec["rules"] = [{"host": each, "http": {"paths": _paths(paths)}} for each, paths in everything.items()]
        super().__init__(scope, name, {"spec": spec}, **options)


def _paths(paths: Paths) -> list[Fields]:
    return [
        {
            "path": path,
            "pathType": "Prefix",
            "backend": {"service": {"name": service.name, "port": {"name": next(iter(service.ports))}}},
        }
        for path, service in paths.items()
    ]
