"""A Service: what its spec makes of it."""

from __future__ import annotations

from typing import Any

from pilothouse.lenient import listing, mapping, text
from pilothouse.manifest import Manifest

SERVICE: tuple[tuple[str, str]] = (("", "Service"),)
"""Its group and kind, as checks name them."""


def spec_of(manifest: Manifest) -> dict[str, Any]:
    """Its spec; empty where there is none."""
    return mapping(manifest.body, "spec")


def type_of(spec: dict[str, Any]) -> str:
    """A Service's type, ``ClusterIP`` where it names none."""
    return text(spec.get("type")) or "ClusterIP"


def is_headless(spec: dict[str, Any]) -> bool:
    """Whether a Service has no address of its own."""
    return spec.get("clusterIP") == "None" or listing(spec.get("clusterIPs")) == ["None"]
