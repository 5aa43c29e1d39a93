"""Environments beside each other: what production lacks, or has first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pilothouse import demand
from pilothouse.checks.catalogue import Problem, environments_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.schemas.lifecycle import number
from pilothouse.stack import Stack

_PRODUCTION = re.compile(r"(?<![a-z])(?:prod|production|prd|live)(?![a-z])")
_NOT_YET = re.compile(r"non-?prod|pre-?prod|not-?prod|prod-?(like|test|copy)|staging|test")


def is_production(name: str) -> bool:
    """Whether an environment's name says that its users are there."""
    return bool(_PRODUCTION.search(name)) and not _NOT_YET.search(name)


Named = tuple[str, Stack]


def _sides(stacks: Mapping[str, Stack]) -> tuple[list[Named], list[Named]]:
    """The environments of production, and all others."""
    production = [(name, stack) for name, stack in stacks.items() if is_production(name)]
    return production, [(name, stack) for name, stack in stacks.items() if not is_production(name)]


def _says(stack: Stack, path: FieldPath, message: str, fix: str, instance: str = "") -> Problem:
    """A problem of what an environment's file says, or does not; of one of its instances, where that is named."""
    return Problem(Manifest({}, stack.environment.position_of(path), instance=instance), message, (), fix)


Key = tuple[str, str, str]
"""An instance (empty for YAML that was read), and a workload's kind and name."""


def _workloads(stack: Stack) -> dict[Key, tuple[Manifest, PodTemplate]]:
    return {
        (manifest.instance, manifest.kind, manifest.name): (manifest, pods)
        for workloads in stack.workloads.values()
        for manifest, pods in workloads
    }


@environments_check("DRIFT001", Severity.ADVICE, "what production alone does not have")
def lacking(stacks: Mapping[str, Stack]) -> Iterator[tuple[str, Problem]]:
    """An instance, or a workload, disruption budget, autoscaler or network policy of one, that every other environment
    has, two at least, and production has not: what was proven there is not what runs here.

    ```yaml bad
    # file: staging/web.yaml
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    # file: test/web.yaml
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    # file: prod/environment.yaml
    profile: production
    ```

    ```yaml good
    # file: staging/web.yaml
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    # file: prod/web.yaml
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    ```

    Source: The Twelve-Factor App, "Dev/prod parity".
    """
    production, others = _sides(stacks)
    if len(others) < 2:
        return
    instances = set.intersection(*(set(stack.environment.charts) for _, stack in others))
    objects = set.intersection(*(_guards(stack) for _, stack in others))
    names = " and ".join(name for name, _ in others)
    for name, stack in production:
        for instance in sorted(instances - stack.environment.charts.keys()):
            fix = "deploy it here as well"
            yield name, _says(stack, ("charts",), f"{instance} is deployed to {names}, and not to {name}", fix)
        for instance, kind, called in sorted(objects - _guards(stack)):
            if not instance or instance in stack.environment.charts:
                where: FieldPath = ("charts", instance) if instance else ("charts",)
                fix = "let production have it as well, or waive it with the reason"
                message = f"there is a {kind} {called} in {names}, and none in {name}"
                yield name, _says(stack, where, message, fix, instance)


_GUARDS = (
    ("policy", "PodDisruptionBudget"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "CronJob"),
)


def _guards(stack: Stack) -> set[Key]:
    return {(each.instance, each.kind, each.name) for kind in _GUARDS for each in stack.of_kind(*kind)}


_CARE = ("livenessProbe", "readinessProbe", "startupProbe")


@environments_check("DRIFT002", Severity.WARNING, "a container that is cared for everywhere but in production")
def unguarded(stacks: Mapping[str, Stack]) -> Iterator[tuple[str, Problem]]:
    """A container has a probe or a memory limit in another environment, and not in production: there nobody notices
    that it hangs, or it may take all of its node's memory.

    ```yaml bad
    # file: staging/web.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", readinessProbe: {httpGet: {port: 80}}}]}
    # file: prod/web.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    # file: staging/web.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    # file: prod/web.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", readinessProbe: {httpGet: {port: 80}}}]}
    ```

    Source: The Twelve-Factor App, "Dev/prod parity".
    """
    production, others = _sides(stacks)
    care = [(name, _cared(stack)) for name, stack in others] if production else []
    for name, stack in production:
        for key, (manifest, pods) in _workloads(stack).items():
            for path, container in pods.containers():
                own = _care(container)
                for other, cared in care:
                    lacking = sorted(cared.get((*key, text(container.get("name"))), frozenset()) - own)
                    if lacking:
                        yield (
                            name,
                            Problem(
                                manifest,
                                f"the container {container.get('name')} has {' and '.join(lacking)} in {other}, and not"
                                f" in {name}",
                                path,
                                "give it to production, too",
                            ),
                        )
                        break


def _cared(stack: Stack) -> dict[tuple[str, str, str, str], frozenset[str]]:
    return {
        (*key, text(container.get("name"))): _care(container)
        for key, (_, pods) in _workloads(stack).items()
        for _, container in pods.containers()
    }


def _care(container: dict[str, Any]) -> frozenset[str]:
    found = {field for field in _CARE if mapping(container.get(field))}
    return frozenset(found | {"a memory limit"} if "memory" in mapping(container, "resources", "limits") else found)


@environments_check("DRIFT003", Severity.ADVICE, "a Kubernetes that production runs alone")
def unproven(stacks: Mapping[str, Stack]) -> Iterator[tuple[str, Problem]]:
    """Production runs a Kubernetes that is newer than that of every other environment: nobody has seen these objects
    under it. Or it is two releases and more behind all of them: what was proven there may not be served here.

    ```yaml bad
    # file: staging/environment.yaml
    kubernetesVersion: "1.33"
    # file: prod/environment.yaml
    kubernetesVersion: "1.34"
    ```

    ```yaml good
    # file: staging/environment.yaml
    kubernetesVersion: "1.34"
    # file: prod/environment.yaml
    kubernetesVersion: "1.34"
    ```

    Source: Kubernetes documentation, "Version Skew Policy".
    """
    production, others = _sides(stacks)
    versions = [number(stack.environment.kubernetes_version) for _, stack in others]
    for name, stack in production if versions else ():
        own, minor = stack.environment.kubernetes_version, number(stack.environment.kubernetes_version)
        if minor > max(versions):
            message = f"{name} runs Kubernetes {own}, and no other environment runs that or a newer one"
            yield name, _says(stack, ("kubernetesVersion",), message, "upgrade another environment first")
        elif minor[1] < min(versions)[1] - 1:
            message = f"{name} runs Kubernetes {own}, and every other environment one at least two releases newer"
            yield name, _says(stack, ("kubernetesVersion",), message, "upgrade it")


_TAG = re.compile(r"v?([0-9]+(?:\.[0-9]+){0,3})\Z")


def _version(image: object) -> tuple[str, tuple[int, ...]] | None:
    """An image's name without its registry, and its tag as numbers; None where the tag is no version."""
    name, _, tag = text(image).partition("@")[0].rpartition("/")[2].partition(":")
    found = _TAG.match(tag)
    if found is None or len(tag) > 40:
        return None
    return name, tuple(int(part) for part in found[1].split("."))


@environments_check("DRIFT004", Severity.ADVICE, "an image that production has first")
def first(stacks: Mapping[str, Stack]) -> Iterator[tuple[str, Problem]]:
    """A container's image is newer in production than in any other environment: this version was proven nowhere.

    ```yaml bad
    # file: staging/web.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "shop/web:1.9.0"}]}
    # file: prod/web.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "shop/web:1.10.0"}]}
    ```

    ```yaml good
    # file: staging/web.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "shop/web:1.10.0"}]}
    # file: prod/web.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "shop/web:1.9.0"}]}
    ```

    Source: Semantic Versioning, "Spec item 11".
    """
    production, others = _sides(stacks)
    known: dict[tuple[str, str, str, str], list[tuple[str, tuple[str, tuple[int, ...]]]]] = {}
    for other, stack in others if production else ():
        for key, (_, pods) in _workloads(stack).items():
            for _, container in pods.containers():
                version = _version(container.get("image"))
                if version is not None:
                    known.setdefault((*key, text(container.get("name"))), []).append((other, version))
    for name, stack in production if known else ():
        for key, (manifest, pods) in _workloads(stack).items():
            for path, container in pods.containers():
                own = _version(container.get("image"))
                there = known.get((*key, text(container.get("name"))), [])
                if own is None or not there or any(v[0] != own[0] for _, v in there):
                    continue
                newest = max(there, key=lambda each: each[1][1])
                if own[1] > newest[1][1]:
                    tag = ".".join(map(str, newest[1][1]))
                    message = f"the image {container['image']} is newer than elsewhere ({newest[0]} has {tag})"
                    yield name, Problem(manifest, message, (*path, "image"), "prove it elsewhere first")


@environments_check("DRIFT005", Severity.WARNING, "a production that takes more than others do")
def lenient_production(stacks: Mapping[str, Stack]) -> Iterator[tuple[str, Problem]]:
    """The profile decides which findings stop the write: with ``lab``, the default, errors alone do. An environment
    whose name says that its users are there should not take what breaks under load, failure or upgrade, where another
    one of the repository does not.

    ```yaml bad
    # file: prod/environment.yaml
    profile: lab
    # file: staging/environment.yaml
    profile: production
    ```

    ```yaml good
    # file: prod/environment.yaml
    profile: production
    # file: staging/environment.yaml
    profile: lab
    ```

    Source: Pilothouse's own design.
    """
    if all(stack.environment.profile == "lab" for stack in stacks.values()):
        return
    for name, stack in stacks.items():
        if is_production(name) and stack.environment.profile == "lab":
            message = f"the environment {name} has the profile lab, with which no warning stops the write"
            yield name, _says(stack, ("profile",), message, "write profile: production")


@environments_check("DRIFT006", Severity.ADVICE, "fewer pods in production than elsewhere")
def fewer(stacks: Mapping[str, Stack]) -> Iterator[tuple[str, Problem]]:
    """A workload has fewer pods in production than in every other environment, an autoscaler's least counted: most
    often a value that one environment file sets and the other forgot.

    ```yaml bad
    # file: staging/web.yaml
    apiVersion: v1
    kind: ReplicationController
    metadata: {name: web, namespace: default}
    spec: {replicas: 3, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "a:1"}]}}}
    # file: prod/web.yaml
    apiVersion: v1
    kind: ReplicationController
    metadata: {name: web, namespace: default}
    spec: {replicas: 1, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "a:1"}]}}}
    ```

    ```yaml good
    # file: staging/web.yaml
    apiVersion: v1
    kind: ReplicationController
    metadata: {name: web, namespace: default}
    spec: {replicas: 1, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "a:1"}]}}}
    # file: prod/web.yaml
    apiVersion: v1
    kind: ReplicationController
    metadata: {name: web, namespace: default}
    spec: {replicas: 3, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "a:1"}]}}}
    ```

    Source: The Twelve-Factor App, "Dev/prod parity".
    """
    production, others = _sides(stacks)
    counts = [_counts(stack) for _, stack in others] if production else []
    for name, stack in production if counts else ():
        workloads = _workloads(stack)
        for key, count in _counts(stack).items():
            elsewhere = [counted[key] for counted in counts if key in counted]
            if elsewhere and count < min(elsewhere) and key in workloads:
                message = f"it has {count} pods in {name}, and {min(elsewhere)} or more in every other environment"
                yield name, Problem(workloads[key][0], message, ("spec", "replicas"), "run as many, or waive it")


_SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout")


def _counts(stack: Stack) -> dict[Key, int]:
    return {
        (each.manifest.instance, each.manifest.kind, each.manifest.name): each.least
        for namespace in stack.workloads
        for each in demand.of_namespace(stack, namespace)
        if each.manifest.kind in _SCALED
    }
