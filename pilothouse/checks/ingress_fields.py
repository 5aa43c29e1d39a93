"""Ingresses: fields that the API server refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import formats
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.references.row import GroupKind
from pilothouse.schemas.lifecycle import number
from pilothouse.stack import Stack

INGRESS: tuple[GroupKind] = (("networking.k8s.io", "Ingress"),)
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
"""What named the class before Kubernetes 1.18, and still does for many controllers."""

Rule = tuple[FieldPath, str, dict[str, Any]]
"""Where a path stands in the object, its host (empty for every host), and the path itself."""


def spec_of(manifest: Manifest) -> dict[str, Any]:
    """The spec of an Ingress; empty where there is none, and in a version of the API that no server has any more."""
    return mapping(manifest.body, "spec") if manifest.api_version == "networking.k8s.io/v1" else {}


def paths_of(manifest: Manifest) -> list[Rule]:
    """Every path of an Ingress."""
    return [
        (("spec", "rules", index, "http", "paths", place), text(rule.get("host")), path)
        for index, rule in mappings(spec_of(manifest).get("rules"))
        if isinstance(http := rule.get("http"), dict)
        for place, path in mappings(http.get("paths"))
    ]


def backends_of(manifest: Manifest) -> list[tuple[FieldPath, dict[str, Any]]]:
    """Every backend of an Ingress."""
    found = [((*path, "backend"), mapping(rule.get("backend"))) for path, _, rule in paths_of(manifest)]
    default = spec_of(manifest).get("defaultBackend")
    return [(("spec", "defaultBackend"), default), *found] if isinstance(default, dict) else found


@object_check("ING001", Severity.ERROR, "a host of an Ingress that is none", kinds=INGRESS)
def hosts(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A host is a DNS name in lower case, without a port, and no IP address; ``*.`` in front of it stands for one more
    label. The API server refuses everything else.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      rules: [{host: "shop.example.com:8443"}]
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      tls: [{hosts: ["*.example.com"]}]
      rules: [{host: "*.example.com"}]
    ```

    Source: Kubernetes API reference, IngressRule, ``host``.
    """
    spec = spec_of(manifest)
    for index, rule in mappings(spec.get("rules")):
        host = text(rule.get("host"))
        problem = formats.host(host) if host else ""
        if host and not problem and formats.address(host, strict=False):
            problem = "expected a DNS name, not an IP address"
        if problem:
            yield Problem(manifest, f"{host!r} is no host of an Ingress: {problem}", ("spec", "rules", index, "host"))
    for index, tls in mappings(spec.get("tls")):
        for place, host in enumerate(listing(tls.get("hosts"))):
            if isinstance(host, str) and (problem := formats.host(host)):
                message = f"{host!r} is no host of a certificate: {problem}"
                yield Problem(manifest, message, ("spec", "tls", index, "hosts", place))


_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_ENDS = ("/..", "/.")


@object_check("ING002", Severity.ERROR, "a path of an Ingress that is none", kinds=INGRESS)
def paths(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A path begins with ``/``. One of ``pathType: Exact`` or ``Prefix`` has no empty and no relative segments. The API
    server refuses everything else.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      rules:
      - http: {paths: [{path: shop, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
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

    Source: Kubernetes API reference, HTTPIngressPath.
    """
    for at, _, rule in paths_of(manifest):
        path, kind = text(rule.get("path")), rule.get("pathType")
        if kind in ("Exact", "Prefix"):
            if not path.startswith("/"):
                yield Problem(manifest, f"the path {path!r} does not begin with '/'", (*at, "path"))
            elif odd := _odd(path):
                yield Problem(manifest, f"the path {path!r} holds {odd!r}, which is no segment", (*at, "path"))
        elif kind == "ImplementationSpecific" and path and not path.startswith("/"):
            yield Problem(manifest, f"the path {path!r} does not begin with '/'", (*at, "path"))
        elif kind == "":
            yield Problem(manifest, "the path has no pathType, expected Exact or Prefix", (*at, "pathType"))


def _odd(path: str) -> str:
    if "/." not in path and "//" not in path and "%" not in path:
        return ""
    return next((each for each in _SEQUENCES if each in path), "") or next(filter(path.endswith, _ENDS), "")


_RELAXED = "1.36"
"""The minor since which a Service's name may begin with a digit. Source: KEP-5311."""


@object_check("ING003", Severity.ERROR, "a backend of an Ingress that names no port or two", kinds=INGRESS)
def backends(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A backend is either a Service with one port, by its number or its name, or another resource. The API server
    refuses everything else.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      rules:
      - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http, number: 80}}}}]}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      rules:
      - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{name: http, port: 80}]}
    ```

    Source: Kubernetes API reference, IngressBackend.
    """
    for at, backend in backends_of(manifest):
        service, resource = backend.get("service"), backend.get("resource")
        if service is not None and resource is not None:
            yield Problem(manifest, "the backend is a Service and another resource, expected one of them", at)
        elif isinstance(service, dict):
            for path, problem in _service(service, stack):
                yield Problem(manifest, problem, (*at, "service", *path))
        elif service is None and resource is None:
            yield Problem(manifest, "the backend is neither a Service nor another resource", at)


def _service(service: dict[str, Any], stack: Stack) -> Iterator[tuple[FieldPath, str]]:
    name, port = text(service.get("name")), mapping(service.get("port"))
    if not name:
        yield (), "the backend names no Service"
    elif (problem := formats.dns_label(name)) or (
        name[0].isdecimal() and number(stack.catalogue.minor) < number(_RELAXED)
    ):
        yield ("name",), f"{name!r} is no Service's name: {problem or 'expected a letter first'}"
    by_name, by_number = text(port.get("name")), port.get("number")
    if by_name and by_number:
        yield ("port",), f"the port has the name {by_name} and the number {by_number}, expected one of them"
    elif not by_name and not by_number:
        yield ("port",), f"the backend names no port of the Service {name}"
    elif by_name and (problem := formats.port_name(by_name)):
        yield ("port", "name"), f"{by_name!r} is no port's name: {problem}"
    elif isinstance(by_number, int) and (problem := formats.port(by_number)):
        yield ("port", "number"), f"{by_number} is no port: {problem}"


@object_check("ING004", Severity.ERROR, "an Ingress that leads nowhere", kinds=INGRESS)
def nowhere(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """An Ingress has rules or a default backend, and a rule for HTTP has paths. Its class and the Secrets of its
    certificates have names that an object can have. The API server refuses everything else.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {ingressClassName: nginx, tls: [{hosts: [shop.example.com]}]}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Kubernetes API reference, IngressSpec.
    """
    if manifest.api_version != "networking.k8s.io/v1":
        return
    spec = spec_of(manifest)
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        yield Problem(manifest, "the Ingress has neither rules nor a default backend", ("spec",))
    for index, rule in mappings(spec.get("rules")):
        if isinstance(rule.get("http"), dict) and not rule["http"].get("paths"):
            message = "the rule has no paths, expected one at least"
            yield Problem(manifest, message, ("spec", "rules", index, "http"))
    name = spec.get("ingressClassName")
    if isinstance(name, str) and (problem := formats.subdomain(name)):
        yield Problem(manifest, f"{name!r} is no name of a class: {problem}", ("spec", "ingressClassName"))
    for index, tls in mappings(spec.get("tls")):
        secret = text(tls.get("secretName"))
        if secret and (problem := formats.subdomain(secret)):
            yield Problem(manifest, f"{secret!r} is no Secret's name: {problem}", ("spec", "tls", index, "secretName"))


@object_check("ING005", Severity.ERROR, "an Ingress of two classes", kinds=INGRESS, fields=(CLASS_ANNOTATION,))
def two_classes(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The class stands in ``spec.ingressClassName``; the annotation ``kubernetes.io/ingress.class`` is what it was
    before Kubernetes 1.18. The API server refuses a new Ingress whose two names differ.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default, annotations: {kubernetes.io/ingress.class: traefik}}
    spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, Ingress, "Deprecated annotation".
    """
    name, old = (
        spec_of(manifest).get("ingressClassName"),
        mapping(manifest.body, "metadata", "annotations").get(CLASS_ANNOTATION),
    )
    if isinstance(name, str) and isinstance(old, str) and name != old:
        message = f"the annotation names the class {old}, and spec.ingressClassName {name}: expected one of them"
        yield Problem(manifest, message, ("metadata", "annotations", CLASS_ANNOTATION), "remove the annotation")
