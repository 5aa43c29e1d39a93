"""Classes that pods name: how important they are, and what runs them."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.quantity import amounts
from pilothouse.selectors import dns_label
from pilothouse.stack import Stack

_PRIORITY, _RUNTIME = ("scheduling.k8s.io", "PriorityClass"), ("node.k8s.io", "RuntimeClass")
_MOST = 1_000_000_000
"""The greatest value of a class that is not Kubernetes' own."""
_SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


@object_check("PRIO001", Severity.ERROR, "a PriorityClass that the server refuses", kinds=(_PRIORITY,))
def sound_priority(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Values above a thousand million, and names that begin with ``system-``, are kept for Kubernetes' own classes.

    ```yaml bad
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: urgent}
    value: 2000000000
    ```

    ```yaml good
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: urgent}
    value: 100000
    ```

    Source: Kubernetes documentation, "Pod Priority and Preemption"; ``ValidatePriorityClass``.
    """
    value, policy = manifest.body.get("value"), manifest.body.get("preemptionPolicy")
    if manifest.name.startswith("system-"):
        if manifest.name not in _SYSTEM:
            yield Problem(manifest, "names that begin with system- are Kubernetes' own", ("metadata", "name"))
    elif isinstance(value, int) and value > _MOST:
        yield Problem(manifest, f"its value is {value:,}, expected {_MOST:,} at most", ("value",))
    if isinstance(policy, str) and policy not in ("Never", "PreemptLowerPriority"):
        message = f"preemptionPolicy is {policy!r}, expected Never or PreemptLowerPriority"
        yield Problem(manifest, message, ("preemptionPolicy",))


@stack_check("PRIO002", Severity.ERROR, "two default PriorityClasses")
def two_defaults(stack: Stack) -> Iterator[Problem]:
    """One PriorityClass may be ``globalDefault``, that of pods which name none. The API server refuses a second one.

    ```yaml bad
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: ordinary}
    value: 0
    globalDefault: true
    ---
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: urgent}
    value: 1000
    globalDefault: true
    ```

    ```yaml good
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: ordinary}
    value: 0
    globalDefault: true
    ---
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: urgent}
    value: 1000
    ```

    Source: Kubernetes documentation, "Pod Priority and Preemption", "PriorityClass".
    """
    defaults = [manifest for manifest in stack.of_kind(*_PRIORITY) if manifest.body.get("globalDefault") is True]
    for other in defaults[1:]:
        message = f"{defaults[0].name} is the default of all pods already"
        yield Problem(other, message, ("globalDefault",), "let one of the two be the default")


@object_check(
    "PRIO003", Severity.ADVICE, "a default priority that evicts", kinds=(_PRIORITY,), fields=("globalDefault",)
)
def evicting(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A ``globalDefault`` above 0 is the priority of every pod that is created from then on. The pods that were there
    before have 0, and are evicted to make room for the new ones.

    ```yaml bad
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: ordinary}
    value: 1000
    globalDefault: true
    ```

    ```yaml good
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: ordinary}
    value: 100
    globalDefault: true
    preemptionPolicy: Never
    ```

    Source: Kubernetes documentation, "Pod Priority and Preemption", "Notes about PodPriority and existing clusters".
    """
    value = manifest.body.get("value")
    preempts = manifest.body.get("preemptionPolicy") in (None, "PreemptLowerPriority")
    if manifest.body.get("globalDefault") is True and isinstance(value, int) and value > 0 and preempts:
        yield Problem(
            manifest,
            f"every new pod has the priority {value} and may evict those that were there before",
            ("globalDefault",),
            "write preemptionPolicy: Never, or let the default be 0",
        )


@object_check("RUN001", Severity.ERROR, "a RuntimeClass that the server refuses", kinds=(_RUNTIME,))
def sound_runtime(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A RuntimeClass names the handler of its nodes' container runtime by a DNS label, and what a pod needs besides its
    containers in amounts of 0 or more.

    ```yaml bad
    apiVersion: node.k8s.io/v1
    kind: RuntimeClass
    metadata: {name: gvisor}
    handler: runsc_kvm
    ```

    ```yaml good
    apiVersion: node.k8s.io/v1
    kind: RuntimeClass
    metadata: {name: gvisor}
    handler: runsc
    ```

    Source: Kubernetes API reference, RuntimeClass.
    """
    handler = manifest.body.get("handler")
    if handler in (None, "") or (isinstance(handler, str) and not dns_label(handler)):
        yield Problem(
            manifest,
            f"the handler {handler or ''!r} is none: expected lower-case letters, digits and '-', 63 at most",
            ("handler",),
        )
    overhead = mapping(manifest.body, "overhead", "podFixed")
    for resource, amount in amounts(overhead).items():
        if amount < 0:
            message = f"its overhead of {resource} is {overhead[resource]}, expected no less than 0"
            yield Problem(manifest, message, ("overhead", "podFixed", resource))
