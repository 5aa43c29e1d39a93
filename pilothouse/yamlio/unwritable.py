"""What in a value cannot be written: every place, each with what was found and what was expected."""

from __future__ import annotations

import math

from pilothouse.fieldpath import FieldPath
from pilothouse.yamlio import limits
from pilothouse.yamlio.strings import has_surrogate


def problems(value: object) -> list[tuple[FieldPath, str]]:
    """Look through a value.

    :param value: anything.
    :returns: each field that cannot be written, and why, in the value's own order; empty if it can be written.
    """
    found: list[tuple[FieldPath, str]] = []
    _look(value, (), {}, found)
    return found


def _look(value: object, path: FieldPath, above: dict[int, FieldPath], found: list[tuple[FieldPath, str]]) -> None:
    if len(found) >= limits.MAX_PROBLEMS:
        return
    if isinstance(value, dict | list):
        if id(value) in above:
            found.append((path, "found a value that contains itself, expected one without a cycle"))
            return
        if len(above) >= limits.MAX_DEPTH:
            message = f"found more than {limits.MAX_DEPTH} maps and lists inside each other, expected fewer"
            found.append((path, message))
            return
        above[id(value)] = path
        if isinstance(value, dict):
            for key, item in value.items():
                step = key if isinstance(key, str) else repr(key)
                if not isinstance(key, str):
                    found.append((path, f"found the key {key!r} of type {_type(key)}, expected a string"))
                elif has_surrogate(key):
                    found.append((path, f"found half a surrogate pair in the key {key!r}, expected whole characters"))
                _look(item, (*path, step), above, found)
        else:
            for index, item in enumerate(value):
                _look(item, (*path, index), above, found)
        del above[id(value)]
        return
    message = _wrong(value)
    if message:
        found.append((path, message))


def _wrong(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return "found half a surrogate pair, expected whole characters" if has_surrogate(value) else ""
    if isinstance(value, int):
        if -(2**63) <= value < 2**64:
            return ""
        return f"found an integer of {value.bit_length()} bits, expected one of 64 bits (-2^63 to 2^64 - 1)"
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"found {float(value)!r}, expected a finite number"
    if isinstance(value, tuple):
        return "expected list, got tuple"
    return f"expected str, int, float, bool, None, dict or list, got {_type(value)}"


def _type(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
