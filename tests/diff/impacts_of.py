"""What is foretold of a change that is written as YAML: the objects before, and the objects after."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse import yamlio
from pilothouse.diff.impact import Impact
from pilothouse.diff.stacks import compare_stacks
from pilothouse.environment import Cluster, Environment
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

CATALOGUE = Catalogue("1.34")
OURS = msgspec.structs.replace(somebodys("1.34"), name="dev", cluster=Cluster(name="tk8s"))


def stack(bodies: list[dict[str, Any]], environment: Environment = OURS) -> Stack:
    """A stack of some objects."""
    return Stack(environment, CATALOGUE, [Manifest(body, Position("a.yaml", 1)) for body in bodies])


def objects(text: str) -> list[dict[str, Any]]:
    """The objects of some YAML."""
    return [document.value for document in yamlio.load_all(text.encode(), file="a.yaml")]


def foretold(before: Any, after: Any, environment: Environment = OURS) -> dict[str, list[Impact]]:
    """The impacts of each object that changes, by kind and name.

    :param before: YAML, or objects.
    :param after: as well.
    """
    sides = (objects(each) if isinstance(each, str) else each for each in (before, after))
    changes = compare_stacks(*(stack(each, environment) for each in sides))
    return {f"{each.identity.kind} {each.identity.name}": list(each.impacts) for each in changes}
