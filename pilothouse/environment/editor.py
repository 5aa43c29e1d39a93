"""Schemas for editors: a wrong key is underlined, and the right ones are offered, while an environment file is typed.

Editors read draft-07 most reliably, so that is what is written. A file that extends a layer is an overlay: nothing is
required in it, and every entry of a map may be null.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from pilothouse.environment.draft07 import Placement, nullable
from pilothouse.environment.file import EnvironmentFile
from pilothouse.environment.values import values_schema

FOLDER = ".pilothouse/schemas"
"""Where the schemas are written, under the repository. The folder is not committed."""
ENVIRONMENT_SCHEMA = f"{FOLDER}/environment.schema.json"
LAYER_SCHEMA = f"{FOLDER}/layer.schema.json"

_DRAFT = "http://json-schema.org/draft-07/schema#"
_REQUIRED = {"EnvironmentFile": ["kubernetesVersion", "cluster", "charts"], "ClusterFile": ["name"]}
"""What must be there once layers are merged, and so in a file that has none."""


def modeline(name: str) -> str:
    """The first line of an environment file or a layer, by which editors find the schema.

    :param name: the file's name without ``.yaml``.
    """
    schema = LAYER_SCHEMA if name.startswith("_") else ENVIRONMENT_SCHEMA
    return f"# yaml-language-server: $schema=../{schema}"


def editor_schemas(
    charts: Mapping[str, Mapping[str, Any] | None],
    *,
    kubernetes_versions: Collection[str] = (),
    layers: Collection[str] = (),
) -> dict[str, bytes]:
    """The JSON Schemas of environment files and of layers.

    :param charts: each chart's name with the schema of its values (``values_schema``); None where that is not known.
    :param kubernetes_versions: the versions to offer; empty takes any of the form ``1.32``.
    :param layers: the layers to offer for ``extends``; empty takes any name of a layer.
    :returns: the files to write: path under the repository, and content.
    """
    definitions: dict[str, Any] = {}
    for name, schema in sorted(charts.items()):
        if schema is not None:
            for partial in (False, True):
                _add(definitions, _values_key(name, partial), schema, Placement(f"values.{name}.", partial))
    common = values_schema(EnvironmentFile)
    for partial in (False, True):
        placement = Placement("", partial)
        _add(definitions, _root_key(partial), common, placement)
        properties = definitions[placement.name("EnvironmentFile")]["properties"]
        _choose(properties, "kubernetesVersion", kubernetes_versions, partial)
        _choose(properties, "extends", layers, False)
        description = properties["charts"].get("description", "")
        properties["charts"] = {"description": description, **_charts(charts, placement)}
        _teach(definitions[placement.name("InstanceFile")], charts, placement)
        if partial:
            properties["charts"] = nullable(properties["charts"])
        else:
            for key, required in _REQUIRED.items():
                definitions[placement.name(key)]["required"] = required
    overlay = {"$ref": f"#/definitions/{_root_key(True)}"}
    complete = {"$ref": f"#/definitions/{_root_key(False)}"}
    head = {"$schema": _DRAFT, "title": "Pilothouse environment"}
    environment = {**head, "if": {"required": ["extends"]}, "then": overlay, "else": complete}
    layer = {**head, "title": "Pilothouse layer", "allOf": [overlay]}
    return {
        ENVIRONMENT_SCHEMA: _written({**environment, "definitions": definitions}),
        LAYER_SCHEMA: _written({**layer, "definitions": _reachable(definitions, _root_key(True))}),
    }


def _add(definitions: dict[str, Any], root: str, schema: Mapping[str, Any], placement: Placement) -> None:
    for name, part in schema.get("$defs", {}).items():
        # An editor offers a map's title as a snippet with all that is required in it.
        title = str(part.get("title", name)).removesuffix("File")
        definitions[placement.name(name)] = {**placement.convert(part), "title": title}
    definitions[root] = placement.convert({key: part for key, part in schema.items() if key != "$defs"})


def _root_key(partial: bool) -> str:
    return "overlay" if partial else "environment"


def _values_key(chart: str, partial: bool) -> str:
    return f"{'overlay' if partial else 'complete'}-values.{chart}"


def _choose(properties: dict[str, Any], name: str, options: Collection[str], partial: bool) -> None:
    if options:
        chosen = {"type": "string", "enum": sorted(options)}
        chosen["description"] = properties[name].get("description", "")
        properties[name] = nullable(chosen) if partial else chosen


def _spellings(chart: str) -> list[str]:
    """How a chart may be named: an instance's name has ``-`` where a module's has ``_``."""
    return list(dict.fromkeys([chart, chart.replace("_", "-")]))


def _charts(charts: Mapping[str, Mapping[str, Any] | None], placement: Placement) -> dict[str, Any]:
    """The map of instances: one that is called as a chart is that chart's, unless it names another."""
    instance = {"$ref": placement.reference("InstanceFile")}
    named: dict[str, Any] = {}
    for chart, schema in sorted(charts.items()):
        rule = _instance_rule(chart, schema, placement)
        one = {"allOf": [instance, {"if": {"not": {"required": ["chart"]}}, "then": rule}]} if rule else instance
        named[chart.replace("_", "-")] = nullable(one) if placement.partial else one
    other: dict[str, Any] = nullable(instance) if placement.partial else {"allOf": [instance, {"required": ["chart"]}]}
    result: dict[str, Any] = {"type": "object", "properties": named, "additionalProperties": other}
    return result if placement.partial else {**result, "minProperties": 1}


def _teach(instance: dict[str, Any], charts: Mapping[str, Mapping[str, Any] | None], placement: Placement) -> None:
    """Let an instance's ``chart`` decide about its ``values``."""
    _choose(
        instance["properties"], "chart", [each for chart in charts for each in _spellings(chart)], placement.partial
    )
    rules = []
    for chart, schema in sorted(charts.items()):
        rule = _instance_rule(chart, schema, placement)
        if rule:
            asked = {"required": ["chart"], "properties": {"chart": {"enum": _spellings(chart)}}}
            rules.append({"if": asked, "then": rule})
    if rules:
        instance["allOf"] = rules


def _instance_rule(chart: str, schema: Mapping[str, Any] | None, placement: Placement) -> dict[str, Any]:
    if schema is None:
        return {}
    values = {"$ref": f"#/definitions/{_values_key(chart, placement.partial)}"}
    if placement.partial:
        return {"properties": {"values": nullable(values)}}
    root: Mapping[str, Any] = schema
    if str(schema.get("$ref", "")).startswith("#/$defs/"):
        root = schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    needed = {"required": ["values"]} if root.get("required") else {}
    return {"properties": {"values": values}, **needed}


def _reachable(definitions: Mapping[str, Any], root: str) -> dict[str, Any]:
    found: set[str] = set()
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(definitions[name])
    return {name: part for name, part in definitions.items() if name in found}


def _references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [name for each in part for name in _references(each)]
    if not isinstance(part, dict):
        return []
    target = part.get("$ref")
    own = [target.removeprefix("#/definitions/")] if isinstance(target, str) else []
    return own + [name for each in part.values() for name in _references(each)]


def _written(schema: Mapping[str, Any]) -> bytes:
    return json.dumps(schema, indent=1, ensure_ascii=False).encode() + b"\n"
