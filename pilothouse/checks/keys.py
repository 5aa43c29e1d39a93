"""Keys: whether a ConfigMap or Secret has the one that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.environment.nearest import nearest
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import PodTemplate
from pilothouse.references import Link
from pilothouse.references.keys import keys_of
from pilothouse.references.kubernetes import CONFIG_MAP, SECRET
from pilothouse.stack import Stack


def keys_asked(link: Link) -> Iterator[tuple[FieldPath, str]]:
    """The keys of a ConfigMap or Secret that a reference asks for, each with its field."""
    holder, before = mapping(link.holder), link.path[:-1]
    if isinstance(holder.get("key"), str):
        yield (*before, "key"), holder["key"]
    for index, item in mappings(holder.get("items")):
        if isinstance(item.get("key"), str):
            yield (*before, "items", index, "key"), item["key"]


@stack_check("REF012", Severity.ERROR, "a key that a ConfigMap or Secret does not have")
def keys(stack: Stack) -> Iterator[Problem]:
    """A variable from a key that is not there keeps its container from starting (``CreateContainerConfigError``); a
    volume that lists one is not mounted, and the pod stays in ``ContainerCreating``.

    What is marked ``optional`` may be absent. Which keys a Secret has is known where an ExternalSecret or a Certificate
    makes it.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    data: {log-level: info}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: "nginx:1.29"
        env: [{name: LEVEL, valueFrom: {configMapKeyRef: {name: settings, key: loglevel}}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    data: {log-level: info}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: "nginx:1.29"
        env: [{name: LEVEL, valueFrom: {configMapKeyRef: {name: settings, key: log-level}}}]
    ```

    Source: Kubernetes API reference, ConfigMapKeySelector, ConfigMapVolumeSource, ``items``.
    """
    for link in stack.links:
        if not link.row.reads or mapping(link.holder).get("optional") is True:
            continue
        if "key" not in link.holder and "items" not in link.holder:
            continue
        asked = list(keys_asked(link))
        there = keys_of(link.target, link.found, stack) if asked else None
        for path, key in asked if there is not None else ():
            if there is not None and key not in there:
                near = nearest(key, sorted(there))
                has = f"did you mean {near}?" if near else f"it has {', '.join(sorted(there)[:5])}"
                yield Problem(
                    link.source,
                    f"the {link.target.kind} {link.target.name} has no key {key}; {has}",
                    path,
                    "name a key that it has, or add this one to it",
                )


def _volumes_of(manifest: Manifest, template: PodTemplate, stack: Stack) -> dict[str, frozenset[str]]:
    """The files of each volume that holds a ConfigMap or Secret whose keys are known."""
    found: dict[str, frozenset[str]] = {}
    for _, volume in mappings(template.spec.get("volumes")):
        for field, target, name in (("configMap", CONFIG_MAP, "name"), ("secret", SECRET, "secretName")):
            source = mapping(volume, field)
            files: frozenset[str] | None = None
            if source.get("items"):
                files = frozenset(text(item.get("path")) for _, item in mappings(source["items"]))
            elif isinstance(source.get(name), str):
                identity = Identity(*target, manifest.namespace, source[name])
                there = stack.by_identity.get(identity)
                files = keys_of(identity, there[0] if there else None, stack)
            if files is not None:
                found[text(volume.get("name"))] = files
    return found


@stack_check("REF013", Severity.WARNING, "a mount of a file that its ConfigMap or Secret does not have")
def sub_paths(stack: Stack) -> Iterator[Problem]:
    """A ``subPath`` that is no key of the ConfigMap or Secret is made as an empty folder: where the program looks for
    its file, it finds a directory.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web, namespace: default}
    data: {nginx.conf: "events {}"}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: web, configMap: {name: web}}]
      containers:
      - name: web
        image: "nginx:1.29"
        volumeMounts: [{name: web, mountPath: /etc/nginx/nginx.conf, subPath: ngnix.conf}]
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web, namespace: default}
    data: {nginx.conf: "events {}"}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: web, configMap: {name: web}}]
      containers:
      - name: web
        image: "nginx:1.29"
        volumeMounts: [{name: web, mountPath: /etc/nginx}]
    ```

    Source: Kubernetes documentation, Volumes, "Using subPath".
    """
    for workloads in stack.workloads.values():
        for manifest, template in workloads:
            mounts = [
                ((*path, "volumeMounts", index, "subPath"), mount)
                for path, container in template.containers("containers", "initContainers")
                for index, mount in mappings(container.get("volumeMounts"))
                if text(mount.get("subPath"))
            ]
            volumes = _volumes_of(manifest, template, stack) if mounts else {}
            for at, mount in mounts:
                files = volumes.get(text(mount.get("name")))
                wanted = mount["subPath"].strip("/")
                if files is None or wanted in files or any(each.startswith(f"{wanted}/") for each in files):
                    continue
                near = nearest(wanted, sorted(files))
                yield Problem(
                    manifest,
                    f"the volume {mount.get('name')} has no file {wanted}; "
                    + (f"did you mean {near}?" if near else f"it has {', '.join(sorted(files)[:5])}"),
                    at,
                    "mount a file that it has",
                )
