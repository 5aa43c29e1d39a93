"""A field's place inside one object, written the way Kubernetes writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence

FieldPath = tuple[str | int, ...]
"""The steps from an object's root to a field: a string for a map's key, an int for a list's index (from 0)."""

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*\Z")


def format_path(path: Sequence[str | int]) -> str:
    """Write a path as the API server writes it in its own messages.

    ``("spec", "containers", 0, "image")`` becomes ``spec.containers[0].image``; a key that is no plain word stands in
    brackets: ``metadata.labels[app.kubernetes.io/name]``.

    :param path: the steps from the object's root.
    :returns: the path as one word; an empty string for the root.
    """
    parts: list[str] = []
    for step in path:
        if isinstance(step, int) or not _PLAIN_KEY.match(step):
            parts.append(f"[{step}]")
        else:
            parts.append(f".{step}" if parts else step)
    return "".join(parts)
