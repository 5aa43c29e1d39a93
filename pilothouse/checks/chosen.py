"""Chosen: which checks judge an object, by its kind and by the fields that it has."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Set
from typing import Any, Generic, TypeVar

from pilothouse.checks.catalogue import Check, ObjectFunction, PodsFunction, catalogue
from pilothouse.schemas.kinds import State

Function = TypeVar("Function", bound=Callable[..., Any])


class Chosen(Generic[Function]):
    """The checks that judge one kind of thing; most of them are about fields that hardly any object has.

    :param checks: each with its function, in the order of the catalogue.
    """

    __slots__ = ("_checks", "_names", "_of_names")

    def __init__(self, checks: Iterable[tuple[Check, Function]]) -> None:
        self._checks = list(checks)
        self._names = frozenset(name for check, _ in self._checks for name in check.fields or ())
        self._of_names: dict[frozenset[str], list[tuple[Check, Function]]] = {}

    def of(self, fields: Set[Any]) -> list[tuple[Check, Function]]:
        """Those that may find something in an object, or in the pods that it runs.

        :param fields: the object's, of :func:`field_names`.
        """
        names = self._names.intersection(fields)
        found = self._of_names.get(names)
        if found is None:
            found = self._of_names[names] = [
                (check, function)
                for check, function in self._checks
                if check.fields is None or not check.fields.isdisjoint(names)
            ]
        return found


def field_names(body: Any) -> set[Any]:
    """The name of every field in an object, at any depth.

    :param body: as it would be applied.
    """
    found: set[Any] = set()
    inside = [body]
    for value in inside:  # which grows by what is found in it
        of = type(value)
        if of is dict or (of not in _PLAIN and isinstance(value, dict)):
            found.update(value)
            inside += value.values()
        elif of is list or (of not in _PLAIN and isinstance(value, list)):
            inside += value
    return found


_PLAIN = frozenset({str, int, bool, float, type(None)})


@functools.cache
def of_kind(group: str, kind: str, state: State) -> Chosen[ObjectFunction]:
    """The checks of objects of one kind.

    :param group: its API group.
    :param kind: the kind.
    :param state: what the cluster makes of its version.
    """
    return Chosen(
        (check, check.on_object)
        for check in catalogue().values()
        if check.on_object is not None
        and (check.kinds is None or (group, kind) in check.kinds)
        and (check.states is None or state in check.states)
    )


@functools.cache
def of_pods() -> Chosen[PodsFunction]:
    """The checks of what a workload says of its pods."""
    return Chosen((check, check.on_pods) for check in catalogue().values() if check.on_pods is not None)


def forget() -> None:
    """Ask the catalogue anew."""
    of_kind.cache_clear()
    of_pods.cache_clear()
