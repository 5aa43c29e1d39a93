"""Routing: how requests from outside find a Service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Unpack

import constructs
from pilothouse.chart import chart_of
from pilothouse_kit.addresses import host_problems
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, present, refuse, single_texts, twice
from pilothouse_kit.services import Service

Paths = Mapping[str, Service]
"""Path prefix to the Service that answers it: its first port."""


def _path_problems(paths: Paths) -> list[str]:
    found = [] if paths else ["routes: expected one or more"]
    found += [f"routes: {path!r} is no path, expected it to begin with /" for path in paths if not path.startswith("/")]
    for path, service in paths.items():
        if service.manifest.body["spec"].get("type") == "ExternalName" or not service.ports:
            found.append(f"routes: {path} leads to {service.name}, which has no port")
    return found


class Ingress(KubernetesObject):
    """Hosts and paths of HTTP requests, and the Services that answer them: a ``networking.k8s.io/v1 Ingress``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param host: the host whose paths ``routes`` says.
    :param routes: path prefix to Service, for ``host``.
    :param hosts: host to its paths, where there are several; instead of ``host`` and ``routes``.
    :param ingress_class: which controller takes it (``ingressClassName``); None for the cluster's default one.
    :param tls: name of the Secret with certificate and key, for every host; None for plain HTTP.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where neither or both of ``host`` and ``hosts`` are given, or a path is none.

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
        **options: Unpack[ObjectFields],
    ) -> None:
        if (hosts is None) == (host is None) or (host is None) != (routes is None):
            refuse(self.kind, name, ["expected host and routes, or hosts, and one of the two only"])
        everything = hosts if hosts is not None else {str(host): routes or {}}
        problems = [problem for each in everything for problem in host_problems("host", each)]
        problems += [problem for paths in everything.values() for problem in _path_problems(paths)]
        refuse(self.kind, name, problems if everything else ["hosts: expected one or more"])
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


class GatewayClass(KubernetesObject):
    """A sort of gateway, and the controller that makes them: a ``gateway.networking.k8s.io/v1 GatewayClass``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which gateways name.
    :param controller: the controller's own name, such as ``istio.io/gateway-controller``.
    :param options: see :class:`ObjectFields`.

    Source: Gateway API reference, GatewayClass.
    """

    api_version = "gateway.networking.k8s.io/v1"
    kind = "GatewayClass"

    def __init__(
        self, scope: constructs.Construct, name: str, *, controller: str, **options: Unpack[ObjectFields]
    ) -> None:
        super().__init__(scope, name, {"spec": {"controllerName": controller}}, **options)


@dataclass(frozen=True)
class Listener:
    """A port on which a gateway takes requests.

    :param name: its name in the gateway.
    :param port: its number.
    :param host: the only host that it serves; every host where it is not given.
    :param tls: name of the Secret with certificate and key: then it takes HTTPS, which ends here.
    :param routes_from: from which namespaces routes may hang on it.

    Source: Gateway API reference, Listener.
    """

    name: str
    port: int
    host: str | None = None
    tls: str | None = None
    routes_from: Literal["Same", "All"] = "Same"

    def fields(self) -> Fields:
        """The listener as it stands in a gateway."""
        secure = {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": self.tls}]}
        return {
            "name": self.name,
            **present(hostname=self.host),
            "port": self.port,
            "protocol": "HTTPS" if self.tls else "HTTP",
            **present(tls=secure if self.tls else None),
            "allowedRoutes": {"namespaces": {"from": self.routes_from}},
        }


class Gateway(KubernetesObject):
    """Where requests come into the cluster: a ``gateway.networking.k8s.io/v1 Gateway``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which routes name.
    :param gateway_class: the sort of gateway.
    :param listeners: the ports on which it takes requests.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where two listeners have one name, or there is none.

    Source: Gateway API reference, Gateway.
    """

    api_version = "gateway.networking.k8s.io/v1"
    kind = "Gateway"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        gateway_class: GatewayClass | str,
        listeners: Sequence[Listener],
        **options: Unpack[ObjectFields],
    ) -> None:
        names = [listener.name for listener in listeners]
        problems = [f"listeners: two are named {each!r}" for each in twice(names)]
        problems += [
            f"listeners: {listener.name}: {problem}"
            for listener in listeners
            for problem in host_problems("host", listener.host or "any.host")
        ]
        problems += [
            f"listeners: {listener.name} is on port {listener.port}, expected 1 to 65535"
            for listener in listeners
            if not 1 <= listener.port <= 65535
        ]
        refuse(self.kind, name, problems or ([] if listeners else ["listeners: expected one or more"]))
        self.listeners = names
        """The names of its listeners."""
        spec = {
            "gatewayClassName": gateway_class if isinstance(gateway_class, str) else gateway_class.name,
            "listeners": [listener.fields() for listener in listeners],
        }
        super().__init__(scope, name, {"spec": spec}, **options)


@dataclass(frozen=True)
class Backend:
    """A Service that answers part of the requests.

    :param service: the Service; its first port.
    :param weight: its part, beside the weights of the others: 0 for none.
    """

    service: Service
    weight: int = 1

    def fields(self) -> Fields:
        """The Service as a ``HTTPBackendRef``."""
        return {"name": self.service.name, "port": next(iter(self.service.ports.values())), "weight": self.weight}


@dataclass(frozen=True)
class HttpRule:
    """Requests of an HTTPRoute, and who answers them.

    :param backends: the Services; each gets its weight's part.
    :param prefix: the path that requests begin with.
    :param headers: header to value that requests must have.
    :param timeout: how long an answer may take, such as ``10s``.

    Source: Gateway API reference, HTTPRouteRule.
    """

    backends: Sequence[Backend | Service]
    prefix: str = "/"
    headers: Mapping[str, str] | None = None
    timeout: str | None = None

    def fields(self) -> Fields:
        """The rule as it stands in a route."""
        headers = [{"name": name, "value": value} for name, value in (self.headers or {}).items()]
        match = {"path": {"type": "PathPrefix", "value": self.prefix}, **present(headers=headers or None)}
        backends = [each if isinstance(each, Backend) else Backend(each) for each in self.backends]
        return {
            "matches": [match],
            "backendRefs": [backend.fields() for backend in backends],
            **present(timeouts={"request": self.timeout} if self.timeout else None),
        }

    def problems(self) -> list[str]:
        """What is wrong with it."""
        found = [] if self.prefix.startswith("/") else [f"rules: prefix {self.prefix!r} does not begin with /"]
        weights = [backend.weight for backend in self.backends if isinstance(backend, Backend)]
        found += [
            f"rules: weight {weight} is out of range, expected 0 to 1000000"
            for weight in weights
            if not 0 <= weight <= 1000000
        ]
        if not self.backends:
            found.append(f"rules: {self.prefix} has no backend")
        elif len(weights) == len(self.backends) and not any(weights):
            found.append(f"rules: every backend of {self.prefix} has weight 0, so nobody answers")
        return found


class HTTPRoute(KubernetesObject):
    """Which Service answers which HTTP requests of a gateway: a ``gateway.networking.k8s.io/v1 HTTPRoute``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param gateway: the gateway that it hangs on; ``namespace/name`` for another namespace's.
    :param listener: the only listener that it hangs on; all of them where it is not given.
    :param hosts: the hosts that it is about; those of the listeners where there are none.
    :param rules: who answers what; the most exact match counts.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where a rule or the listener is wrong.

    Source: Gateway API reference, HTTPRoute.
    """

    api_version = "gateway.networking.k8s.io/v1"
    kind = "HTTPRoute"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        gateway: Gateway | str,
        rules: Sequence[HttpRule],
        listener: str | None = None,
        hosts: Sequence[str] = (),
        **options: Unpack[ObjectFields],
    ) -> None:
        problems = [problem for rule in rules for problem in rule.problems()]
        problems += single_texts(hosts=hosts) or [problem for each in hosts for problem in host_problems("hosts", each)]
        if not rules:
            problems.append("rules: expected one or more")
        if isinstance(gateway, Gateway) and listener is not None and listener not in gateway.listeners:
            problems.append(
                f"listener: {gateway.name} has none named {listener!r}, it has {', '.join(gateway.listeners)}"
            )
        refuse(self.kind, name, problems)
        if isinstance(gateway, str):
            namespace, _, short = gateway.rpartition("/")
        else:
            own = options.get("namespace") or chart_of(scope).namespace
            namespace, short = "" if gateway.namespace == own else gateway.namespace, gateway.name
        parent = {"name": short, **present(namespace=namespace or None, sectionName=listener)}
        spec = {
            "parentRefs": [parent],
            **present(hostnames=list(hosts) or None),
            "rules": [rule.fields() for rule in rules],
        }
        super().__init__(scope, name, {"spec": spec}, **options)
