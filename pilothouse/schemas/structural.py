"""Turn the schemas of a CustomResourceDefinition into strict JSON schemas.

A CRD's schema is OpenAPI 3.0 with Kubernetes' own rules: what it does not name is dropped (and refused by strict field
validation, kubectl's default) unless the schema says otherwise, a default makes a required field optional, null counts
as absent, ``nullable`` and ``x-kubernetes-int-or-string`` widen the type.
"""

from __future__ import annotations

from typing import Any

from pilothouse.schemas.shapes import Schema, allow_null, scalar

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
"""The definition of ``metadata``: each Kubernetes minor's own."""

_COMBINATORS = ("allOf", "anyOf", "oneOf", "not")
_NUMBERS = ("minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties")
_COPIED = (*_NUMBERS, "maxProperties", "pattern", "uniqueItems", "default")
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED = "x-kubernetes-embedded-resource"
_KEPT = (
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-validations",
    _PRESERVE,
    _EMBEDDED,
)


class CrdError(ValueError):
    """A document that is no CustomResourceDefinition one can read. The message says what is wrong with which one."""


def read_crd(crd: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Schema]]:
    """Read one CustomResourceDefinition.

    :param crd: the parsed document, of ``apiextensions.k8s.io/v1`` or ``v1beta1``.
    :returns: rows of its served versions (group, version, kind, plural, namespaced, storage, definition, and
        ``deprecated`` where a version says so), and their schemas by definition name.
    :raises CrdError: where something that a CRD must have is not there.
    """
    name = crd.get("metadata", {}).get("name", "without a name") if isinstance(crd.get("metadata"), dict) else "?"
    try:
        spec = crd["spec"]
        group, names = spec["group"], spec["names"]
        versions = spec.get("versions") or [{"name": spec["version"], "served": True, "storage": True}]
        rows, schemas = [], {}
        for version in versions:
            if not version["served"]:
                continue
            row = {
                "group": group,
                "version": version["name"],
                "kind": names["kind"],
                "plural": names["plural"],
                "namespaced": spec["scope"] == "Namespaced",
                "storage": version["storage"],
                "definition": ".".join([*reversed(group.split(".")), version["name"], names["kind"]]),
            }
            if version.get("deprecated"):
                row["deprecated"] = True
            rows.append(row)
            schemas[row["definition"]] = _version_schema(spec, version)
    except (KeyError, TypeError, AttributeError) as error:
        raise CrdError(f"CustomResourceDefinition {name}: has no usable {error}") from None
    return rows, schemas


def _version_schema(spec: dict[str, Any], version: dict[str, Any]) -> Schema:
    holder = version.get("schema") or spec.get("validation") or {}
    raw = holder.get("openAPIV3Schema")
    if not raw:
        return {"type": "object", _PRESERVE: True}
    subresources = version.get("subresources") or spec.get("subresources") or {}
    schema = strict({"type": "object", **raw})
    properties = schema.setdefault("properties", {})
    if "status" in subresources and "status" in properties:
        # The API server drops the status from what is applied, before it looks at the values.
        properties["status"] = allow_null(_types_only(properties["status"]))
        schema["required"] = [field for field in schema.get("required", ()) if field != "status"]
    properties["apiVersion"] = {"type": "string"}
    properties["kind"] = {"type": "string"}
    properties["metadata"] = _metadata(raw.get("properties", {}).get("metadata", {}))
    schema["properties"] = dict(sorted(properties.items()))
    schema["required"] = sorted({*schema.get("required", ()), "apiVersion", "kind"})
    if not schema.get(_PRESERVE):
        schema["additionalProperties"] = False
    return schema


def _metadata(raw: dict[str, Any]) -> Schema:
    """``metadata`` is Kubernetes' own; a CRD may only narrow ``name`` and ``generateName``."""
    schema: Schema = {"$ref": f"#/$defs/{OBJECT_META}"}
    narrowed = {
        key: strict(raw["properties"][key]) for key in ("generateName", "name") if key in raw.get("properties", {})
    }
    if narrowed:
        schema["properties"] = {key: allow_null(sub) for key, sub in narrowed.items()}
    return schema


def strict(raw: dict[str, Any]) -> Schema:
    """The strict form of one schema of a CRD.

    :param raw: a part of ``openAPIV3Schema``.
    :returns: a new schema that refuses what the API server would refuse or drop, without descriptions.
    """
    schema = _base(raw)
    for keyword in _COPIED:
        if keyword in raw:
            schema[keyword] = raw[keyword]
    _exclusive(raw, schema)
    if "enum" in raw:
        schema["enum"] = list(raw["enum"])
    for keyword in _KEPT:
        if raw.get(keyword):
            schema[keyword] = raw[keyword]
    if not raw.get("x-kubernetes-int-or-string"):
        _combine(raw, schema, raw)
    if raw.get("nullable"):
        _let_null(schema)
    return schema


def _base(raw: dict[str, Any]) -> Schema:
    """Type, fields and elements."""
    if raw.get("x-kubernetes-int-or-string"):
        # Not bounded by an int32 as Go's IntOrString is: the CRD's schema is all that judges it.
        return {"type": ["integer", "string"], "x-kubernetes-int-or-string": True}
    kind = raw.get("type")
    if kind == "array":
        items = raw.get("items", {})
        # A list that preserves unknown fields does so for its elements.
        return {"type": "array", "items": strict({**items, _PRESERVE: True} if raw.get(_PRESERVE) and items else items)}
    if kind == "object" or "properties" in raw:
        return _object(raw)
    if kind in ("string", "integer", "number", "boolean"):
        return scalar(kind, raw.get("format"))
    # Without a type: a part of a combinator, or anything at all.
    form = raw.get("format")
    return {"pattern": pattern} if form and (pattern := scalar("string", form).get("pattern")) else {}


def _object(raw: dict[str, Any]) -> Schema:
    schema: Schema = {"type": "object"}
    fields = raw.get("properties", {})
    required = {field for field in raw.get("required", ()) if "default" not in fields.get(field, {})}
    if fields or (raw.get("type") == "object" and not raw.get("additionalProperties") and not raw.get(_PRESERVE)):
        schema["properties"] = {
            name: strict(field) if name in required else _let_null(strict(field))
            for name, field in sorted(fields.items())
        }
    more = raw.get("additionalProperties")
    if isinstance(more, dict):
        schema["additionalProperties"] = _let_null(strict(more))
    elif more is True or raw.get(_PRESERVE) or (more is None and "type" not in raw):
        pass
    else:
        schema["additionalProperties"] = False
        if raw.get(_EMBEDDED):
            known = schema.setdefault("properties", {})
            for name in ("apiVersion", "kind"):
                known.setdefault(name, {"type": "string"})
            known.setdefault("metadata", {"type": ["object", "null"]})
    if raw.get(_EMBEDDED):
        required |= {"apiVersion", "kind"}
    if required:
        schema["required"] = sorted(required)
    return schema


def _exclusive(raw: dict[str, Any], schema: Schema) -> None:
    """OpenAPI 3.0 writes an exclusive bound as a flag beside the bound."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if raw.get(flag) is True and bound in raw:
            schema[flag] = schema.pop(bound)


def _combine(raw: dict[str, Any], schema: Schema, base: dict[str, Any]) -> None:
    """Add the combinators of ``raw``, which judge what ``base`` describes."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in raw:
            parts = [_part(part, base) for part in raw[keyword]]
            if keyword == "oneOf" or all(parts):
                schema[keyword] = parts
    if isinstance(raw.get("not"), dict):
        schema["not"] = _part(raw["not"], base)


def _part(raw: dict[str, Any], base: dict[str, Any]) -> Schema:
    """One branch of a combinator: it judges values only, so it forbids no field and adds no null.

    The API server fills in defaults before it judges: a field of ``base`` that has one is never missing to a branch.
    """
    schema: Schema = {key: raw[key] for key in (*_COPIED, "enum", "type") if key in raw and key != "default"}
    fields = base.get("properties", {})
    required = {name for name in raw.get("required", ()) if "default" not in fields.get(name, {})}
    form = scalar("string", raw.get("format")).get("pattern")
    if form and "pattern" not in schema:
        schema["pattern"] = form
    _exclusive(raw, schema)
    judged = {name: _part(field, fields.get(name, {})) for name, field in raw.get("properties", {}).items()}
    for name, part in judged.items():
        below = fields.get(name, {})
        if "default" in below and not _takes(part, below["default"]):
            required.add(name)
    # Null counts as absent here as well, unless the field says that null is a value of its own.
    for name in required | judged.keys():
        if not fields.get(name, {}).get("nullable"):
            judged[name] = _as_absent(judged.get(name, {}), name not in required)
    if judged:
        schema["properties"] = dict(sorted(judged.items()))
    if isinstance(raw.get("items"), dict):
        schema["items"] = _part(raw["items"], base.get("items", {}))
    if isinstance(raw.get("additionalProperties"), dict):
        more = base.get("additionalProperties")
        schema["additionalProperties"] = _part(raw["additionalProperties"], more if isinstance(more, dict) else {})
    if required:
        schema["required"] = sorted(required)
    _combine(raw, schema, base)
    return schema


def _as_absent(part: Schema, taken: bool) -> Schema:
    """Make a branch's schema of a field take null, or refuse it."""
    if taken:
        return part if _takes(part, None) else {"if": {"type": "null"}, "else": part}
    if not _takes(part, None):
        return part
    return {"allOf": [part, {"not": {"type": "null"}}]} if part else {"not": {"type": "null"}}


def _takes(schema: Schema, value: object) -> bool:
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(schema).is_valid(value)


def _let_null(schema: Schema) -> Schema:
    """Let null stand for absent, also where a combinator would not have it."""
    if "else" not in schema:
        judged = {keyword: schema.pop(keyword) for keyword in _COMBINATORS if keyword in schema}
        if judged:
            schema["if"] = {"type": "null"}
            schema["else"] = judged
    return allow_null(schema)


def _types_only(schema: Schema) -> Schema:
    """A schema that names fields and types, and requires nothing."""
    names = ("type", "additionalProperties", "x-kubernetes-int-or-string", _PRESERVE, *_KEPT[:3])
    kept: Schema = {key: value for key, value in schema.items() if key in names}
    if isinstance(schema.get("additionalProperties"), dict):
        kept["additionalProperties"] = _types_only(schema["additionalProperties"])
    if "items" in schema:
        kept["items"] = _types_only(schema["items"])
    if "properties" in schema:
        kept["properties"] = {name: _types_only(field) for name, field in schema["properties"].items()}
    return kept
