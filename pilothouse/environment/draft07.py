"""msgspec's schemas (2020-12) as draft-07, whole or as what may stand in an overlay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEPT_WHOLE = ("default", "enum", "const", "examples")

_LEFT_OUT = ("discriminator",)
"""What editors do not know."""


def nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same schema, or null. What editors show about it stays outside."""
    if not set(schema) - {"description", "title", "default", "examples"}:
        return dict(schema)
    shown = {key: schema[key] for key in ("title", "description") if key in schema}
    rule = {key: part for key, part in schema.items() if key not in shown}
    if "type" in rule and not set(rule) & {"enum", "const", "anyOf", "allOf"}:
        kinds = [rule["type"]] if isinstance(rule["type"], str) else list(rule["type"])
        return {**shown, **rule, "type": list(dict.fromkeys([*kinds, "null"]))}
    return {**shown, "anyOf": [rule, {"type": "null"}]}


class Placement:
    """Where a schema goes in a larger one, and in which of its two forms.

    :param prefix: what its definitions' names begin with.
    :param partial: whether nothing is required and every entry of a map may be null, as in an overlay. A list is
        replaced as a whole, so what stands in one is never partial.
    """

    def __init__(self, prefix: str, partial: bool) -> None:
        self.prefix = prefix
        self.partial = partial

    def name(self, definition: str) -> str:
        """The name of one of its definitions in the larger schema."""
        return f"{self.prefix}{definition}{'.partial' if self.partial else ''}"

    def reference(self, definition: str) -> str:
        """The ``$ref`` to one of its definitions."""
        name = self.name(definition).replace("~", "~0").replace("/", "~1")
        return f"#/definitions/{name}"

    def convert(self, schema: Any) -> Any:
        """One part of the schema in its new place."""
        if not isinstance(schema, Mapping):
            return schema
        whole = Placement(self.prefix, False)
        result: dict[str, Any] = {}
        for key, part in schema.items():
            if key in _KEPT_WHOLE:
                result[key] = part
            elif key == "$ref":
                definition = str(part).removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
                result[key] = self.reference(definition)
            elif key == "properties":
                result[key] = {name: self._entry(each) for name, each in part.items()}
            elif key == "additionalProperties" and isinstance(part, Mapping):
                result[key] = self._entry(part)
            elif key == "anyOf":
                result[key] = [self.convert(each) for each in part]
            elif key == "prefixItems":
                result["items"] = [whole.convert(each) for each in part]
            elif key == "items":
                result["additionalItems" if "prefixItems" in schema else "items"] = whole.convert(part)
            elif key == "propertyNames":
                result[key] = whole.convert(part)
            elif not (key in _LEFT_OUT or (self.partial and key in ("required", "minProperties"))):
                result[key] = part
        if "$ref" in result and len(result) > 1:
            # In draft-07 nothing beside a $ref counts.
            return {"allOf": [{"$ref": result.pop("$ref")}], **result}
        return result

    def _entry(self, schema: Any) -> Any:
        converted = self.convert(schema)
        return nullable(converted) if self.partial and isinstance(converted, Mapping) else converted
