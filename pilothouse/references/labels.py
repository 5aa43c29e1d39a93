"""Labels: what a LabelSelector selects, and which of a stack's objects that is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pilothouse.lenient import listing, mapping, text
from pilothouse.manifest import Manifest
from pilothouse.references.row import How, Row, Where

if TYPE_CHECKING:
    from pilothouse.stack import Stack

_POD = ("", "Pod")


def selects(selector: dict[str, Any], labels: dict[str, Any]) -> bool:
    """Whether a LabelSelector selects what carries some labels.

    :param selector: ``matchLabels`` and ``matchExpressions``; an empty one selects everything.
    :param labels: label to value.
    """
    wanted = selector.get("matchLabels")
    for key, value in wanted.items() if isinstance(wanted, dict) else ():
        if str(labels.get(key)) != str(value):
            return False
    expressions = selector.get("matchExpressions")
    for expression in expressions if isinstance(expressions, list) else ():
        if isinstance(expression, dict) and not _holds(expression, labels):
            return False
    return True


def _holds(expression: dict[str, Any], labels: dict[str, Any]) -> bool:
    key, values = str(expression.get("key")), [str(value) for value in listing(expression.get("values"))]
    there = key in labels
    match expression.get("operator"):
        case "In":
            return there and str(labels[key]) in values
        case "NotIn":
            return not there or str(labels[key]) not in values
        case "Exists":
            return there
        case "DoesNotExist":
            return not there
    return False


def chosen(row: Row, manifest: Manifest, selector: dict[str, Any], holder: Any, stack: Stack) -> Iterator[Manifest]:
    """The objects that a selector selects: of pods, what runs them.

    :param row: which says of what, and how.
    :param manifest: the object that selects.
    :param selector: the selector's own field.
    :param holder: the map around it, whose namespaces count.
    """
    labels = selector if row.how is How.LABELS else mapping(selector, "matchLabels")
    if row.how is How.LABELS and not labels:
        return
    if manifest.kind == "Service" and mapping(manifest.body, "spec").get("type") == "ExternalName":
        return
    rest = {} if row.how is How.LABELS else {"matchExpressions": selector.get("matchExpressions")}
    for namespace in namespaces(row, manifest, holder, stack):
        if row.target == _POD:
            found = stack.selected(namespace, labels) if labels else stack.workloads.get(namespace, ())
            for workload, template in found:
                if selects(rest, template.labels):
                    yield workload
        else:
            for each in stack.labelled(*row.target, namespace, labels):
                if selects(rest, each.labels):
                    yield each


def namespaces(row: Row, manifest: Manifest, holder: Any, stack: Stack) -> list[str]:
    """The namespaces in which a selector looks."""
    own = [manifest.namespace]
    if row.where is Where.ANYWHERE:
        return stack.inhabited
    beside = mapping(holder).get(row.beside)
    if row.where is Where.NAMED:
        if mapping(beside).get("any") is True:
            return stack.inhabited
        return [text(name) for name in listing(mapping(beside).get("matchNames") or beside)] or own
    if row.where is Where.LABELLED and isinstance(beside, dict):
        return [name for name in stack.inhabited if selects(beside, _of_namespace(name, stack))]
    return own


def _of_namespace(name: str, stack: Stack) -> dict[str, Any]:
    labels: dict[str, Any] = {"kubernetes.io/metadata.name": name}
    for namespace in stack.of_kind("", "Namespace"):
        if namespace.name == name:
            labels |= namespace.labels
    return labels
