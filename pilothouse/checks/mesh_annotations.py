"""Annotations of Istio: whether it knows them, where they stand, and what they hold.

One look, that of ``MESH006``, finds what the other checks are about too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.pods import TEMPLATES, template_of
from pilothouse.stack import Stack

_ANY = "Any"
_OF_PODS = (
    "ambient.istio.io/bypass-inbound-capture ambient.istio.io/dns-capture ambient.istio.io/redirection "
    "inject.istio.io/templates istio.io/reroute-virtual-interfaces istio.io/rev prometheus.istio.io/merge-metrics "
    "proxy.istio.io/config proxy.istio.io/overrides readiness.status.sidecar.istio.io/applicationPorts "
    "readiness.status.sidecar.istio.io/failureThreshold readiness.status.sidecar.istio.io/initialDelaySeconds "
    "readiness.status.sidecar.istio.io/periodSeconds sidecar.istio.io/agentLogLevel "
    "sidecar.istio.io/bootstrapOverride sidecar.istio.io/componentLogLevel sidecar.istio.io/discoveryAddress "
    "sidecar.istio.io/extraStatTags sidecar.istio.io/inject sidecar.istio.io/interceptionMode "
    "sidecar.istio.io/logLevel sidecar.istio.io/nativeSidecar sidecar.istio.io/proxyCPU "
    "sidecar.istio.io/proxyCPULimit sidecar.istio.io/proxyImage sidecar.istio.io/proxyImageType "
    "sidecar.istio.io/proxyMemory sidecar.istio.io/proxyMemoryLimit sidecar.istio.io/rewriteAppHTTPProbers "
    "sidecar.istio.io/statsCompression sidecar.istio.io/statsEvictionInterval sidecar.istio.io/statsFlushInterval "
    "sidecar.istio.io/statsHistogramBins sidecar.istio.io/statsHistogramBuckets "
    "sidecar.istio.io/statsInclusionPrefixes sidecar.istio.io/statsInclusionRegexps "
    "sidecar.istio.io/statsInclusionSuffixes sidecar.istio.io/status sidecar.istio.io/userVolume "
    "sidecar.istio.io/userVolumeMount status.sidecar.istio.io/port traffic.sidecar.istio.io/excludeInboundPorts "
    "traffic.sidecar.istio.io/excludeInterfaces traffic.sidecar.istio.io/excludeOutboundIPRanges "
    "traffic.sidecar.istio.io/excludeOutboundPorts traffic.sidecar.istio.io/includeInboundPorts "
    "traffic.sidecar.istio.io/includeOutboundIPRanges traffic.sidecar.istio.io/includeOutboundPorts "
    "traffic.sidecar.istio.io/kubevirtInterfaces"
)
_OTHERS = {
    "alpha.istio.io/canonical-serviceaccounts": {"Service"},
    "alpha.istio.io/kubernetes-serviceaccounts": {"Service"},
    "ambient.istio.io/waypoint-inbound-binding": {"GatewayClass", "Gateway"},
    "galley.istio.io/analyze-suppress": {_ANY},
    "gateway.istio.io/controller-version": {_ANY},
    "gateway.istio.io/name-override": {"Gateway"},
    "gateway.istio.io/service-account": {"Gateway"},
    "istio.io/autoRegistrationGroup": {"WorkloadEntry"},
    "istio.io/connectedAt": {"WorkloadEntry"},
    "istio.io/disconnectedAt": {"WorkloadEntry"},
    "istio.io/dry-run": {"AuthorizationPolicy"},
    "istio.io/use-waypoint-canary-weight": {"Service", "ServiceEntry", "Namespace"},
    "istio.io/workloadController": {"WorkloadEntry"},
    "kubernetes.io/ingress.class": {"Ingress"},
    "networking.istio.io/exportTo": {"Service"},
    "networking.istio.io/service-type": {"Gateway"},
    "networking.istio.io/traffic-distribution": {"Namespace", "Service", "ServiceEntry"},
    "topology.istio.io/controlPlaneClusters": {"Namespace"},
    "traffic.istio.io/nodeSelector": {"Service"},
}
KNOWN: dict[str, set[str]] = {**{name: {"Pod"} for name in _OF_PODS.split()}, **_OTHERS}
"""Every annotation of Istio 1.31, and the kinds that it is for. Source: Istio's reference, Resource Annotations."""
DEPRECATED = {
    "alpha.istio.io/canonical-serviceaccounts": "",
    "alpha.istio.io/kubernetes-serviceaccounts": "",
    "sidecar.istio.io/discoveryAddress": "write proxy.istio.io/config with discoveryAddress",
    "sidecar.istio.io/extraStatTags": "write a Telemetry",
    "sidecar.istio.io/inject": "write it as a label of the pods",
    "sidecar.istio.io/statsCompression": "write proxy.istio.io/config with proxyStatsMatcher",
    "sidecar.istio.io/statsInclusionPrefixes": "write proxy.istio.io/config with proxyStatsMatcher",
    "sidecar.istio.io/statsInclusionRegexps": "write proxy.istio.io/config with proxyStatsMatcher",
    "sidecar.istio.io/statsInclusionSuffixes": "write proxy.istio.io/config with proxyStatsMatcher",
    "traffic.sidecar.istio.io/kubevirtInterfaces": "write istio.io/reroute-virtual-interfaces",
}
"""Those that are deprecated, and what to do instead."""
_JUDGED = [("", "Namespace"), ("", "Service"), *TEMPLATES]


def _annotations(manifest: Manifest) -> list[tuple[FieldPath, str, str, object, dict[str, object]]]:
    """Istio's annotations of an object and of its pods: path, kind of what bears it, name, value, labels beside it."""
    found: list[tuple[FieldPath, str, str, object, dict[str, object]]] = []
    own = manifest.body.get("metadata")
    if isinstance(own, dict) and own.get("annotations"):
        _add(found, ("metadata",), manifest.kind, own)
    template = template_of(manifest)
    inner = template.body.get("metadata") if template is not None and template.path else None
    if template is not None and isinstance(inner, dict) and inner.get("annotations"):
        _add(found, (*template.path, "metadata"), "Pod", inner)
    return found


def _add(
    found: list[tuple[FieldPath, str, str, object, dict[str, object]]],
    path: FieldPath,
    kind: str,
    metadata: dict[str, object],
) -> None:
    for name, value in mapping(metadata, "annotations").items():
        if ("istio.io" in str(name) and str(name).partition("/")[0].endswith("istio.io")) or name in KNOWN:
            found.append(((*path, "annotations", name), kind, str(name), value, mapping(metadata, "labels")))


@object_check(
    "MESH006",
    Severity.WARNING,
    "an annotation that Istio does not know",
    kinds=_JUDGED,
    fields=("annotations",),
    equals=("istioctl IST0108",),
)
def unknown(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """An annotation with a name that Istio does not know does nothing, and nothing says so.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default, annotations: {networking.istio.io/exportto: "."}}
    spec: {ports: [{name: http, port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default, annotations: {networking.istio.io/exportTo: "."}}
    spec: {ports: [{name: http, port: 80}]}
    ```

    Source: Istio's reference, Resource Annotations.
    """
    for path, kind, name, value, labels in _annotations(manifest):
        wanted = KNOWN.get(name)
        if wanted is None:
            near = next((each for each in KNOWN if each.lower() == name.lower()), "")
            fix = f"write {near}" if near else "look its name up in Istio's list of annotations"
            yield Problem(manifest, f"Istio knows no annotation {name}", path, fix)
            continue
        if _ANY not in wanted and kind not in wanted:
            where = "in the pods' template" if wanted == {"Pod"} else f"on a {' or '.join(sorted(wanted))}"
            yield Problem(manifest, f"{name} does nothing on a {kind}", path, f"write it {where}", "MESH007")
        if name in DEPRECATED and name not in labels:
            yield Problem(manifest, f"{name} is deprecated", path, DEPRECATED[name] or "remove it", "MESH008")
        wrong = _VALUES[name](value) if name in _VALUES and isinstance(value, str) and kind == "Pod" else ""
        if wrong:
            yield Problem(manifest, wrong, path, "write what the annotation takes", "MESH009")


@object_check(
    "MESH007",
    Severity.WARNING,
    "an annotation of Istio in the wrong place",
    kinds=(),
    equals=("istioctl IST0107",),
)
def misplaced(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """An annotation counts on the kinds that it is for. One for pods stands in the pods' template: on the Deployment
    itself it does nothing.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, annotations: {sidecar.istio.io/proxyCPU: 100m}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, annotations: {networking.istio.io/traffic-distribution: PreferClose}}
    ```

    Source: Istio's reference, Resource Annotations.
    """
    return iter(())


@object_check(
    "MESH008",
    Severity.ADVICE,
    "an annotation of Istio that is deprecated",
    kinds=(),
    equals=("istioctl IST0135",),
)
def deprecated(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A deprecated annotation goes with one of the next versions of Istio.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default, annotations: {alpha.istio.io/canonical-serviceaccounts: bank}}
    spec: {ports: [{name: http, port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default}
    spec: {ports: [{name: http, port: 80}]}
    ```

    Source: Istio's reference, Resource Annotations.
    """
    return iter(())


def _ports(value: str) -> str:
    for part in value.split(",") if value.strip() not in ("", "*") else ():
        if not part.strip().isdecimal() or not 0 < int(part) < 65536:
            return f"expected ports such as 80,443, got {part.strip() or 'an empty one'}"
    return ""


def _networks(value: str) -> str:
    for part in value.split(",") if value.strip() not in ("", "*") else ():
        try:
            if "/" not in part:
                return f"expected networks such as 10.0.0.0/8, got {part.strip()}"
            ipaddress.ip_network(part.strip(), strict=False)
        except ValueError:
            return f"expected networks such as 10.0.0.0/8, got {part.strip()}"
    return ""


def _number(value: str) -> str:
    return "" if value.isdecimal() else f"expected a whole number, got {value}"


def _boolean(value: str) -> str:
    words = ("true", "false", "True", "False", "TRUE", "FALSE", "t", "f", "T", "F", "1", "0")
    return "" if value in words else f"expected true or false, got {value}"


def _interception(value: str) -> str:
    return "" if value in ("REDIRECT", "TPROXY", "NONE") else f"expected REDIRECT, TPROXY or NONE, got {value}"


_VALUES = {
    "sidecar.istio.io/interceptionMode": _interception,
    "sidecar.istio.io/rewriteAppHTTPProbers": _boolean,
    "status.sidecar.istio.io/port": _number,
    "readiness.status.sidecar.istio.io/initialDelaySeconds": _number,
    "readiness.status.sidecar.istio.io/periodSeconds": _number,
    "readiness.status.sidecar.istio.io/failureThreshold": _number,
    "readiness.status.sidecar.istio.io/applicationPorts": _ports,
    "traffic.sidecar.istio.io/includeInboundPorts": _ports,
    "traffic.sidecar.istio.io/excludeInboundPorts": _ports,
    "traffic.sidecar.istio.io/includeOutboundPorts": _ports,
    "traffic.sidecar.istio.io/excludeOutboundPorts": _ports,
    "traffic.sidecar.istio.io/includeOutboundIPRanges": _networks,
    "traffic.sidecar.istio.io/excludeOutboundIPRanges": _networks,
}


@object_check(
    "MESH009",
    Severity.ERROR,
    "an annotation of Istio that holds no such value",
    kinds=(),
    equals=("istioctl IST0125",),
)
def invalid(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Injection refuses pods whose annotations it cannot read: they are not created at all.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata:
      name: bank
      namespace: default
      annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: "http,https"}
    spec: {containers: [{name: bank, image: "bank:1"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default, annotations: {networking.istio.io/exportTo: "."}}
    spec: {ports: [{name: http, port: 80}]}
    ```

    Source: Istio's reference, Resource Annotations.
    """
    return iter(())
