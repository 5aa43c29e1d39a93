"""Referred: what controllers, bindings and certificates name has to be there."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.checks.references import absent
from pilothouse.finding import Severity
from pilothouse.references import Lack
from pilothouse.stack import Stack


@stack_check(
    "REF006",
    Severity.ERROR,
    "a binding to a role that is not there",
)
def granted(stack: Stack) -> Iterator[Problem]:
    """A binding to a Role or ClusterRole that is not there is taken, and gives no rights: what needs them is refused
    with 403 when it runs. A binding's role can never be changed, so it has to be made anew.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: raeder}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: reader, namespace: default}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
    ```

    Source: Kubernetes documentation, Using RBAC Authorization.
    """
    yield from absent(stack, Lack.RIGHTS, "the binding gives no rights")


@stack_check("REF007", Severity.WARNING, "rights for a ServiceAccount that is not there")
def subjects(stack: Stack) -> Iterator[Problem]:
    """A binding may name a ServiceAccount that does not exist: whoever creates one of that name has its rights. Most
    often a name or a namespace is mistyped, and the pods that need the rights do not have them.

    Only the namespaces that the stack has objects in are looked at.

    ```yaml bad
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: wbe, namespace: default}]
    ```

    ```yaml good
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: web, namespace: default}]
    ```

    Source: Kubernetes documentation, Using RBAC Authorization, "Referring to subjects".
    """
    yield from absent(stack, Lack.SUBJECT, "nobody has these rights")


@stack_check("REF008", Severity.ERROR, "a class that the cluster does not have")
def classes(stack: Stack) -> Iterator[Problem]:
    """A claim of a StorageClass that is not there stays ``Pending``, an Ingress or Gateway of a class that is not there
    is served by nobody, and no event says why.

    A class that the cluster has already stands in the environment file, under ``given``. A claim and a volume that
    are made for each other by hand may name a class that does not exist.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fsat, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    volumeBindingMode: WaitForFirstConsumer
    ```

    Source: Kubernetes documentation, Persistent Volumes, "Class"; Ingress, "Ingress class".
    """
    yield from absent(stack, Lack.CLASS, "nobody serves it")


@stack_check("REF009", Severity.ERROR, "what a controller waits for and nobody makes")
def awaited(stack: Stack) -> Iterator[Problem]:
    """A Certificate without its Issuer, an ExternalSecret without its store, a route without its Gateway, an
    Application without its project: each is taken, waits, and nothing that depends on it comes to be.

    ```yaml bad
    apiVersion: cert-manager.io/v1
    kind: Certificate
    metadata: {name: web, namespace: default}
    spec: {secretName: web-tls, dnsNames: [web.example.com], issuerRef: {name: letsencrypt}}
    ---
    apiVersion: cert-manager.io/v1
    kind: ClusterIssuer
    metadata: {name: letsencrypt}
    spec: {selfSigned: {}}
    ```

    ```yaml good
    apiVersion: cert-manager.io/v1
    kind: Certificate
    metadata: {name: web, namespace: default}
    spec: {secretName: web-tls, dnsNames: [web.example.com], issuerRef: {name: letsencrypt, kind: ClusterIssuer}}
    ---
    apiVersion: cert-manager.io/v1
    kind: ClusterIssuer
    metadata: {name: letsencrypt}
    spec: {selfSigned: {}}
    ```

    Source: the API reference of each project.
    """
    yield from absent(stack, Lack.WAITS, "its controller waits for ever")


@stack_check("REF010", Severity.WARNING, "a certificate that nobody has")
def certified(stack: Stack) -> Iterator[Problem]:
    """An Ingress whose TLS Secret is not there answers with the controller's own self-signed certificate, which every
    client refuses; a listener of a Gateway without its certificate takes no connection.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: ExternalName, externalName: web.example.com}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec:
      tls: [{hosts: [web.example.com], secretName: web-tls}]
      defaultBackend: {service: {name: web, port: {number: 80}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: cert-manager.io/v1
    kind: ClusterIssuer
    metadata: {name: letsencrypt}
    spec: {selfSigned: {}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default, annotations: {cert-manager.io/cluster-issuer: letsencrypt}}
    spec:
      tls: [{hosts: [web.example.com], secretName: web-tls}]
      defaultBackend: {service: {name: web, port: {number: 80}}}
    ```

    Source: Kubernetes documentation, Ingress, "TLS"; Gateway API reference, ``certificateRefs``.
    """
    yield from absent(stack, Lack.CERTIFICATE, "there is no certificate to show")


@stack_check(
    "REF011",
    Severity.WARNING,
    "a StatefulSet whose Service is not there",
    equals=("kube-score statefulset-has-servicename",),
)
def governed(stack: Stack) -> Iterator[Problem]:
    """The pods of a StatefulSet have names of their own, ``mysql-0.mysql``, through the headless Service that
    ``serviceName`` names. Without it they run, and do not find each other.

    ```yaml bad
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: mysql, namespace: default}
    spec:
      serviceName: mysql
      selector: {matchLabels: {app: mysql}}
      template:
        metadata: {labels: {app: mysql}}
        spec: {containers: [{name: mysql, image: "mysql:8.4"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: mysql, namespace: default}
    spec: {clusterIP: None, selector: {app: mysql}, ports: [{port: 3306}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: mysql, namespace: default}
    spec:
      serviceName: mysql
      selector: {matchLabels: {app: mysql}}
      template:
        metadata: {labels: {app: mysql}}
        spec: {containers: [{name: mysql, image: "mysql:8.4", ports: [{containerPort: 3306}]}]}
    ```

    Source: Kubernetes documentation, StatefulSets, "Stable Network ID".
    """
    yield from absent(stack, Lack.SERVICE_NAME, "its pods have no names of their own")
