"""The strict JSON schemas of Kubernetes' own scalar types, as the API server reads them.

A value that one of these refuses is refused by the API server too: numbers have the width of the Go field they go into,
and patterns stand where JSON schema's own ``format`` would say something else than Kubernetes does.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
"""A JSON schema (draft 2020-12), or a part of one."""

QUANTITY_PATTERN = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?\s*$"
"""``resource.ParseQuantity`` of k8s.io/apimachinery, which trims blanks first."""

BASE64_PATTERN = (
    r"^([\r\n]*[A-Za-z0-9+/][\r\n]*[A-Za-z0-9+/][\r\n]*[A-Za-z0-9+/][\r\n]*[A-Za-z0-9+/])*"
    r"([\r\n]*[A-Za-z0-9+/][\r\n]*[A-Za-z0-9+/][\r\n]*(=[\r\n]*=|[A-Za-z0-9+/][\r\n]*=))?[\r\n]*$"
)
"""``base64.StdEncoding`` of Go: padded, line ends ignored."""

TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"
"""RFC 3339 as Go's ``time.Parse`` takes it."""

MICRO_TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.,][0-9]{6}(Z|[+-][0-9]{2}:[0-9]{2})$"
"""``metav1.MicroTime``: RFC 3339 with exactly six decimals."""

DURATION_PATTERN = r"^[+-]?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$"
"""``time.ParseDuration`` of Go, which ``metav1.Duration`` reads."""

BOOTSTRAP_TOKEN_PATTERN = r"^[a-z0-9]{6}\.[a-z0-9]{16}$"
"""A bootstrap token: its public id and its secret."""

IPV4_PATTERN = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$"
IPV6_PATTERN = r"^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$"

_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}
_INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}


def quantity() -> Schema:
    """A ``resource.Quantity``: ``100m``, ``1.5Gi``, or a plain number."""
    return {"type": ["string", "number"], "pattern": QUANTITY_PATTERN}


def int_or_string() -> Schema:
    """An ``intstr.IntOrString``: a port's number or name, a count or a percentage."""
    return {"type": ["integer", "string"], **_INT32, "x-kubernetes-int-or-string": True}


def scalar(kind: str, form: str | None) -> Schema:
    """The strict schema of a scalar.

    :param kind: ``string``, ``integer``, ``number`` or ``boolean``.
    :param form: OpenAPI's ``format``; one that Kubernetes does not check, or None, adds nothing.
    :returns: a new schema.
    """
    schema: Schema = {"type": kind}
    if kind == "integer":
        schema.update(_INT32 if form == "int32" else _INT64)
    elif kind == "string":
        pattern = {
            "byte": BASE64_PATTERN,
            "date-time": TIME_PATTERN,
            "ipv4": IPV4_PATTERN,
            "ipv6": IPV6_PATTERN,
        }.get(form or "")
        if pattern:
            schema["pattern"] = pattern
    return schema


def allow_null(schema: Schema) -> Schema:
    """Let a value be null as well: what the API server reads as absent.

    :param schema: a schema whose own ``type`` says what it takes; one without ``type`` takes null already.
    :returns: the same schema, changed in place.
    """
    kinds = schema.get("type")
    if kinds is not None:
        kinds = [kinds] if isinstance(kinds, str) else kinds
        schema["type"] = kinds if "null" in kinds else [*kinds, "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema
