"""References: what an object names has to be there."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.environment.model import GIVEN_KINDS
from pilothouse.environment.nearest import nearest
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, text
from pilothouse.manifest import MOVED_GROUPS, Identity, Manifest
from pilothouse.references import Lack
from pilothouse.stack import Stack

_MANY = 300
"""So many names are compared in full with one that is mistyped; of more, those that begin alike."""


def hint(target: Identity, stack: Stack) -> str:
    """What may have been meant: a name that reads alike, or the same one in another namespace."""
    group, kind, namespace, name = target
    there = [each.name for each in stack.labelled(group, kind, namespace, {})]
    there += [each.rpartition("/")[2] for each in getattr(stack.environment.given, GIVEN_KINDS.get(kind, ""), ())]
    if len(there) > _MANY:
        there = [each for each in there if each[:2] == name[:2]][:_MANY]
    near = nearest(name, sorted(set(there)))
    if near is not None:
        return f"; did you mean {near}?"
    others = [each.namespace for each in stack.of_kind(group, kind) if each.name == name and each.namespace]
    return f"; there is one in the namespace {min(others)}" if others and namespace else ""


def how_to_give(target: Identity) -> str:
    """How an environment file says that an object is there."""
    _, kind, namespace, name = target
    full = f"{namespace}/{name}" if namespace else name
    field = GIVEN_KINDS.get(kind)
    if field is None:
        return f'given: {{objects: ["{kind} {full}"]}}'
    first, *rest = field.split("_")
    return f"given: {{{first + ''.join(word.title() for word in rest)}: [{full}]}}"


def absent(stack: Stack, lack: Lack, so: str) -> Iterator[Problem]:
    """What is named and is not there, as problems.

    :param lack: what happens then.
    :param so: the same in words.
    """
    for link in stack.absent.get(lack, ()):
        target = link.target
        place = f" of {target.namespace}" if target.namespace not in ("", link.source.namespace) else ""
        yield Problem(
            link.source,
            f"the {target.kind} {target.name}{place} is neither in this stack nor given, so {so}{hint(target, stack)}",
            link.path,
            f"name one that is there, define it, or say that the cluster has it: {how_to_give(target)}",
        )


@stack_check(
    "REF001",
    Severity.ERROR,
    "pods that cannot start for want of what they name",
    equals=(
        "kube-linter non-existent-service-account",
        "kube-linter env-value-from",
    ),
)
def startable(stack: Stack) -> Iterator[Problem]:
    """A container whose ConfigMap or Secret is not there waits with ``CreateContainerConfigError``, a pod whose volume
    is not there in ``ContainerCreating``; one with a ServiceAccount, PriorityClass or RuntimeClass that is not there is
    refused by the API server, and its Deployment is taken and never has a pod.

    What is marked ``optional`` may be absent. What a controller makes is there: the Secret of an ExternalSecret or a
    Certificate, the claims of a StatefulSet.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    data: {mode: fast}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", envFrom: [{configMapRef: {name: setings}}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    data: {mode: fast}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: "nginx:1.29"
        envFrom: [{configMapRef: {name: settings}}, {configMapRef: {name: more, optional: true}}]
    ```

    Source: Kubernetes documentation, Configure a Pod to Use a ConfigMap, "Restrictions".
    """
    yield from absent(stack, Lack.START, "its pods do not start")


@stack_check(
    "REF002",
    Severity.WARNING,
    "credentials for images that are not there",
)
def pullable(stack: Stack) -> Iterator[Problem]:
    """The kubelet goes on without a pull Secret that is not there, and only says so in an event: images of a private
    registry are then refused, on the first node that does not hold them yet.

    ```yaml bad
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    imagePullSecrets: [{name: registry}]
    ```

    ```yaml good
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: registry, namespace: default}
    spec:
      secretStoreRef: {kind: ClusterSecretStore, name: vault}
      data: [{secretKey: .dockerconfigjson, remoteRef: {key: registry}}]
    ---
    apiVersion: external-secrets.io/v1
    kind: ClusterSecretStore
    metadata: {name: vault}
    spec: {provider: {fake: {data: []}}}
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    imagePullSecrets: [{name: registry}]
    ```

    Source: Kubernetes documentation, Pull an Image from a Private Registry.
    """
    yield from absent(stack, Lack.PULL, "images are pulled without credentials")


@stack_check(
    "REF003",
    Severity.ERROR,
    "requests that are sent to a Service that is not there",
    equals=(
        "kube-linter dangling-ingress",
        "kube-score ingress-targets-service",
    ),
)
def reached(stack: Stack) -> Iterator[Problem]:
    """An Ingress or a route whose Service is not there answers 500 or 503. A webhook whose Service is not there makes
    the API server refuse, or wait for, every request that it is asked about.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
    ```

    Source: Gateway API reference, HTTPRouteRule, ``backendRefs``; Kubernetes documentation, Ingress.
    """
    yield from absent(stack, Lack.TRAFFIC, "requests go nowhere")


@stack_check(
    "REF004",
    Severity.ERROR,
    "an autoscaler of what is not there",
    equals=(
        "kube-linter dangling-horizontalpodautoscaler",
        "kube-score horizontalpodautoscaler-has-target",
    ),
)
def scalable(stack: Stack) -> Iterator[Problem]:
    """A HorizontalPodAutoscaler or VerticalPodAutoscaler whose target is not there does nothing but say so in its
    conditions (``FailedGetScale``); the workload that it was meant for stays as large as it is.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 3}
    ```

    Source: Kubernetes documentation, Horizontal Pod Autoscaling.
    """
    yield from absent(stack, Lack.SCALE, "nothing is scaled")


_GROUPS = {
    "Deployment": ("apps",),
    "StatefulSet": ("apps",),
    "DaemonSet": ("apps",),
    "ReplicaSet": ("apps",),
    "ReplicationController": ("",),
    "Rollout": ("argoproj.io",),
}
"""The group of each kind that is scaled."""


@object_check(
    "REF005",
    Severity.ERROR,
    "an autoscaler of a kind in a group that does not have it",
    kinds=(("autoscaling", "HorizontalPodAutoscaler"), ("autoscaling.k8s.io", "VerticalPodAutoscaler")),
)
def scaled_group(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """An autoscaler looks for its target by API group and kind: a Deployment of ``v1`` is not found.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec: {scaleTargetRef: {apiVersion: v1, kind: Deployment, name: web}, maxReplicas: 3}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 3}
    ```

    Source: Kubernetes API reference, CrossVersionObjectReference.
    """
    for field in ("scaleTargetRef", "targetRef"):
        target = mapping(manifest.body, "spec", field)
        kind, version = text(target.get("kind")), target.get("apiVersion")
        groups = _GROUPS.get(kind)
        if groups is None or not isinstance(version, str):
            continue
        group = version.rpartition("/")[0]
        if MOVED_GROUPS.get((group, kind), group) not in groups:
            yield Problem(
                manifest,
                f"there is no {kind} in {version or 'the core group'}: it is of {groups[0] or 'v1'}",
                ("spec", field, "apiVersion"),
                f"write apiVersion: {f'{groups[0]}/v1' if groups[0] == 'apps' else groups[0] or 'v1'}",
            )
