"""Schemas: each object against its kind's own."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, described, object_check
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.schemas import State
from pilothouse.schemas.unread import unread
from pilothouse.stack import Stack

MISREAD = described(
    "SCHEMA003",
    Severity.WARNING,
    "a field that the server takes, and does not read as it stands",
    """
    A few places of the built-in kinds are not looked at by the API server: it drops a source whose feature gate is
    closed, and reads the quantity ``Mi`` as zero. It takes the object, and what runs is not what it says.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: Gi}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 10Gi}}
    ```
    """,
    "schema",
)


FIELDS = "SCHEMA001"


@object_check(
    FIELDS,
    Severity.ERROR,
    "a field that its kind does not have, or of the wrong type",
    equals=("kube-linter schema-validation",),
)
def fields(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server refuses an object that does not fit the schema of its kind, or drops the fields it does not know.

    The schemas are those of the environment's own Kubernetes version, and of the custom resources in the catalogue
    (``pilothouse schemas``).

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: kubia, namespace: default}
    spec:
      clusterIP: None
      port: 80
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: kubia, namespace: default}
    spec:
      clusterIP: None
      ports: [{port: 80}]
    ```
    """
    kind = stack.catalogue.kind(manifest.api_version, manifest.kind)
    if kind is None:
        return  # SCHEMA002 and API001 say why
    for problem in stack.catalogue.validate(manifest.body):
        why = unread(manifest.body, problem, stack.catalogue.minor) if kind.source == "kubernetes" else ""
        if why:
            yield Problem(manifest, f"{problem.message}; {why}", problem.path, problem.fix, MISREAD)
        else:
            yield Problem(manifest, problem.message, problem.path, problem.fix)


@object_check("SCHEMA002", Severity.ERROR, "a kind that nobody knows", states=(State.UNKNOWN,))
def kinds(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A kind that is in no schema can be checked by nobody, and the API server refuses it where its CRD is missing.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingres
    metadata: {name: kubia, namespace: default}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: kubia, namespace: default}
    spec:
      ingressClassName: nginx
      defaultBackend: {service: {name: kubia, port: {number: 80}}}
    ```

    A custom resource of your own: ``pilothouse schemas add crd.yaml`` teaches the repository its definition.
    """
    status = stack.catalogue.status(manifest.api_version, manifest.kind)
    yield Problem(manifest, status.message, ("kind",), status.fix)
