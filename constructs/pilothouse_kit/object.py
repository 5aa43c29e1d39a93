"""The base of the kit's constructs: one Kubernetes object, with what every object has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypedDict, Unpack

import constructs
from pilothouse.chart import Construct, chart_of, free_id
from pilothouse_kit.patch import patched

Fields = dict[str, Any]
"""A part of a Kubernetes object as plain JSON."""


class ObjectFields(TypedDict, total=False):
    """What every object of the kit can be told."""

    namespace: str
    """``metadata.namespace``; the chart's own where it is not given."""
    labels: Mapping[str, str]
    """``metadata.labels``, beside ``app.kubernetes.io/instance`` and ``managed-by``, which the kit writes."""
    annotations: Mapping[str, str]
    """``metadata.annotations``."""
    patch: Mapping[str, Any]
    """What no argument names, as it stands in the object. It is merged as the API server would: maps key by key, lists
    by the keys of their kind (containers by name, ports by number and protocol), every other list as a whole; None
    removes a field."""


class KubernetesObject(Construct):
    """One Kubernetes object.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, exactly as it will stand in the cluster.
    :param fields: everything beside ``apiVersion``, ``kind`` and ``metadata``.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where there is no argument of a name that was given.
    """

    api_version: ClassVar[str]
    kind: ClassVar[str]

    def __init__(self, scope: constructs.Construct, name: str, fields: Fields, **options: Unpack[ObjectFields]) -> None:
        unknown = [argument for argument in options if argument not in ObjectFields.__annotations__]
        refuse(self.kind, name, [f"{argument}: there is no such argument" for argument in unknown])
        metadata: Fields = {"name": name}
        if "namespace" in options:
            metadata["namespace"] = options["namespace"]
        metadata["labels"] = {**kit_labels(scope), **options.get("labels", {})}
        if options.get("annotations"):
            metadata["annotations"] = dict(options["annotations"])
        body = {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, **fields}
        if "patch" in options:
            body = patched(body, options["patch"], chart_of(scope).environment.kubernetes_version)
        super().__init__(scope, free_id(scope, body))
        self.name: str = body["metadata"]["name"]
        """``metadata.name``."""
        self.namespace: str = body["metadata"].get("namespace") or chart_of(scope).namespace
        """The namespace that it stands in, if its kind has one."""
        self.manifest = self.add(body)


def kit_labels(scope: constructs.Construct) -> dict[str, str]:
    """The labels of every object of the kit: which instance of a chart it belongs to, and who wrote it.

    Source: Kubernetes documentation, Recommended Labels.
    """
    return {"app.kubernetes.io/instance": chart_of(scope).name, "app.kubernetes.io/managed-by": "pilothouse"}


def present(**fields: Any) -> Fields:
    """The fields that were given: those that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def at_least(least: int, **arguments: int | None) -> list[str]:
    """What is wrong with numbers that must not be less than another; None is a number that was not given."""
    return [
        f"{argument}: {number} is out of range, expected {least} or more"
        for argument, number in arguments.items()
        if number is not None and number < least
    ]


def twice(names: Iterable[str]) -> list[str]:
    """The names that stand there more than once."""
    listed = list(names)
    return sorted({name for name in listed if listed.count(name) > 1})


def single_texts(**arguments: object) -> list[str]:
    """What is wrong with arguments that take a list of texts: Python takes one text for the list of its letters."""
    return [
        f"{argument}: expected a list of texts, got the text {given!r}"
        for argument, given in arguments.items()
        if isinstance(given, str)
    ]


def refuse(kind: str, name: str, problems: list[str]) -> None:
    """Say everything that is wrong with a construct's arguments at once.

    :raises ValueError: where there is any problem.
    """
    if problems:
        raise ValueError(f"{kind} {name}: {'; '.join(problems)}")
