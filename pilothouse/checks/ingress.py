"""Ingresses: who serves them, and under which hosts and paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.ingress_fields import CLASS_ANNOTATION, INGRESS, backends_of, paths_of, spec_of
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_PATTERN = re.compile(r"[*()\[\]{}^$|\\+?]")
DEFAULT = "ingressclass.kubernetes.io/is-default-class"
"""The annotation of the IngressClass that is the default."""


def class_of(manifest: Manifest) -> str:
    """The class of an Ingress, whichever field names it; empty where none does."""
    old = mapping(manifest.body, "metadata", "annotations").get(CLASS_ANNOTATION)
    return text(spec_of(manifest).get("ingressClassName")) or text(old)


def defaults(stack: Stack) -> list[Manifest]:
    """The IngressClasses that are the default."""
    return [
        each
        for each in stack.of_kind("networking.k8s.io", "IngressClass")
        if mapping(each.body, "metadata", "annotations").get(DEFAULT) == "true"
    ]


@stack_check("ING006", Severity.ADVICE, "an Ingress that names no class")
def without_class(stack: Stack) -> Iterator[Problem]:
    """An Ingress without a class is the default IngressClass's, where the cluster has one. Where it has none, some
    controllers take it, some leave it, and two of them may both serve it.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: IngressClass
    metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
    spec: {controller: k8s.io/ingress-nginx}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, Ingress, "Default IngressClass".
    """
    if defaults(stack):
        return
    for manifest in stack.of_kind("networking.k8s.io", "Ingress"):
        if spec_of(manifest) and not class_of(manifest):
            known = [each.name for each in stack.of_kind("networking.k8s.io", "IngressClass")]
            known += stack.environment.given.ingress_classes
            fix = f"name one in spec.ingressClassName{': ' + ', '.join(known) if known else ''}"
            yield Problem(manifest, "the Ingress names no class, and no IngressClass is the default", ("spec",), fix)


@object_check(
    "ING008",
    Severity.ADVICE,
    "a host of an Ingress without TLS",
    kinds=INGRESS,
    equals=("polaris tlsSettingsMissing",),
)
def without_tls(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """What is served under a host without TLS goes over the net in clear. ``spec.tls`` names the hosts of a
    certificate; they have to be those of the rules, letter for letter.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {ingressClassName: nginx, rules: [{host: shop.example.com}]}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {ingressClassName: nginx, tls: [{hosts: [shop.example.com]}], rules: [{host: shop.example.com}]}
    ```

    Waive it where something in front of the controller ends TLS. Source: Kubernetes documentation, Ingress, "TLS".
    """
    spec = spec_of(manifest)
    secured: set[str] = set()
    for _, tls in mappings(spec.get("tls")):
        if not tls.get("hosts"):
            return  # a certificate for every host
        secured.update(host for host in listing(tls["hosts"]) if isinstance(host, str))
    told = set()
    for index, rule in mappings(spec.get("rules")):
        host = text(rule.get("host"))
        if host and host not in told and not _covers(secured, host):
            told.add(host)
            message = f"{host} is served without TLS: no entry of spec.tls names it"
            yield Problem(manifest, message, ("spec", "rules", index, "host"), "add the host to spec.tls")


def _covers(names: set[str], host: str) -> bool:
    return host in names or f"*.{host.partition('.')[2]}" in names


@object_check("ING009", Severity.ADVICE, "a certificate for a host that no rule serves", kinds=INGRESS, fields=("tls",))
def unused_tls(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The hosts of ``spec.tls`` are those of the rules. One that no rule has is a slip, or a rest: the certificate is
    asked for and renewed, and nothing is served under it.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com, www.shop.example.com]}]
      rules: [{host: shop.example.com}]
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com]}]
      rules: [{host: shop.example.com}]
    ```

    Source: Kubernetes documentation, Ingress, "TLS".
    """
    spec = spec_of(manifest)
    served = {text(rule.get("host")) for _, rule in mappings(spec.get("rules"))}
    if "" in served or not served:
        return  # a rule, or the default backend, for every host
    for index, tls in mappings(spec.get("tls")):
        for place, host in enumerate(listing(tls.get("hosts"))):
            if isinstance(host, str) and host not in served and not _in(host, served):
                message = f"no rule serves {host}, expected a host of the rules"
                yield Problem(manifest, message, ("spec", "tls", index, "hosts", place))


def _in(host: str, served: set[str]) -> bool:
    """Whether a host falls under a wildcard of the rules, or, being one itself, covers a host of them."""
    if host.startswith("*."):
        return any(each.partition(".")[2] == host[2:] for each in served)
    return _covers(served, host)


@object_check("ING011", Severity.WARNING, "a pattern in a path that is taken letter by letter", kinds=INGRESS)
def patterns(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``pathType: Prefix`` and ``Exact`` compare a path letter by letter: ``*`` and ``(.*)`` stand for themselves in
    them, and such a path is never asked for. NGINX' controller refuses it since 1.12, and that of AWS too. Patterns
    are of ``ImplementationSpecific``, and each controller has its own.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      rules:
      - http: {paths: [{path: "/shop/(.*)", pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      rules:
      - http: {paths: [{path: /shop, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, Ingress, "Path types"; ingress-nginx, ``strict-validate-path-type``.
    """
    for at, _, rule in paths_of(manifest):
        path, kind = text(rule.get("path")), rule.get("pathType")
        if kind in ("Prefix", "Exact") and (found := _PATTERN.search(path)):
            message = f"{kind} compares {path} letter by letter, and {found[0]!r} looks like a pattern"
            fix = "take a plain prefix, or pathType: ImplementationSpecific"
            yield Problem(manifest, message, (*at, "pathType"), fix)


@stack_check("ING012", Severity.ADVICE, "an Ingress that leads out of the cluster")
def outside(stack: Stack) -> Iterator[Problem]:
    """Where a backend's Service is an ExternalName, the controller itself connects to whatever host that names. Traefik
    and others refuse it unless they are told to; where it works, who may write such a Service can reach through the
    controller what only the controller can reach.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: maps, namespace: default}
    spec: {ingressClassName: nginx, defaultBackend: {service: {name: maps, port: {number: 443}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: maps, namespace: default}
    spec: {type: ExternalName, externalName: maps.example.com}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: maps, namespace: default}
    spec: {ingressClassName: nginx, defaultBackend: {service: {name: maps, port: {number: 443}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: maps, namespace: default}
    spec: {ports: [{port: 443}]}
    ```

    Source: Traefik, "Kubernetes Ingress", ``allowExternalNameServices``; CVE-2021-25745 and its kin.
    """
    aliases: dict[tuple[str, str], Manifest] = {
        (service.namespace, service.name): service
        for service in stack.of_kind("", "Service")
        if mapping(service.body, "spec").get("type") == "ExternalName"
    }
    for manifest in stack.of_kind("networking.k8s.io", "Ingress") if aliases else ():
        for at, backend in backends_of(manifest):
            name = mapping(backend, "service").get("name")
            if isinstance(name, str) and (manifest.namespace, name) in aliases:
                spec = mapping(aliases[manifest.namespace, name].body, "spec")
                message = f"the Service {name} is an alias of {spec.get('externalName')}, outside of the cluster"
                yield Problem(manifest, message, (*at, "service", "name"))
