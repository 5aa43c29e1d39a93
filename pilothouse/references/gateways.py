"""The references of the Gateway API and of service meshes. Source: each project's API reference."""

from __future__ import annotations

from pilothouse.references.kubernetes import ACCOUNT, CONFIG_MAP, POD, SECRET, SERVICE
from pilothouse.references.row import GroupKind, How, Lack, Row, Where

_API = "gateway.networking.k8s.io"
GATEWAY = (_API, "Gateway")
_LISTENERS = (_API, "ListenerSet")
_NETWORKING, _SECURITY = "networking.istio.io", "security.istio.io"
ISTIO_GATEWAY, VIRTUAL_SERVICE = (_NETWORKING, "Gateway"), (_NETWORKING, "VirtualService")
DESTINATION_RULE = (_NETWORKING, "DestinationRule")


def _to_service(source: GroupKind, path: str) -> Row:
    return Row(source, path, SERVICE, where=Where.BESIDE, kind_beside="Service", lack=Lack.TRAFFIC, granted=True)


def _certificate(source: GroupKind, path: str, target: GroupKind, default: str) -> Row:
    return Row(source, path, target, where=Where.BESIDE, kind_beside=default, lack=Lack.CERTIFICATE, granted=True)


_FILTERS = ("requestMirror.backendRef.name", "externalAuth.backendRef.name")

_GATEWAY_API: tuple[Row, ...] = (
    *(
        row
        for route in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
        for row in (
            *(
                Row((_API, route), "spec.parentRefs[].name", parent, where=Where.BESIDE, kind_beside="Gateway",
                    lack=Lack.WAITS)
                for parent in (GATEWAY, _LISTENERS, SERVICE)
            ),
            _to_service((_API, route), "spec.rules[].backendRefs[].name"),
        )
    ),
    *(
        _to_service((_API, route), f"spec.rules[].{place}filters[].{kind}")
        for route, kinds in (("HTTPRoute", _FILTERS), ("GRPCRoute", _FILTERS[:1]))
        for place in ("", "backendRefs[].")
        for kind in kinds
    ),
    Row(GATEWAY, "spec.gatewayClassName", (_API, "GatewayClass"), where=Where.CLUSTER, lack=Lack.CLASS),
    *(
        _certificate(source, "spec.listeners[].tls.certificateRefs[].name", SECRET, "Secret")
        for source in (GATEWAY, _LISTENERS)
    ),
    _certificate(GATEWAY, "spec.tls.backend.clientCertificateRef.name", SECRET, "Secret"),
    *(
        _certificate(GATEWAY, f"spec.tls.frontend.{place}.validation.caCertificateRefs[].name", target, "ConfigMap")
        for place in ("default", "perPort[].tls")
        for target in (CONFIG_MAP, SECRET)
    ),
    Row(GATEWAY, "spec.infrastructure.parametersRef.name", CONFIG_MAP, kind_beside="", lack=Lack.WAITS),
    Row((_API, "GatewayClass"), "spec.parametersRef.name", CONFIG_MAP, where=Where.BESIDE, kind_beside="",
        lack=Lack.WAITS),
    Row(_LISTENERS, "spec.parentRef.name", GATEWAY, where=Where.BESIDE, kind_beside="Gateway", lack=Lack.WAITS),
    Row((_API, "BackendTLSPolicy"), "spec.targetRefs[].name", SERVICE, kind_beside="", lack=Lack.WAITS),
    *(
        Row((_API, "BackendTLSPolicy"), "spec.validation.caCertificateRefs[].name", target, kind_beside="",
            lack=Lack.CERTIFICATE)
        for target in (CONFIG_MAP, SECRET)
    ),
)  # fmt: skip

_ROUTES = ("http[].route[].destination", "http[].mirror", "http[].mirrors[].destination", "tcp[].route[].destination",
           "tls[].route[].destination")  # fmt: skip
_OF_LABELS = (
    ((_SECURITY, "AuthorizationPolicy"), "spec.selector.matchLabels"),
    ((_SECURITY, "PeerAuthentication"), "spec.selector.matchLabels"),
    ((_SECURITY, "RequestAuthentication"), "spec.selector.matchLabels"),
    (("telemetry.istio.io", "Telemetry"), "spec.selector.matchLabels"),
    (("extensions.istio.io", "WasmPlugin"), "spec.selector.matchLabels"),
    (("extensions.istio.io", "TrafficExtension"), "spec.selector.matchLabels"),
    ((_NETWORKING, "ProxyConfig"), "spec.selector.matchLabels"),
    ((_NETWORKING, "Sidecar"), "spec.workloadSelector.labels"),
    ((_NETWORKING, "ServiceEntry"), "spec.workloadSelector.labels"),
    ((_NETWORKING, "EnvoyFilter"), "spec.workloadSelector.labels"),
)

_ISTIO: tuple[Row, ...] = (
    *(Row(VIRTUAL_SERVICE, f"spec.{route}.host", SERVICE, How.HOST) for route in _ROUTES),
    Row(VIRTUAL_SERVICE, "spec.gateways[]", ISTIO_GATEWAY, How.GATEWAYS),
    Row(VIRTUAL_SERVICE, "spec.http[].match[].gateways[]", ISTIO_GATEWAY, How.GATEWAYS),
    Row(VIRTUAL_SERVICE, "spec.http[].delegate.name", VIRTUAL_SERVICE, where=Where.BESIDE),
    Row(DESTINATION_RULE, "spec.host", SERVICE, How.HOST),
    Row(ISTIO_GATEWAY, "spec.selector", POD, How.LABELS, Where.ANYWHERE),
    *(Row(source, path, POD, How.LABELS) for source, path in _OF_LABELS),
    *(
        Row((group, kind), "spec.targetRefs[].name", target, kind_beside="")
        for group, kind in (
            (_SECURITY, "AuthorizationPolicy"),
            (_SECURITY, "RequestAuthentication"),
            ("telemetry.istio.io", "Telemetry"),
            ("extensions.istio.io", "WasmPlugin"),
        )
        for target in (GATEWAY, SERVICE)
    ),
    *(Row((_NETWORKING, kind), path, ACCOUNT) for kind, path in (("WorkloadEntry", "spec.serviceAccount"),
                                                                ("WorkloadGroup", "spec.template.serviceAccount"))),
)  # fmt: skip
"""What is missing here, the checks of the mesh say."""

_SMI: tuple[Row, ...] = (
    Row(("split.smi-spec.io", "TrafficSplit"), "spec.service", SERVICE, lack=Lack.TRAFFIC),
    Row(("split.smi-spec.io", "TrafficSplit"), "spec.backends[].service", SERVICE, lack=Lack.TRAFFIC),
    *(
        Row(("access.smi-spec.io", "TrafficTarget"), path, ACCOUNT, where=Where.BESIDE, kind_beside="",
            lack=Lack.SUBJECT)
        for path in ("spec.destination.name", "spec.sources[].name")
    ),
)  # fmt: skip

ROWS = (*_GATEWAY_API, *_ISTIO, *_SMI)
