"""Selectors: LabelSelectors as the API server judges them, wherever one stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pilothouse import formats
from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import listing, mapping, mappings

_PREFIX = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_WITH_VALUES, _WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")


def dns_label(text: str) -> bool:
    """Whether a text is a DNS label: 63 lower-case letters, digits and ``-`` at most, with a letter or digit at both
    ends."""
    return _LABEL.match(text) is not None


def dns_subdomain(text: str) -> bool:
    """Whether a text is a DNS subdomain: labels with dots between them, 253 characters at most."""
    return _PREFIX.match(text) is not None


def key_problem(key: object) -> str:
    """What is wrong with a label's key; empty where nothing is, or where it is no text at all."""
    if isinstance(key, str) and formats.qualified_name(key):
        return f"the key {key!r} is none that a label can have"
    return ""


def value_problem(value: object) -> str:
    """What is wrong with a label's value; empty where nothing is, or where it is no text at all."""
    if isinstance(value, str) and formats.label_value(value):
        return f"the value {value!r} is none that a label can have"
    return ""


def problems(selector: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    """What the API server refuses in a LabelSelector: the field, and what is wrong with it.

    :param selector: as written.
    :param path: where it stands in the object.

    Source: Kubernetes API reference, LabelSelector.
    """
    if not isinstance(selector, dict):
        return
    for key, value in mapping(selector.get("matchLabels")).items():
        wrong = key_problem(key) or value_problem(value)
        if wrong:
            yield (*path, "matchLabels", key), wrong
    for index, expression in mappings(selector.get("matchExpressions")):
        at = (*path, "matchExpressions", index)
        operator, values = expression.get("operator"), listing(expression.get("values"))
        if wrong := key_problem(expression.get("key")):
            yield (*at, "key"), wrong
        if operator in _WITH_VALUES and not values:
            yield at, f"{operator} needs values"
        elif operator in _WITHOUT_VALUES and values:
            yield (*at, "values"), f"{operator} takes no values"
        elif isinstance(operator, str) and operator not in (*_WITH_VALUES, *_WITHOUT_VALUES):
            yield (*at, "operator"), f"the operator {operator!r} is none of In, NotIn, Exists, DoesNotExist"
        for number, value in enumerate(values):
            if wrong := value_problem(value):
                yield (*at, "values", number), wrong


def is_empty(selector: Any) -> bool:
    """Whether a LabelSelector asks for nothing, and so selects everything."""
    return not isinstance(selector, dict) or not (selector.get("matchLabels") or selector.get("matchExpressions"))
