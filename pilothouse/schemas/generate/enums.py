"""Read the values of enumerated fields from Kubernetes' generated Go code: the OpenAPI file leaves them out."""

from __future__ import annotations

import json
import re

SOURCE = "pkg/generated/openapi/zz_generated.openapi.go"
"""The file inside the module k8s.io/kubernetes: formatted by gofmt, so that one tab is one level."""

_FUNCTION = re.compile(r"func schema_(\w+)\(")
_PROPERTY = re.compile(r'\t{5}"([^"]+)": \{$')
_ENUM = re.compile(r"(\t+)Enum:\s+\[\]interface\{\}\{(.*)\},$")


def read_enums(source: str) -> dict[tuple[str, str], list[str]]:
    """Find every enumerated string field.

    :param source: the text of :data:`SOURCE`.
    :returns: (a definition's short name such as ``api_apps_v1_DeploymentStrategy``, field) to its values, sorted.
        For a list or a map the values are those of its elements.
    """
    enums: dict[tuple[str, str], list[str]] = {}
    definition = field = ""
    for line in source.splitlines():
        if match := _FUNCTION.match(line):
            definition, field = match[1], ""
        elif match := _PROPERTY.match(line):
            field = match[1]
        elif (match := _ENUM.match(line)) and field:
            enums[definition, field] = sorted(json.loads(f"[{match[2]}]"))
    return enums


def short_name(definition: str) -> str:
    """The name that the generated Go code gives to a definition of the OpenAPI file.

    :param definition: such as ``io.k8s.api.apps.v1.DeploymentStrategy``.
    :returns: such as ``k8sio_api_apps_v1_DeploymentStrategy``.
    """
    parts = definition.removeprefix("io.k8s.").split(".")
    if parts[0] == "api":
        return "_".join(["k8sio", *parts])
    return "_".join(parts[-5:])
