"""Injection: whether pods get the sidecar that somebody meant them to have."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, pod_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import BY_NAMESPACE, INJECT, NETWORKING, SECURITY, SIDECAR, TELEMETRY
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_NAMESPACE = [("", "Namespace")]
_AMBIENT = "istio.io/dataplane-mode"


@object_check(
    "INJECT001",
    Severity.WARNING,
    "a namespace that is told two things about injection",
    kinds=_NAMESPACE,
    fields=BY_NAMESPACE,
    equals=("istioctl IST0123",),
)
def two_labels(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A namespace's pods get a sidecar by ``istio-injection``, or by a revision in ``istio.io/rev``, or are in ambient
    mode by ``istio.io/dataplane-mode``. Of ``istio-injection`` and a revision the first counts, and the pods stay with
    the old control plane when the revision is changed.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: enabled, istio.io/rev: canary}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio.io/rev: canary}}
    ```

    Source: Istio's page "Canary Upgrades".
    """
    labels = manifest.labels
    said = [f"{label}={labels[label]}" for label in BY_NAMESPACE if label in labels]
    if len(said) > 1 and labels.get("istio-injection", "enabled") == "enabled" and manifest.name != "istio-system":
        yield Problem(manifest, f"{' and '.join(said)}: one of them counts", ("metadata", "labels"), "keep one of them")


@stack_check(
    "INJECT002",
    Severity.ADVICE,
    "a namespace of the mesh whose pods get no sidecar",
    equals=("istioctl IST0102",),
)
def not_injected(stack: Stack) -> Iterator[Problem]:
    """Pods get a sidecar where their namespace says ``istio-injection: enabled``, or names a revision. In one that says
    nothing, policies and telemetry of the mesh do nothing. Say ``disabled`` where that is meant.

    Found in namespaces that hold objects of Istio and pods of which none asks for a sidecar itself.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: bank, labels: {app: bank}}
    spec: {containers: [{name: bank, image: "bank:1"}]}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: bank}
    spec: {mtls: {mode: STRICT}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: disabled}}
    ```
    """
    mesh = stack.mesh
    used = {
        each.namespace
        for group, kind in (
            (SECURITY, "PeerAuthentication"),
            (SECURITY, "AuthorizationPolicy"),
            (SECURITY, "RequestAuthentication"),
            (NETWORKING, "Sidecar"),
            (TELEMETRY, "Telemetry"),
        )
        for each in mesh.of(kind, group)
    }
    for name in sorted(used - {"istio-system"}):
        namespace = mesh.namespaces.get(name)
        if namespace is None or any(label in namespace.labels for label in BY_NAMESPACE):
            continue
        pods = [each for each in mesh.by_namespace.get(name, ()) if each.template is not None]
        if pods and not any(mesh.has_sidecar(each) for each in pods):
            message = "objects of Istio, and pods that get no sidecar"
            yield Problem(namespace, message, ("metadata", "labels"), "label it istio-injection=enabled, or =disabled")


@stack_check("INJECT003", Severity.WARNING, "pods that ask for a sidecar and will not get one")
def asked_in_vain(stack: Stack) -> Iterator[Problem]:
    """In a namespace with ``istio-injection: disabled`` no pod is injected, whatever it says itself; and pods on the
    network of their node (``hostNetwork``) are injected nowhere.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: disabled}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: bank, labels: {sidecar.istio.io/inject: "true"}}
    spec: {containers: [{name: bank, image: "bank:1"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: enabled}}
    ```

    Source: Istio's page "Installing the Sidecar", "Controlling the injection policy".
    """
    mesh = stack.mesh
    for pods in mesh.pods if mesh.used else ():
        if pods.template is None or str(pods.labels.get(INJECT, pods.template.annotations.get(INJECT))) != "true":
            continue
        if mesh.has_sidecar(pods) is False:
            host = pods.template.spec.get("hostNetwork") is True
            why = "they are on their node's network" if host else f"the namespace {pods.namespace} is not injected"
            path = (*pods.template.path, "metadata")
            yield Problem(
                pods.manifest, f"these pods ask for a sidecar, and {why}", path, "let one of the two give way"
            )


@stack_check("INJECT004", Severity.ADVICE, "pods of the mesh on their node's network")
def host_network(stack: Stack) -> Iterator[Problem]:
    """Pods with ``hostNetwork`` are never injected: in a namespace that is, they are outside of the mesh, and cannot
    call pods whose mTLS is ``STRICT``.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: enabled}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: bank}
    spec: {hostNetwork: true, containers: [{name: bank, image: "bank:1"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: enabled}}
    ```
    """
    mesh = stack.mesh
    for name in mesh.namespaces if mesh.used else ():
        for pods in mesh.by_namespace.get(name, ()) if mesh.injected(name) else ():
            if (
                pods.template
                and pods.template.spec.get("hostNetwork") is True
                and str(pods.labels.get(INJECT)) == "None"
            ):
                path = (*pods.template.path, "spec", "hostNetwork")
                message = f"the namespace {name} is injected, and these pods never are"
                yield Problem(pods.manifest, message, path, f"label them {INJECT}: 'false' to say so")


@pod_check(
    "INJECT005",
    Severity.WARNING,
    "a container that runs as the proxy's user",
    fields=("runAsUser", _AMBIENT),
    equals=("istioctl IST0144",),
)
def proxy_user(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """What user 1337 sends is taken for the proxy's own, and goes past it: without mTLS, policies and telemetry.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: default}
    spec: {containers: [{name: bank, image: "bank:1", securityContext: {runAsUser: 1337}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: enabled}}
    ```

    Source: Istio's page "Application Requirements".
    """
    labels, spec = pods.labels, pods.spec
    if labels.get(_AMBIENT) == "ambient" and str(labels.get(INJECT)) == "true":
        path: FieldPath = (*pods.path, "metadata", "labels", _AMBIENT)
        yield Problem(manifest, "a sidecar and ambient mode", path, "keep one of the two labels", "INJECT007")
    if "gateway.networking.k8s.io/gateway-name" in labels:
        return
    containers = pods.containers("containers", "initContainers")
    if mapping(spec.get("securityContext")).get("runAsUser") == 1337 and all(
        container.get("name") != SIDECAR for _, container in containers
    ):
        path = (*pods.path, "spec", "securityContext", "runAsUser")
        yield Problem(manifest, "1337 is the user of Istio's proxy", path, "run it as another user")
    for at, container in containers:
        own = container.get("securityContext")
        if isinstance(own, dict) and own.get("runAsUser") == 1337 and container.get("name") != SIDECAR:
            path = (*at, "securityContext", "runAsUser")
            yield Problem(manifest, "1337 is the user of Istio's proxy", path, "run it as another user")


@stack_check(
    "INJECT006",
    Severity.ERROR,
    "an image that injection is to fill in, and does not",
    equals=(
        "istioctl IST0146",
        "istioctl IST0147",
    ),
)
def image_auto(stack: Stack) -> Iterator[Problem]:
    """``image: auto`` of a container called ``istio-proxy`` stands for the image that injection puts there. Pods that
    are not injected ask a registry for an image of that name, and never start.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: disabled}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: edge, namespace: bank}
    spec: {containers: [{name: istio-proxy, image: auto}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: enabled}}
    ```

    Source: Istio's page "Installing Gateways".
    """
    mesh = stack.mesh
    for name, namespace in mesh.namespaces.items() if mesh.used else ():
        for pods in mesh.by_namespace.get(name, ()):
            if pods.template is None:
                continue
            own = pods.labels.get(INJECT, pods.template.annotations.get(INJECT))
            asked = str(own) == "true" or (
                own is None and (mesh.injected(name) or bool(pods.labels.get("istio.io/rev")))
            )
            if asked and namespace.labels.get("istio-injection") != "disabled":
                continue
            for path, container in pods.template.containers("containers", "initContainers"):
                if container.get("name") == SIDECAR and container.get("image") == "auto":
                    message = f"the image auto, and pods that are not injected in {name}"
                    yield Problem(pods.manifest, message, (*path, "image"), f"label the pods {INJECT}: 'true'")


@pod_check(
    "INJECT007",
    Severity.WARNING,
    "pods that are to have a sidecar and be in ambient mode",
    fields=(_AMBIENT,),
    equals=(
        "kiali KIA1311",
        "kiali KIA1315",
    ),
)
def both_modes(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A pod with a sidecar is not in ambient mode: of the two labels the sidecar's counts.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata:
      name: bank
      namespace: default
      labels: {istio.io/dataplane-mode: ambient, sidecar.istio.io/inject: "true"}
    spec: {containers: [{name: bank, image: "bank:1"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio.io/dataplane-mode: ambient}}
    ```
    """
    return iter(())  # the look of INJECT005 finds it


@stack_check("INJECT008", Severity.WARNING, "a waypoint that is not there", equals=("kiali KIA1313",))
def waypoints(stack: Stack) -> Iterator[Problem]:
    """``istio.io/use-waypoint`` names a Gateway of the class ``istio-waypoint``. Without it, the policies that a
    waypoint carries out (all that look into HTTP) are not there.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: way}}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: waypoint, namespace: bank}
    spec:
      gatewayClassName: istio-waypoint
      listeners: [{name: mesh, port: 15008, protocol: HBONE}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: none}}
    ```

    Source: Istio's page "Configure waypoint proxies".
    """
    waypoints = {
        (each.namespace, each.name)
        for each in stack.of_kind("gateway.networking.k8s.io", "Gateway")
        if "waypoint" in text(mapping(each.body, "spec").get("gatewayClassName"))
    }
    if not waypoints:
        return
    for kind in ("Namespace", "Service"):
        for manifest in stack.of_kind("", kind):
            name = text(manifest.labels.get("istio.io/use-waypoint"))
            where = text(manifest.labels.get("istio.io/use-waypoint-namespace")) or manifest.namespace or manifest.name
            if (
                name
                and name != "none"
                and (where, name) not in waypoints
                and any(each == where for each, _ in waypoints)
            ):
                message = f"there is no waypoint {name} in {where}"
                path = ("metadata", "labels", "istio.io/use-waypoint")
                yield Problem(manifest, message, path, "name a Gateway of the class istio-waypoint")
