"""API versions: what this environment's Kubernetes serves no more, not yet, or not for long."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.schemas import State
from pilothouse.stack import Stack


@object_check(
    "API001",
    Severity.ERROR,
    "an API version that this Kubernetes does not serve",
    states=(State.REMOVED, State.NOT_YET),
    equals=(
        "pluto",
        "kube-linter no-extensions-v1beta",
        "kube-score stable-version",
    ),
)
def served(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Kubernetes removes old API versions, and adds new ones: an object in one that is not served cannot be applied.

    ```yaml bad
    apiVersion: extensions/v1beta1
    kind: Ingress
    metadata: {name: kubia, namespace: default}
    spec:
      backend: {serviceName: kubia, servicePort: 80}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: kubia, namespace: default}
    spec:
      ingressClassName: nginx
      defaultBackend: {service: {name: kubia, port: {number: 80}}}
    ```

    Source: Kubernetes' deprecated API migration guide.
    """
    status = stack.catalogue.status(manifest.api_version, manifest.kind)
    yield Problem(manifest, status.message, ("apiVersion",), status.fix)


@object_check(
    "API002",
    Severity.WARNING,
    "an API version that is deprecated",
    states=(State.DEPRECATED,),
    equals=(
        "pluto",
        "kube-score stable-version",
    ),
)
def deprecated(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A deprecated API version still works, and a later Kubernetes will refuse it.

    ```yaml bad 1.33
    apiVersion: v1
    kind: Endpoints
    metadata: {name: google-map, namespace: default}
    subsets: [{addresses: [{ip: 11.11.11.11}], ports: [{port: 80}]}]
    ```

    ```yaml good
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: google-map, namespace: default, labels: {kubernetes.io/service-name: google-map}}
    addressType: IPv4
    endpoints: [{addresses: [11.11.11.11]}]
    ```

    Source: Kubernetes' deprecated API migration guide; Endpoints: Kubernetes 1.33's release notes (KEP-4974).
    """
    status = stack.catalogue.status(manifest.api_version, manifest.kind)
    yield Problem(manifest, status.message, ("apiVersion",), status.fix)
