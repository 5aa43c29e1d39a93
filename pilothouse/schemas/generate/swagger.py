"""Turn Kubernetes' OpenAPI file into strict JSON schemas: what ``api/openapi-spec/swagger.json`` says of one minor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.schemas.generate.enums import short_name
from pilothouse.schemas.shapes import MICRO_TIME_PATTERN, Schema, allow_null, int_or_string, quantity, scalar
from pilothouse.schemas.tree import references

SOURCE = "api/openapi-spec/swagger.json"
DISCOVERY = "api/discovery/aggregated_v2.json"
"""What the API server answers about all groups but the core one."""
CORE_DISCOVERY = "api/discovery/api__v1.json"
"""The same of the core group, in an older shape."""

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1"
_PREFIX = "#/definitions/"

# Fields that the OpenAPI file calls required, and the API server takes without: it fills in a default, or the Go
# field's zero value passes its validation.
_OPTIONAL = {
    ("io.k8s.api.apps.v1.StatefulSetSpec", "serviceName"),
    ("io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern", "status"),
    ("io.k8s.api.core.v1.HTTPHeader", "value"),
    ("io.k8s.api.core.v1.ISCSIPersistentVolumeSource", "lun"),
    ("io.k8s.api.core.v1.ISCSIVolumeSource", "lun"),
    ("io.k8s.api.core.v1.LimitRangeSpec", "limits"),
    ("io.k8s.api.core.v1.PreferredSchedulingTerm", "preference"),
    ("io.k8s.api.core.v1.Sysctl", "value"),
    ("io.k8s.api.discovery.v1.EndpointSlice", "endpoints"),
    ("io.k8s.api.networking.v1.NetworkPolicySpec", "podSelector"),
    ("io.k8s.api.rbac.v1.RoleRef", "apiGroup"),
    ("io.k8s.api.scheduling.v1.PriorityClass", "value"),
    ("io.k8s.api.storage.v1.CSIDriver", "spec"),
    ("io.k8s.api.storage.v1.CSINode", "spec"),
    ("io.k8s.api.storage.v1.CSINodeSpec", "drivers"),
    (f"{_EXTENSIONS}.CustomResourceDefinitionVersion", "served"),
    (f"{_EXTENSIONS}.CustomResourceDefinitionVersion", "storage"),
}


def _special(name: str) -> Schema | None:
    """The schema of a definition whose Go type reads JSON by itself, which the OpenAPI file cannot express."""
    props = {"$ref": f"#/$defs/{_EXTENSIONS}.JSONSchemaProps"}
    return {
        "io.k8s.apimachinery.pkg.api.resource.Quantity": quantity(),
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString": int_or_string(),
        f"{_META}.MicroTime": {"type": "string", "pattern": MICRO_TIME_PATTERN},
        f"{_META}.FieldsV1": {"type": "object"},
        "io.k8s.apimachinery.pkg.runtime.RawExtension": {"type": "object"},
        f"{_EXTENSIONS}.JSON": {},
        f"{_EXTENSIONS}.JSONSchemaPropsOrArray": {"anyOf": [props, {"type": "array", "items": props}]},
        f"{_EXTENSIONS}.JSONSchemaPropsOrBool": {"anyOf": [props, {"type": "boolean"}]},
        f"{_EXTENSIONS}.JSONSchemaPropsOrStringArray": {
            "anyOf": [props, {"type": "array", "items": {"type": "string"}}]
        },
    }.get(name)


class Swagger:
    """One minor's OpenAPI file, and the strict schemas made of it.

    :param document: the parsed file.
    :param enums: what :func:`pilothouse.schemas.generate.enums.read_enums` found in the same module.
    """

    def __init__(self, document: dict[str, Any], enums: dict[tuple[str, str], list[str]]) -> None:
        self._definitions: dict[str, Any] = document["definitions"]
        self._enums = enums
        self._relaxed = self._only_in_status()

    def kinds(self, discovery: dict[str, Any], core: dict[str, Any]) -> list[dict[str, Any]]:
        """The kinds that can be applied: those that the API server creates and gives back.

        :param discovery: the parsed :data:`DISCOVERY` of the same module.
        :param core: the parsed :data:`CORE_DISCOVERY` of the same module.
        :returns: rows with group, version, kind, plural, namespaced and definition.
        """
        by_kind = {
            (gvk["group"], gvk["version"], gvk["kind"]): name
            for name, definition in self._definitions.items()
            for gvk in definition.get("x-kubernetes-group-version-kind", ())
        }
        rows = []
        for group, version, resource in [*_core_resources(core), *_resources(discovery)]:
            definition = by_kind.get((group, version, resource["kind"]))
            if definition and {"create", "get"} <= set(resource["verbs"]):
                rows.append({"group": group, "version": version, **resource, "definition": definition})
                del rows[-1]["verbs"]
        return rows

    def strict(self, roots: list[str]) -> dict[str, Schema]:
        """The strict schemas of some definitions and of all that they use.

        :param roots: names of definitions.
        :returns: name to schema; references are ``#/$defs/NAME``.
        """
        done: dict[str, Schema] = {}
        waiting = sorted(roots)
        while waiting:
            name = waiting.pop()
            if name not in done:
                done[name] = self._definition(name)
                waiting.extend(references(done[name]))
        return dict(sorted(done.items()))

    def _only_in_status(self) -> set[str]:
        """The definitions that stand in an object's status and nowhere else.

        A status is the cluster's to write: the API server drops it from what is applied, so nothing in it is required
        there. It still has to be of the right types.
        """
        within: set[str] = set()
        without: set[str] = set()
        for name, raw in self._definitions.items():
            if "x-kubernetes-group-version-kind" in raw:
                without.add(name)
                for field, sub in raw.get("properties", {}).items():
                    (within if field == "status" else without).update(_raw_references(sub))
        return self._closure(within) - self._closure(without, stop="x-kubernetes-group-version-kind")

    def _closure(self, names: set[str], stop: str = "") -> set[str]:
        """These definitions and all that they use; what uses a definition with ``stop`` in it is not followed."""
        done: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in done:
                continue
            done.add(name)
            raw = self._definitions[name]
            if not (stop and stop in raw):
                waiting.extend(_raw_references(raw))
        return done

    def _definition(self, name: str) -> Schema:
        special = _special(name)
        if special is not None:
            return special if "anyOf" in special else allow_null(special)
        raw = self._definitions[name]
        return allow_null(self._object(name, raw) if raw.get("type") == "object" else self._inline(name, "", raw))

    def _object(self, name: str, raw: dict[str, Any]) -> Schema:
        schema: Schema = {"type": "object"}
        relaxed = name in self._relaxed
        required = [field for field in raw.get("required", ()) if not relaxed and (name, field) not in _OPTIONAL]
        properties = {}
        for field, sub in sorted(raw.get("properties", {}).items()):
            properties[field] = self._property(name, field, sub, field in required)
        schema["properties"] = properties
        schema["additionalProperties"] = False
        if required:
            schema["required"] = sorted(required)
        for keyword in ("x-kubernetes-map-type", "x-kubernetes-unions"):
            if keyword in raw:
                schema[keyword] = raw[keyword]
        return schema

    def _property(self, name: str, field: str, raw: dict[str, Any], required: bool) -> Schema:
        schema = self._inline(name, field, raw)
        if "$ref" in schema:
            return self._not_null(schema) if required else schema
        if required:
            return schema
        if "enum" in schema:
            # An optional field's empty string is the same as none: the Go field omits it.
            schema["enum"] = [*schema["enum"], ""]
        return allow_null(schema)

    def _not_null(self, schema: Schema) -> Schema:
        """Refuse null where a reference's target would take it."""
        name = schema["$ref"].removeprefix("#/$defs/")
        special = _special(name)
        kind = (self._definitions[name] if special is None else special).get("type")
        return {**schema, "type": kind} if kind else schema

    def _inline(self, name: str, field: str, raw: dict[str, Any]) -> Schema:
        schema: Schema
        if "$ref" in raw:
            schema = {"$ref": "#/$defs/" + raw["$ref"].removeprefix(_PREFIX)}
        elif raw.get("type") == "array":
            items = self._inline(name, field, raw["items"])
            schema = {"type": "array", "items": self._element(items, "$ref" in raw["items"])}
        elif raw.get("type") == "object":
            schema = {"type": "object"}
            if "additionalProperties" in raw:
                schema["additionalProperties"] = self._null_too(self._inline(name, field, raw["additionalProperties"]))
        elif "type" in raw:
            schema = scalar(raw["type"], raw.get("format"))
            values = self._enums.get((short_name(name), field))
            if values and raw["type"] == "string":
                schema["enum"] = list(values)
        else:
            schema = {}
        for keyword, value in sorted(raw.items()):
            if keyword.startswith("x-kubernetes-"):
                schema[keyword] = value
        return schema

    def _element(self, items: Schema, reference: bool) -> Schema:
        """A list's element: Go reads null as the zero value, which will do where an object requires no field."""
        if not reference:
            return self._null_too(items)
        raw = self._definitions[items["$ref"].removeprefix("#/$defs/")]
        return self._not_null(items) if raw.get("required") else items

    @staticmethod
    def _null_too(schema: Schema) -> Schema:
        return schema if "$ref" in schema else allow_null(schema)


def _resources(discovery: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Group, version and what is known of each resource, a group's preferred version first."""
    for group in discovery["items"]:
        for version in group["versions"]:
            for resource in version["resources"]:
                yield (
                    group["metadata"].get("name", ""),
                    version["version"],
                    {
                        "kind": resource["responseKind"]["kind"],
                        "plural": resource["resource"],
                        "namespaced": resource["scope"] == "Namespaced",
                        "verbs": resource["verbs"],
                    },
                )


def _core_resources(core: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for resource in core["resources"]:
        if "/" not in resource["name"]:
            yield (
                "",
                core["groupVersion"],
                {
                    "kind": resource["kind"],
                    "plural": resource["name"],
                    "namespaced": resource["namespaced"],
                    "verbs": resource["verbs"],
                },
            )


def _raw_references(raw: dict[str, Any]) -> list[str]:
    """The definitions that a part of the OpenAPI file names."""
    found = [raw["$ref"].removeprefix(_PREFIX)] if isinstance(raw.get("$ref"), str) else []
    for field in raw.get("properties", {}).values():
        found += _raw_references(field)
    for keyword in ("items", "additionalProperties"):
        if isinstance(raw.get(keyword), dict):
            found += _raw_references(raw[keyword])
    return found
