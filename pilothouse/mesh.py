"""Mesh: what Istio makes of a stack: its hosts and their ports, the pods that selectors meet, injection and mTLS.

Sources: Istio's API reference (VirtualService, DestinationRule, ServiceEntry, PeerAuthentication, Annotations, Labels),
and its pages "Protocol Selection" and "Installing the Sidecar".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate

if TYPE_CHECKING:
    from pilothouse.stack import Stack

NETWORKING, SECURITY = "networking.istio.io", "security.istio.io"
TELEMETRY, EXTENSIONS = "telemetry.istio.io", "extensions.istio.io"
ROOT = "istio-system"
"""The mesh's root namespace: what stands there without a selector counts for the whole mesh."""
MESH = "mesh"
"""The gateway of a VirtualService that stands for every sidecar."""
INJECT = "sidecar.istio.io/inject"
BY_NAMESPACE = ("istio-injection", "istio.io/rev", "istio.io/dataplane-mode")
"""The labels of a namespace that decide on its pods' sidecars."""
KINDS = (
    *((NETWORKING, kind) for kind in ("VirtualService", "DestinationRule", "Gateway", "ServiceEntry", "Sidecar")),
    *((NETWORKING, kind) for kind in ("EnvoyFilter", "ProxyConfig", "WorkloadEntry", "WorkloadGroup")),
    *((SECURITY, kind) for kind in ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")),
    (TELEMETRY, "Telemetry"),
    *((EXTENSIONS, kind) for kind in ("WasmPlugin", "TrafficExtension")),
)
"""Istio's kinds."""
SIDECAR = "istio-proxy"
"""What the proxy's container is called."""

_PROTOCOLS = frozenset(["GRPC", "HTTP", "HTTP2", "HTTPS", "HTTP_PROXY", "MONGO", "MYSQL", "REDIS", "TCP", "TLS", "UDP"])
_KUBERNETES_PROTOCOLS = {"kubernetes.io/h2c": "HTTP2", "kubernetes.io/ws": "HTTP", "kubernetes.io/wss": "HTTPS"}
_NEVER_SNIFFED = frozenset({25, 53, 3306, 27017})
"""Ports that speak first on the server's side: they are TCP where nothing else is said."""
RAW = frozenset({"TCP", "TLS", "HTTPS", "MONGO", "MYSQL", "REDIS"})
"""Protocols in which the proxy sees no HTTP."""


class Port(NamedTuple):
    """A port of a host."""

    number: int
    name: str
    protocol: str
    """As Istio understands it, such as ``HTTP2``; empty where it finds out from the traffic."""


class Host(NamedTuple):
    """A host that the mesh knows, of a Service or a ServiceEntry."""

    name: str
    """Its full name; of a ServiceEntry it may begin with ``*.``."""
    namespace: str
    manifest: Manifest
    ports: tuple[Port, ...]
    exported: frozenset[str]
    """The namespaces that see it; ``*`` for all."""
    selector: Mapping[str, Any]
    """The labels of its pods; empty where it selects none."""

    def seen_from(self, namespace: str) -> bool:
        """Whether a namespace sees it."""
        return not self.exported.isdisjoint({"*", namespace})


class Rule(NamedTuple):
    """A DestinationRule."""

    manifest: Manifest
    host: str
    namespace: str
    exported: frozenset[str]
    subsets: Mapping[str, int]
    """Each subset's name, and its place in the list."""


class Pods(NamedTuple):
    """Pods, or a machine outside of the cluster that joined the mesh."""

    manifest: Manifest
    namespace: str
    labels: Mapping[str, Any]
    template: PodTemplate | None
    """None for a machine."""

    @property
    def is_gateway(self) -> bool:
        """Whether they are a proxy alone, as a gateway's are."""
        names = [text(container.get("name")) for _, container in self.template.containers()] if self.template else []
        return names == [SIDECAR]


def protocol(number: object, name: str, transport: str, application: str = "") -> str:
    """What Istio takes a Service's port for; empty where it finds out from the traffic.

    :param number: the port's number.
    :param name: its name, of which the part before the first ``-`` counts.
    :param transport: its ``protocol``.
    :param application: its ``appProtocol``, which counts before the name.
    """
    if transport == "UDP":
        return "UDP"
    if application in _KUBERNETES_PROTOCOLS:
        return _KUBERNETES_PROTOCOLS[application]
    said = (application or name).upper()
    if said.startswith("GRPC-WEB"):
        return "GRPC-WEB"
    said = said.partition("-")[0]
    if said in _PROTOCOLS:
        return said
    return "TCP" if isinstance(number, int) and number in _NEVER_SNIFFED else ""


def spec(manifest: Manifest) -> dict[str, Any]:
    """An object's ``spec``; empty where there is none."""
    return mapping(manifest.body, "spec")


def namespace_of(manifest: Manifest) -> str:
    """The namespace that an object goes to where nobody says another one."""
    return manifest.namespace or "default"


def exported(value: Any, namespace: str) -> frozenset[str]:
    """The namespaces that an ``exportTo`` names: ``*`` for all, which is what an empty one means."""
    named = [text(item) for item in listing(value)]
    return frozenset(namespace if item == "." else item for item in named) or frozenset("*")


def labels_of(manifest: Manifest) -> tuple[FieldPath, dict[str, Any]]:
    """The labels by which an object of Istio selects pods, and where they stand; empty where it selects all."""
    for path in (("selector", "matchLabels"), ("workloadSelector", "labels"), ("workloadSelector", "matchLabels")):
        found = mapping(spec(manifest), *path)
        if found:
            return ("spec", *path), found
    return ("spec", "selector"), {}


def aimed_twice(manifest: Manifest) -> bool:
    """Whether a policy has both a selector and ``targetRefs``: Istio's webhook refuses those."""
    said = spec(manifest)
    return bool(mapping(said, "selector") and (said.get("targetRefs") or said.get("targetRef")))


def destinations(service: Manifest) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    """Every destination of a VirtualService, with its place: of its routes, and of its mirrors."""
    for protocol_ in ("http", "tls", "tcp"):
        for index, route in mappings(spec(service).get(protocol_)):
            at: FieldPath = ("spec", protocol_, index)
            for number, weighted in mappings(route.get("route")):
                yield (*at, "route", number, "destination"), mapping(weighted, "destination")
            if isinstance(route.get("mirror"), dict):
                yield (*at, "mirror"), route["mirror"]
            for number, mirror in mappings(route.get("mirrors")):
                yield (*at, "mirrors", number, "destination"), mapping(mirror, "destination")


def gateways_of(service: Manifest) -> list[tuple[int, str]]:
    """The gateways that a VirtualService is bound to, each with its index; ``mesh`` where it names none."""
    named = [(index, name) for index, name in enumerate(listing(spec(service).get("gateways"))) if text(name)]
    return named or [(0, MESH)]


class Mesh:
    """What Istio makes of one stack.

    :param stack: the stack.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.domain = stack.environment.cluster.domain
        self._found: dict[tuple[str, str], list[Host]] = {}
        self._followed: dict[tuple[str, str], list[Rule]] = {}
        self._behind: dict[int, list[Pods]] = {}
        self.whole = bool(stack.environment.name)
        """Whether it is one of our environments: in somebody's YAML, much may stand elsewhere."""

    def of(self, kind: str, group: str = NETWORKING) -> list[Manifest]:
        """Every object of one of Istio's kinds."""
        return self._stack.of_kind(group, kind)

    def full(self, host: str, namespace: str) -> str:
        """The full name of a host: one without a dot is a Service of the namespace that it is said in."""
        if "." in host or host.startswith("*"):
            return host
        return f"{host}.{namespace}.svc.{self.domain}"

    def local(self, host: str) -> tuple[str, str] | None:
        """The Service's name and namespace in a full name; None for a host outside of the cluster."""
        name, _, rest = host.partition(".")
        namespace, _, rest = rest.partition(".")
        return (name, namespace) if namespace and rest == f"svc.{self.domain}" else None

    @cached_property
    def used(self) -> bool:
        """Whether anything shows that there is a mesh: an object of Istio, or a label that asks for injection."""
        if any(self._stack.of_kind(group, kind) for group, kind in KINDS):
            return True
        if any(label in each.labels for each in self._stack.of_kind("", "Namespace") for label in BY_NAMESPACE):
            return True
        listed = (template for workloads in self._stack.workloads.values() for _, template in workloads)
        return any(INJECT in template.labels for template in listed)

    @cached_property
    def hosts(self) -> Mapping[str, list[Host]]:
        """Every host under its full name."""
        found: dict[str, list[Host]] = defaultdict(list)
        for service in self._stack.of_kind("", "Service"):
            namespace, ports = namespace_of(service), []
            for _, port in mappings(spec(service).get("ports")):
                number, name = port.get("port"), text(port.get("name"))
                if isinstance(number, int):
                    said = protocol(number, name, text(port.get("protocol"), "TCP"), text(port.get("appProtocol")))
                    ports.append(Port(number, name, said))
            said = text(mapping(service.body, "metadata", "annotations").get("networking.istio.io/exportTo"))
            seen = exported([part.strip() for part in said.split(",") if part.strip()], namespace)
            name = self.full(service.name, namespace)
            selector = mapping(spec(service), "selector")
            found[name].append(Host(name, namespace, service, tuple(ports), seen, selector))
        for entry in self.of("ServiceEntry"):
            namespace = namespace_of(entry)
            ports = [
                Port(port["number"], text(port.get("name")), text(port.get("protocol")).upper())
                for _, port in mappings(spec(entry).get("ports"))
                if isinstance(port.get("number"), int)
            ]
            seen, selector = exported(spec(entry).get("exportTo"), namespace), labels_of(entry)[1]
            for host in listing(spec(entry).get("hosts")):
                if name := text(host):
                    found[name].append(Host(name, namespace, entry, tuple(ports), seen, selector))
        return found

    def find(self, host: str, namespace: str) -> list[Host]:
        """The hosts that a name means in a namespace: that very one, or else a ServiceEntry's wildcard."""
        known = self._found.get((host, namespace))
        if known is None:
            known = self._found[host, namespace] = self._find(self.full(host, namespace), namespace)
        return known

    def _find(self, name: str, namespace: str) -> list[Host]:
        while name:
            found = [each for each in self.hosts.get(name, ()) if each.seen_from(namespace)]
            if found or name == "*":
                return found
            rest = name.removeprefix("*.").partition(".")[2]
            name = f"*.{rest}" if rest else "*"
        return []

    @cached_property
    def _suffixes(self) -> frozenset[str]:
        found: set[str] = set()
        for host in self.hosts:
            rest = host.removeprefix("*.")
            while rest:
                found.add(rest)
                rest = rest.partition(".")[2]
        return frozenset(found)

    def lacks(self, host: str, namespace: str) -> bool:
        """Whether nobody has a host, as far as the stack can tell.

        What stands in a namespace that is given, or of which somebody's YAML shows no host at all, may be there.
        """
        if not host or self.find(host, namespace):
            return False
        name = self.full(host, namespace)
        if name.startswith("*"):
            return name != "*" and name.removeprefix("*").strip(".") not in self._suffixes and self.shows(namespace)
        local = self.local(name)
        if local is None:
            return self.shows(namespace)
        return local != ("kubernetes", "default") and self.shows(local[1], services=True)

    def shows(self, namespace: str, *, services: bool = False) -> bool:
        """Whether the stack shows what hosts a namespace has.

        :param namespace: the namespace.
        :param services: whether Services are meant, and not what ServiceEntries name.
        """
        if namespace in (self._with_services if services else self._with_hosts):
            return True
        return self.whole and namespace not in self._stack.environment.given.namespaces and namespace not in _OTHERS

    @cached_property
    def _with_services(self) -> frozenset[str]:
        return frozenset(namespace_of(service) for service in self._stack.of_kind("", "Service"))

    @cached_property
    def _with_hosts(self) -> frozenset[str]:
        return frozenset(each.namespace for hosts in self.hosts.values() for each in hosts)

    @cached_property
    def rules(self) -> Mapping[str, list[Rule]]:
        """Every DestinationRule under the full name of its host."""
        found: dict[str, list[Rule]] = defaultdict(list)
        for manifest in self.of("DestinationRule"):
            namespace = namespace_of(manifest)
            host = self.full(text(spec(manifest).get("host")), namespace)
            subsets = {text(each.get("name")): index for index, each in mappings(spec(manifest).get("subsets"))}
            seen = exported(spec(manifest).get("exportTo"), namespace)
            found[host].append(Rule(manifest, host, namespace, seen, subsets))
        return found

    def rules_for(self, host: str, namespace: str) -> list[Rule]:
        """The DestinationRules that clients of a namespace may follow for a host, those of the very host first."""
        known = self._followed.get((host, namespace))
        if known is not None:
            return known
        name, found = self.full(host, namespace), []
        while name:
            found += [rule for rule in self.rules.get(name, ()) if not rule.exported.isdisjoint({"*", namespace})]
            rest = name.removeprefix("*.").partition(".")[2]
            name = "" if name == "*" else f"*.{rest}" if rest else "*"
        self._followed[host, namespace] = found
        return found

    @cached_property
    def gateways(self) -> Mapping[tuple[str, str], Manifest]:
        """Every Gateway of Istio under its namespace and name."""
        return {(namespace_of(each), each.name): each for each in self.of("Gateway")}

    def gateway(self, name: str, namespace: str) -> tuple[str, str]:
        """The namespace and name of a gateway that a VirtualService of a namespace names.

        Besides ``namespace/name`` it may be written as the old ``name.namespace.svc...``.
        """
        if "/" in name:
            before, _, after = name.partition("/")
            return (namespace if before == "." else before), after
        if "." in name and (namespace, name) not in self.gateways:
            return name.split(".")[1], name.split(".")[0]
        return namespace, name

    @cached_property
    def pods(self) -> list[Pods]:
        """Everything that runs pods, and the machines that joined."""
        found = [
            Pods(manifest, namespace or "default", template.labels, template)
            for namespace, workloads in self._stack.workloads.items()
            for manifest, template in workloads
        ]
        for entry in self.of("WorkloadEntry"):
            labels = {**entry.labels, **mapping(spec(entry), "labels")}
            found.append(Pods(entry, namespace_of(entry), labels, None))
        groups = self.of("WorkloadGroup")
        return found + [
            Pods(each, namespace_of(each), mapping(spec(each), "metadata", "labels"), None) for each in groups
        ]

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str], list[Pods]]:
        found: dict[tuple[str, str], list[Pods]] = defaultdict(list)
        for pods in self.pods:
            for key, value in pods.labels.items():
                found[key, str(value)].append(pods)
        return found

    @cached_property
    def by_namespace(self) -> Mapping[str, list[Pods]]:
        """The pods of each namespace."""
        found: dict[str, list[Pods]] = defaultdict(list)
        for pods in self.pods:
            found[pods.namespace].append(pods)
        return found

    @cached_property
    def label_keys(self) -> frozenset[str]:
        """Every label that any pods carry."""
        return frozenset(key for key, _ in self._by_label)

    def meeting(self, labels: Mapping[str, Any], namespace: str = "") -> list[Pods]:
        """The pods that carry all of some labels.

        :param labels: label to value; where there are none, all pods.
        :param namespace: where to look; empty for everywhere.
        """
        if not labels:
            return list(self.by_namespace.get(namespace, ())) if namespace else self.pods
        rarest = min((self._by_label.get((key, str(value)), []) for key, value in labels.items()), key=len)
        return [
            pods
            for pods in rarest
            if namespace in ("", pods.namespace) and all(str(pods.labels.get(k)) == str(v) for k, v in labels.items())
        ]

    def judged(self, policy: Manifest) -> list[Pods]:
        """The pods that a policy counts for: those of its namespace, or of all where it stands in the root one."""
        namespace = namespace_of(policy)
        return self.meeting(labels_of(policy)[1], "" if namespace == ROOT else namespace)

    def behind(self, host: Host) -> list[Pods]:
        """The pods that serve a host."""
        known = self._behind.get(id(host))
        if known is None:
            known = self._behind[id(host)] = self.meeting(host.selector, host.namespace) if host.selector else []
        return known

    @cached_property
    def served(self) -> Mapping[int, dict[str, str]]:
        """The ports to which Services lead, by the ``id`` of what runs the pods: port (or its name) to protocol."""
        found: dict[int, dict[str, str]] = defaultdict(dict)
        for service, _, workloads in self._stack.services:
            for _, port in mappings(spec(service).get("ports")) if workloads else ():
                number, target = port.get("port"), port.get("targetPort")
                transport, application = text(port.get("protocol"), "TCP"), text(port.get("appProtocol"))
                said = protocol(number, text(port.get("name")), transport, application)
                for workload, _ in workloads:
                    found[id(workload)][str(target or number)] = said
        return found

    @cached_property
    def namespaces(self) -> Mapping[str, Manifest]:
        """The Namespaces that the stack defines."""
        return {each.name: each for each in self._stack.of_kind("", "Namespace")}

    def injected(self, namespace: str) -> bool | None:
        """Whether the pods of a namespace get a sidecar unless they say otherwise; None where nobody knows."""
        if namespace not in self.namespaces:
            return None
        labels = self.namespaces[namespace].labels
        said = labels.get("istio-injection")
        return said == "enabled" if said is not None else bool(labels.get("istio.io/rev"))

    def ambient(self, namespace: str) -> bool:
        """Whether a namespace is in ambient mode."""
        return namespace in self.namespaces and _ambient(self.namespaces[namespace].labels)

    def has_sidecar(self, pods: Pods) -> bool | None:
        """Whether pods get a sidecar, or are a machine that has one; None where nobody knows."""
        if pods.template is None:
            return True
        if any(each.get("name") == SIDECAR for _, each in pods.template.containers("containers", "initContainers")):
            return True
        if pods.template.spec.get("hostNetwork") is True:
            return False
        said = pods.labels.get(INJECT, pods.template.annotations.get(INJECT))
        namespace = self.namespaces.get(pods.namespace)
        if namespace is not None and namespace.labels.get("istio-injection") == "disabled":
            return False
        if said is not None:
            return str(said) == "true"
        return True if pods.labels.get("istio.io/rev") else self.injected(pods.namespace)

    @cached_property
    def _peers(self) -> Mapping[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for each in self.of("PeerAuthentication", SECURITY):
            found[namespace_of(each)].append(each)
        return found

    def mtls(self, pods: Pods, port: int | None = None) -> tuple[str, Manifest | None]:
        """Which mTLS pods ask for on a port, and which PeerAuthentication says so.

        :param pods: the pods.
        :param port: a container's port; None where no port is meant.
        :returns: ``STRICT``, ``PERMISSIVE`` or ``DISABLE``.
        """
        for namespace in dict.fromkeys((pods.namespace, ROOT)):
            here = self._peers.get(namespace, ())
            own = [each for each in here if labels_of(each)[1] and namespace == pods.namespace]
            for each in own:
                if all(str(pods.labels.get(k)) == str(v) for k, v in labels_of(each)[1].items()):
                    ports = mapping(spec(each), "portLevelMtls")
                    of_port = next((mapping(said) for key, said in ports.items() if str(key) == str(port)), {})
                    for said in (of_port, mapping(spec(each), "mtls")):
                        if text(said.get("mode"), "UNSET") != "UNSET":
                            return text(said["mode"]), each
            for each in here:
                if not labels_of(each)[1] and text(mapping(spec(each), "mtls").get("mode"), "UNSET") != "UNSET":
                    return text(mapping(spec(each), "mtls")["mode"]), each
        return "PERMISSIVE", None


_OTHERS = frozenset({"kube-system", "kube-public", "kube-node-lease", ROOT})
"""Namespaces in which others than the stack put Services."""


def _ambient(labels: Mapping[str, Any]) -> bool:
    injected = labels.get("istio-injection") == "enabled" or labels.get("istio.io/rev")
    return labels.get("istio.io/dataplane-mode") == "ambient" and not injected
