"""What is foretold of a change, written as YAML before and after."""

from __future__ import annotations

from functools import cache
from typing import Any

from pilothouse import yamlio
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.stacks import compare_stacks
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

MINOR = "1.36"


@cache
def catalogue() -> Catalogue:
    return Catalogue(MINOR)


def bodies(text: str) -> list[dict[str, Any]]:
    found = [document.value for document in yamlio.load_all(text.encode(), file="a.yaml")]
    return [body for body in found if body]


def stack(objects: list[dict[str, Any]]) -> Stack:
    return Stack(somebodys(MINOR), catalogue(), [Manifest(body, Position("a.yaml", 1)) for body in objects])


def changes(before: str, after: str) -> list[ObjectChange]:
    return compare_stacks(stack(bodies(before)), stack(bodies(after)))


def impacts(before: str, after: str, effect: Effect, kind: str = "") -> list[Impact]:
    """What is foretold of one sort of effect.

    :param kind: only of objects of this kind; empty for all.
    """
    found = [change for change in changes(before, after) if kind in ("", change.identity.kind)]
    return [impact for change in found for impact in change.impacts if impact.effect is effect]


def said(before: str, after: str, effect: Effect, kind: str = "") -> list[str]:
    return [impact.says for impact in impacts(before, after, effect, kind)]


def workload(name: str, kind: str = "Deployment", pod: str = "", **labels: str) -> str:
    """A workload in the namespace shop whose pods carry ``app`` and other labels.

    :param pod: more of the pods' spec, as the inside of a map in YAML's flow style.
    """
    carried = ", ".join(f"{key}: {value}" for key, value in {"app": name, **labels}.items())
    return f"""
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{{carried}}}}}
    spec: {{containers: [{{name: main, image: a}}]{f", {pod}" if pod else ""}}}
---
"""


def shop(api_version: str, kind: str, spec: str, name: str = "web", metadata: str = "") -> str:
    """An object of the namespace shop.

    :param spec: its spec, in YAML's flow style.
    :param metadata: more of its metadata, as the inside of a map.
    """
    more = f", {metadata}" if metadata else ""
    head = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop{more}}}\n"
    return f"{head}spec: {spec}\n---\n"
