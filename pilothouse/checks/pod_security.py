"""Pod security: what pods ask of the node, against what their namespace lets them ask."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.pod_security import LEVEL_LABELS, LEVELS, PREFIX, Standard, asked, mistaken, violations
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack


@stack_check("POD001", Severity.ERROR, "pods that their namespace refuses")
def admitted(stack: Stack) -> Iterator[Problem]:
    """A namespace says by its label ``pod-security.kubernetes.io/enforce`` what its pods may ask of the node. The API
    server refuses a pod that asks for more; a Deployment of such pods is taken, and then never has any.

    The label ``enforce-version`` says by which version of the standard: without it, by the cluster's own.

    Source: Kubernetes documentation, Pod Security Standards and Pod Security Admission.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {hostNetwork: true, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: web
        image: nginx:1.29
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    ```
    """
    for namespace in stack.of_kind("", "Namespace"):
        standard = asked(namespace.labels, "enforce", _minor(stack))
        if standard is None or standard.level == "privileged":
            continue
        for manifest, pods in _running(stack, namespace.name):
            for _, path, what in violations(pods, standard):
                yield Problem(
                    manifest,
                    f"the namespace {namespace.name} takes pods of the level {standard.level} alone, and here {what}",
                    path,
                    "ask for less, or put the pods into a namespace of another level",
                )


@stack_check("POD015", Severity.ADVICE, "pods that their namespace warns of")
def warned(stack: Stack) -> Iterator[Problem]:
    """A namespace's labels ``warn`` and ``audit`` let pods run that go beyond a level, and tell of each: ``kubectl
    apply`` prints a warning, the audit log keeps an entry. They are there to find such pods before the level is
    enforced.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels: {pod-security.kubernetes.io/enforce: privileged, pod-security.kubernetes.io/warn: baseline}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {hostNetwork: true, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels: {pod-security.kubernetes.io/enforce: privileged, pod-security.kubernetes.io/warn: baseline}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```
    """
    minor = _minor(stack)
    for namespace in stack.of_kind("", "Namespace"):
        enforced = asked(namespace.labels, "enforce", minor) or Standard("privileged", minor)
        softly: dict[Standard, str] = {}
        for mode in ("warn", "audit"):
            standard = asked(namespace.labels, mode, minor)
            if standard is not None and not _is_within(standard, enforced):
                softly.setdefault(standard, mode)
        if not softly:
            continue
        for manifest, pods in (*_running(stack, namespace.name), *_kept(stack, namespace.name)):
            told = {path for _, path, _ in violations(pods, enforced)}
            for standard, mode in softly.items():
                for _, path, what in violations(pods, standard):
                    if path in told:
                        continue
                    told.add(path)
                    yield Problem(
                        manifest,
                        f"the namespace {namespace.name} tells of pods beyond the level {standard.level} ({mode}), "
                        f"and here {what}",
                        path,
                        "ask for less, or let the namespace be of another level",
                    )


def _is_within(standard: Standard, enforced: Standard) -> bool:
    """Whether what is enforced says already all that a standard would."""
    if standard.minor != enforced.minor:
        return standard.level == "privileged"
    return LEVELS.index(standard.level) <= LEVELS.index(enforced.level)


@object_check(
    "POD014",
    Severity.ERROR,
    "a level of pod security that there is not",
    kinds=[("", "Namespace")],
    fields=LEVEL_LABELS,
)
def known_level(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The levels are ``privileged``, ``baseline`` and ``restricted``, a version is ``latest`` or a minor such as
    ``v1.34``. The API server refuses a new namespace whose labels for pod security say anything else.

    Source: ``k8s.io/pod-security-admission``, seen on an API server of 1.36.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: strict}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/enforce-version: v1.34}
    ```
    """
    labels = manifest.labels
    for label, wanted in mistaken(labels):
        yield Problem(
            manifest, f"the label {label} is {labels[label]!r}: expected {wanted}", ("metadata", "labels", label)
        )


@object_check("POD016", Severity.ADVICE, "a namespace that takes any pod", kinds=[("", "Namespace")])
def says_level(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Without the label ``pod-security.kubernetes.io/enforce`` a namespace takes every pod, privileged ones too, unless
    the cluster's administrators have said otherwise: whoever may create a pod there has the nodes.

    Set it to ``restricted`` or ``baseline``; ``privileged`` says that it is meant.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ```
    """
    if PREFIX + "enforce" not in manifest.labels:
        yield Problem(
            manifest,
            f"the namespace {manifest.name} does not say which level of pod security it enforces",
            ("metadata", "labels"),
            f"label it {PREFIX}enforce: restricted, or baseline, or privileged where that is meant",
        )


def _minor(stack: Stack) -> int:
    return int(stack.catalogue.minor.partition(".")[2])


def _running(stack: Stack, namespace: str) -> Iterator[tuple[Manifest, PodTemplate]]:
    """The workloads of a namespace that make pods."""
    return (each for each in stack.workloads.get(namespace, ()) if each[0].kind != "PodTemplate")


def _kept(stack: Stack, namespace: str) -> Iterator[tuple[Manifest, PodTemplate]]:
    """The pod templates of a namespace that stand by themselves: nothing refuses them, and they are warned of."""
    return (each for each in stack.workloads.get(namespace, ()) if each[0].kind == "PodTemplate")
