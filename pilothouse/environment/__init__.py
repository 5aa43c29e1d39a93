"""Environments: what differs between clusters, and nothing else, one file of ``environments/`` each.

Importing this package costs nothing but ``names``; the rest is loaded when first used, so that a command which only
needs the environments' names (``list``, completion, a run in which nothing changed) never pays for reading them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pilothouse.environment.listing import chart_names as chart_names
from pilothouse.environment.listing import layer_names as layer_names
from pilothouse.environment.listing import names as names

if TYPE_CHECKING:
    from pilothouse.environment.editor import editor_schemas as editor_schemas
    from pilothouse.environment.explanation import Row as Row
    from pilothouse.environment.explanation import explain as explain
    from pilothouse.environment.loading import load as load
    from pilothouse.environment.model import ChartEnvironment as ChartEnvironment
    from pilothouse.environment.model import Cluster as Cluster
    from pilothouse.environment.model import Environment as Environment
    from pilothouse.environment.model import Given as Given
    from pilothouse.environment.model import Instance as Instance
    from pilothouse.environment.model import NodePool as NodePool
    from pilothouse.environment.model import Taint as Taint
    from pilothouse.environment.model import Waiver as Waiver
    from pilothouse.environment.problem import EnvironmentErrors as EnvironmentErrors
    from pilothouse.environment.problem import Problem as Problem
    from pilothouse.environment.values import Mistake as Mistake
    from pilothouse.environment.values import ValuesTypeError as ValuesTypeError
    from pilothouse.environment.values import value_problems as value_problems
    from pilothouse.environment.values import values_schema as values_schema

_HOME = {
    "ChartEnvironment": "model",
    "Cluster": "model",
    "Environment": "model",
    "EnvironmentErrors": "problem",
    "Given": "model",
    "Instance": "model",
    "Mistake": "values",
    "NodePool": "model",
    "Problem": "problem",
    "Row": "explanation",
    "Taint": "model",
    "ValuesTypeError": "values",
    "Waiver": "model",
    "editor_schemas": "editor",
    "explain": "explanation",
    "load": "loading",
    "value_problems": "values",
    "values_schema": "values",
}

__all__ = [
    "ChartEnvironment",
    "Cluster",
    "Environment",
    "EnvironmentErrors",
    "Given",
    "Instance",
    "Mistake",
    "NodePool",
    "Problem",
    "Row",
    "Taint",
    "ValuesTypeError",
    "Waiver",
    "chart_names",
    "editor_schemas",
    "explain",
    "layer_names",
    "load",
    "names",
    "value_problems",
    "values_schema",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
