"""Compare what was said with what a server stored: everything said is there, and means the same.

The server may add: defaults, status, what admission plugins bring. It may write a quantity otherwise (``0.5`` as
``500m``), and leave out what is Go's zero value (``false``, ``0``, ``""``, an empty list), which reads the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pilothouse.fieldpath import FieldPath
from pilothouse.schemas import Catalogue
from pilothouse.schemas.shapes import QUANTITY_PATTERN
from tests.cluster.api import Body

ADDED_TO_LISTS = {
    ("Pod", ("spec", "tolerations")): "DefaultTolerationSeconds",
    ("Namespace", ("spec", "finalizers")): "the registry itself",
    ("PersistentVolumeClaim", ("metadata", "finalizers")): "StorageObjectInUseProtection",
    ("PersistentVolume", ("metadata", "finalizers")): "StorageObjectInUseProtection",
}
"""The lists that an admission plugin appends to: (kind, path) -> the plugin. Any other list keeps its length.

Source: Kubernetes documentation, "Admission Control in Kubernetes"."""

_SUFFIXES = {
    **{letter: Decimal(10) ** power for letter, power in zip(("n", "u", "m", ""), (-9, -6, -3, 0), strict=True)},
    **{letter: Decimal(1000) ** power for power, letter in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate(("K", "M", "G", "T", "P", "E"), 1)},
}
_QUANTITY = re.compile(r"\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)\s*\Z")


def amount(quantity: object) -> Decimal:
    """How much a quantity is. Source: Kubernetes API reference, Quantity."""
    found = _QUANTITY.match(str(quantity))
    if found is None:
        raise ValueError(f"{quantity!r} is no quantity")
    return Decimal(found[1]) * _SUFFIXES[found[2]]


def differences(said: Body, stored: Body, catalogue: Catalogue) -> list[str]:
    """What was said and is not stored, or means something else there.

    :param said: an object as it was applied.
    :param stored: the same as the server gives it back.
    :param catalogue: knows by which keys the elements of a list are told apart.
    :returns: a sentence for each field; nothing where all is well.
    """
    return list(_Comparison(said, catalogue).of(said, stored, ()))


class _Comparison:
    def __init__(self, body: Body, catalogue: Catalogue) -> None:
        self._kind = (body["apiVersion"], body["kind"])
        self._catalogue = catalogue

    def of(self, said: Any, stored: Any, path: FieldPath) -> Iterator[str]:
        if isinstance(said, dict) and isinstance(stored, dict):
            for key, value in said.items():
                if key in stored:
                    yield from self.of(value, stored[key], (*path, key))
                elif not _nothing(value):
                    yield f"{_words((*path, key))}: {value!r} is not stored"
        elif isinstance(said, list) and isinstance(stored, list):
            yield from self._lists(said, stored, path)
        elif said is not None and not self._same(said, stored, path):
            yield f"{_words(path)}: {said!r} is stored as {stored!r}"

    def _same(self, said: Any, stored: Any, path: FieldPath) -> bool:
        if type(said) is type(stored) and said == stored:
            return True
        node = self._catalogue.node(*self._kind, path) or {}
        if node.get("pattern") == QUANTITY_PATTERN:
            return amount(said) == amount(stored)
        numbers = isinstance(said, int | float) and isinstance(stored, int | float)
        return numbers and not isinstance(said, bool) and not isinstance(stored, bool) and said == stored

    def _lists(self, said: list[Any], stored: list[Any], path: FieldPath) -> Iterator[str]:
        if len(said) != len(stored) and (self._kind[1], path) not in ADDED_TO_LISTS:
            yield f"{_words(path)}: {len(said)} elements are stored as {len(stored)}"
            return
        keys = self._catalogue.list_keys(*self._kind, path)
        for index, element in enumerate(said):
            place = (*path, index)
            if keys is None:
                yield from self.of(element, stored[index], place)
            elif not keys:
                if element not in stored:
                    yield f"{_words(place)}: {element!r} is not stored"
            else:
                alike = [other for other in stored if all(other.get(k) == v for k, v in element.items() if k in keys)]
                if not alike:
                    yield f"{_words(place)}: no element of the same {', '.join(keys)} is stored"
                else:
                    yield from min((list(self.of(element, other, place)) for other in alike), key=len)


def _nothing(value: Any) -> bool:
    """Whether a field that holds this reads the same as one that is not there."""
    return (
        value is None
        or value is False
        or value in (0, "", [], {})
        or (isinstance(value, dict) and all(map(_nothing, value.values())))
    )


def _words(path: FieldPath) -> str:
    return ".".join(map(str, path))
