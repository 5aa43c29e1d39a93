"""Write parts that a module's schemas share once: the same pod template stands in most of them."""

from __future__ import annotations

import json
from collections import Counter

from pilothouse.schemas.shapes import Schema

_SMALLEST = 160
"""Characters of JSON below which a reference would save nothing."""


def hoist(schemas: dict[str, Schema], prefix: str) -> dict[str, Schema]:
    """Replace equal parts of schemas by references to one definition each.

    :param schemas: strict schemas by definition name.
    :param prefix: what the new definitions' names begin with; they go on with a number, in order of appearance.
    :returns: the same schemas by the same names, with the shared parts beside them. It judges as before.
    """
    counts: Counter[str] = Counter()
    texts: dict[int, str] = {}
    for name in sorted(schemas):
        _count(schemas[name], counts, texts)
    names: dict[str, str] = {}
    done: dict[str, Schema] = {}

    def replace(part: Schema) -> Schema:
        text = texts[id(part)]
        if counts[text] < 2 or len(text) < _SMALLEST:
            return inner(part)
        if text not in names:
            names[text] = f"{prefix}.{len(names) + 1}"
            done[names[text]] = inner(part)
        return {"$ref": f"#/$defs/{names[text]}"}

    def inner(part: Schema) -> Schema:
        changed = dict(part)
        if "properties" in part:
            changed["properties"] = {field: replace(sub) for field, sub in part["properties"].items()}
        for keyword in ("items", "additionalProperties"):
            if isinstance(part.get(keyword), dict):
                changed[keyword] = replace(part[keyword])
        return changed

    for name in sorted(schemas):
        done[name] = replace(schemas[name])
    return done


def _count(part: Schema, counts: Counter[str], texts: dict[int, str]) -> None:
    """Count every part by its text. Parts inside one that was counted before are not counted again: they go with it."""
    text = texts[id(part)] = json.dumps(part, sort_keys=True)
    counts[text] += 1
    for sub in part.get("properties", {}).values():
        _count(sub, counts, texts)
    for keyword in ("items", "additionalProperties"):
        if isinstance(part.get(keyword), dict):
            _count(part[keyword], counts, texts)
