"""Patch: lay fields over an object as the API server would, list items matched by Kubernetes' own keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LIST_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ports": ("containerPort", "port"),
    "topologySpreadConstraints": ("topologyKey",),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
"""List field -> the key of its items; the first that an item has. Every other list, and one in which an item lacks
its key, is replaced as a whole.

Source: ``x-kubernetes-patch-merge-key`` in the Kubernetes API's own OpenAPI document."""


def patched(body: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a patch over a map: maps merge, lists merge by their keys or are replaced, None removes.

    :param body: the map below; it is not changed.
    :param patch: what to lay over it.
    :returns: a new map.
    """
    result = dict(body)
    for name, value in patch.items():
        below = result.get(name)
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            result[name] = patched(below if isinstance(below, Mapping) else {}, value)
        elif isinstance(value, list):
            result[name] = _merged(below if isinstance(below, list) else [], value, LIST_KEYS.get(name, ()))
        else:
            result[name] = value
    return result


def _merged(below: list[Any], patch: list[Any], keys: tuple[str, ...]) -> list[Any]:
    """Both lists as one where every item has its key; the patch alone where one has none."""
    places = {_key(item, keys): index for index, item in enumerate(below)}
    if None in places or any(_key(item, keys) is None for item in patch):
        return patch
    result = list(below)
    for item in patch:
        key = _key(item, keys)
        if key in places:
            result[places[key]] = patched(result[places[key]], item)
        else:
            places[key] = len(result)
            result.append(item)
    return result


def _key(item: Any, keys: tuple[str, ...]) -> tuple[Any, ...] | None:
    if isinstance(item, Mapping):
        for key in keys:
            if key in item:
                return item[key], item.get("protocol", "TCP")
    return None
