"""Ingresses: whether two of them claim the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.checks.ingress import DEFAULT, class_of, defaults
from pilothouse.checks.ingress_fields import paths_of, spec_of
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, text
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack


@stack_check("ING007", Severity.WARNING, "two default IngressClasses")
def two_defaults(stack: Stack) -> Iterator[Problem]:
    """An Ingress without a class is given the default one. Of several the API server takes the one that was made
    last: on a cluster that is set up anew it may be another.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: IngressClass
    metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
    spec: {controller: k8s.io/ingress-nginx}
    ---
    apiVersion: networking.k8s.io/v1
    kind: IngressClass
    metadata: {name: traefik, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
    spec: {controller: traefik.io/ingress-controller}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: IngressClass
    metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
    spec: {controller: k8s.io/ingress-nginx}
    ---
    apiVersion: networking.k8s.io/v1
    kind: IngressClass
    metadata: {name: traefik}
    spec: {controller: traefik.io/ingress-controller}
    ```

    Source: Kubernetes documentation, Ingress, "Default IngressClass".
    """
    known = defaults(stack)
    for other in known[1:]:
        if other.name != known[0].name:
            path = ("metadata", "annotations", DEFAULT)
            yield Problem(other, f"the IngressClass {known[0].name} is the default too, expected one", path)


@stack_check("ING010", Severity.WARNING, "one host and path for two Ingresses")
def twice(stack: Stack) -> Iterator[Problem]:
    """Two rules of one class for the same host and path: the controller serves one of them, most often that of the
    older Ingress, and says so in its log alone. On a cluster that is set up anew it may be the other one.

    Canaries of the NGINX controller, and Ingresses that are merged on purpose, are left out.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      rules:
      - host: shop.example.com
        http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: api, namespace: default}
    spec:
      ingressClassName: nginx
      rules:
      - host: shop.example.com
        http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com]}]
      rules:
      - host: shop.example.com
        http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web-admin, namespace: default}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com]}]
      rules:
      - host: shop.example.com
        http: {paths: [{path: /admin, pathType: Prefix, backend: {service: {name: web, port: {number: 81}}}}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{name: http, port: 80}, {name: admin, port: 81}]}
    ```
    """
    claims: dict[tuple[str, str, str, str], tuple[FieldPath, Manifest]] = {}
    for manifest in stack.of_kind("networking.k8s.io", "Ingress"):
        annotations = mapping(manifest.body, "metadata", "annotations")
        if any("canary" in str(key) or "mergeable" in str(key) for key in annotations):
            continue
        name = class_of(manifest)
        for at, host, rule in paths_of(manifest):
            kind, path = text(rule.get("pathType")), text(rule.get("path")) or "/"
            path = path if kind == "Exact" or path == "/" else path.rstrip("/")
            first, owner = claims.setdefault((name, host, path, kind), (at, manifest))
            if first != at if owner is manifest else owner.identity != manifest.identity:
                whose = "this Ingress has already" if owner is manifest else f"{owner.identity} has too"
                message = f"{kind} {path} of {host or 'every host'} is what {whose}: one of them is never served"
                yield Problem(manifest, message, (*at, "path"), "remove one of the two")


@stack_check("ING013", Severity.WARNING, "two default backends of one class")
def default_backends(stack: Stack) -> Iterator[Problem]:
    """The default backend answers for every host and path that no rule has. A controller has one for all of its
    Ingresses: of two it takes one, most often that of the older Ingress.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: api, namespace: default}
    spec: {ingressClassName: nginx, defaultBackend: {service: {name: api, port: {number: 80}}}}
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

    An Ingress that has rules too is left out: to some controllers its default backend is that of its own hosts.
    """
    claims: dict[str, list[Manifest]] = defaultdict(list)
    for manifest in stack.of_kind("networking.k8s.io", "Ingress"):
        spec = spec_of(manifest)
        if isinstance(spec.get("defaultBackend"), dict) and not spec.get("rules"):
            claims[class_of(manifest)].append(manifest)
    for name, (first, *others) in claims.items():
        for other in others:
            if other.identity != first.identity:
                whose = f"the class {name}" if name else "no class"
                message = f"{first.identity} has the default backend of {whose} already: one of them is never asked"
                yield Problem(other, message, ("spec", "defaultBackend"), "remove one of the two")
