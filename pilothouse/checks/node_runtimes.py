"""Container runtimes: what containerd knows on the machines, and what the cluster's RuntimeClasses name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.machines.content import format_of
from pilothouse.machines.file import MachineDocument
from pilothouse.stack import Stack

Handlers = Mapping[str, tuple[MachineDocument, FieldPath]]


def _handlers(stack: Stack) -> tuple[Handlers, set[str]]:
    """The handlers that containerd's settings define, each with its place, and those that are the default."""
    found: dict[str, tuple[MachineDocument, FieldPath]] = {}
    default: set[str] = set()
    for document in stack.machine_documents if stack.machine_files else ():
        if format_of(document.file.path) != "TOML":
            continue
        for path, containerd in _containerd(document.body):
            runtimes = containerd.get("runtimes")
            for name in runtimes if isinstance(runtimes, dict) else ():
                found.setdefault(name, (document, (*path, "runtimes", name)))
            # Where nothing is said, containerd runs what names no RuntimeClass with runc.
            default.add(str(containerd.get("default_runtime_name", "runc")))
    return found, default


def _containerd(body: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """The tables ``containerd`` of containerd's CRI plugin, whichever of its names the plugin goes by."""
    plugins = body.get("plugins")
    for name, plugin in plugins.items() if isinstance(plugins, dict) else ():
        if isinstance(plugin, dict) and isinstance(plugin.get("containerd"), dict):
            yield ("plugins", name, "containerd"), plugin["containerd"]


@stack_check("NODE016", Severity.ERROR, "a RuntimeClass whose handler no machine has")
def without_runtime(stack: Stack) -> Iterator[Problem]:
    """A RuntimeClass names a handler, and containerd looks it up among its runtimes: a pod of one that is missing
    never starts.

    ```yaml bad
    apiVersion: node.k8s.io/v1
    kind: RuntimeClass
    metadata: {name: gvisor}
    handler: gvisor
    ```

    ```toml bad
    version = 2
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]
    runtime_type = "io.containerd.runsc.v1"
    ```

    ```yaml good
    apiVersion: node.k8s.io/v1
    kind: RuntimeClass
    metadata: {name: gvisor}
    handler: runsc
    ```

    ```toml good
    version = 2
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]
    runtime_type = "io.containerd.runsc.v1"
    ```

    Source: Kubernetes documentation, "Runtime Class"; containerd, "CRI Plugin Config Guide".
    """
    known, default = _handlers(stack)
    for runtime_class in stack.of_kind("node.k8s.io", "RuntimeClass") if known else ():
        handler = runtime_class.body.get("handler")
        if isinstance(handler, str) and handler not in known and handler not in default:
            message = f"no machine has the handler {handler}: containerd's settings define {', '.join(sorted(known))}"
            yield Problem(runtime_class, message, ("handler",))


@stack_check("NODE017", Severity.ADVICE, "a container runtime that no RuntimeClass names")
def without_class(stack: Stack) -> Iterator[Problem]:
    """A pod asks for a runtime by the name of a RuntimeClass: one that none names is there for nothing.

    ```yaml bad
    apiVersion: node.k8s.io/v1
    kind: RuntimeClass
    metadata: {name: gvisor}
    handler: runsc
    ```

    ```toml bad
    version = 2
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]
    runtime_type = "io.containerd.runsc.v1"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun]
    runtime_type = "io.containerd.runc.v2"
    ```

    ```yaml good
    apiVersion: node.k8s.io/v1
    kind: RuntimeClass
    metadata: {name: gvisor}
    handler: runsc
    ```

    ```toml good
    version = 2
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]
    runtime_type = "io.containerd.runsc.v1"
    ```

    Nothing is said where the stack has no RuntimeClass at all: they may live elsewhere.
    """
    named = {manifest.body.get("handler") for manifest in stack.of_kind("node.k8s.io", "RuntimeClass")}
    if not named:
        return
    known, default = _handlers(stack)
    for handler, (document, path) in known.items():
        if handler not in named and handler not in default:
            yield Problem(document, f"no RuntimeClass of the stack names the handler {handler}", path)
