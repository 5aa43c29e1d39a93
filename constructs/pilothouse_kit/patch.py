"""Patch: lay fields over an object as the API server would, list items matched by Kubernetes' own keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pilothouse.fieldpath import FieldPath, format_path

if TYPE_CHECKING:
    from pilothouse.schemas import Catalogue

_DEFAULTS = {"protocol": "TCP"}
"""What a key of a list's items is where an item does not say. Source: Kubernetes API reference, ``ContainerPort``."""


def patched(body: Mapping[str, Any], patch: Mapping[str, Any], kubernetes_version: str) -> dict[str, Any]:
    """Lay a patch over an object: maps merge, lists merge by their keys or are replaced, None removes.

    :param body: the object; it is not changed.
    :param patch: what to lay over it.
    :param kubernetes_version: whose schemas say which lists have keys, such as ``1.34``.
    :returns: a new object.

    Source: Kubernetes API concepts, Server-Side Apply, "Merge strategy".
    """
    return _Patch(_catalogue(kubernetes_version), body.get("apiVersion"), body.get("kind")).map(body, patch, ())


@cache
def _catalogue(kubernetes_version: str) -> Catalogue:
    from pilothouse.schemas import Catalogue

    return Catalogue(kubernetes_version)


class _Patch:
    def __init__(self, catalogue: Catalogue, api_version: Any, kind: Any) -> None:
        self._catalogue = catalogue
        self._kind = str(api_version), str(kind)

    def map(self, below: Mapping[str, Any], patch: Mapping[str, Any], path: FieldPath) -> dict[str, Any]:
        result = dict(below)
        for name, value in patch.items():
            old = result.get(name)
            if value is None:
                result.pop(name, None)
            elif isinstance(value, Mapping):
                result[name] = self.map(old if isinstance(old, Mapping) else {}, value, (*path, name))
            elif isinstance(value, list):
                result[name] = self._list(old if isinstance(old, list) else [], value, (*path, name))
            else:
                result[name] = value
        return result

    def _list(self, below: list[Any], patch: list[Any], path: FieldPath) -> list[Any]:
        keys = self._catalogue.list_keys(*self._kind, path)
        if keys is None:
            return patch
        result = list(below)
        places = {_key(item, keys): index for index, item in enumerate(below)}
        for item in patch:
            _refuse_keyless(item, keys, path)
            key = _key(item, keys)
            place = places.setdefault(key, len(result))
            if place == len(result):
                result.append({} if isinstance(item, Mapping) else item)
            if isinstance(item, Mapping) and isinstance(result[place], Mapping):
                result[place] = self.map(result[place], item, (*path, 0))
        return result


def _refuse_keyless(item: Any, keys: tuple[str, ...], path: FieldPath) -> None:
    missing = [key for key in keys if key not in _DEFAULTS and not (isinstance(item, Mapping) and key in item)]
    if missing:
        raise ValueError(
            f"patch: {format_path(path)}: items are found by {' and '.join(keys)}, and {item!r} has no {missing[0]}"
        )


def _key(item: Any, keys: tuple[str, ...]) -> object:
    """What tells an item of a list from the others: its keys' values, or all of it in a set."""
    if keys and isinstance(item, Mapping):
        return tuple(repr(item.get(key, _DEFAULTS.get(key))) for key in keys)
    return repr(item)
