"""Environments: what differs between clusters, and nothing else, one file of ``environments/`` each.

Importing this package costs nothing but ``names``; the rest is loaded when first used, so that a command which only
needs the environments' names (``list``, completion, a run in which nothing changed) never pays for reading them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pilothouse.environment.names import chart_names as chart_names
from pilothouse.environment.names import layer_names as layer_names
from pilothouse.environment.names import names as names

if TYPE_CHECKING:
    from pilothouse.environment.check import Mistake as Mistake
    from pilothouse.environment.check import ValuesTypeError as ValuesTypeError
    from pilothouse.environment.check import value_problems as value_problems
    from pilothouse.environment.check import values_schema as values_schema
    from pilothouse.environment.editor import editor_schemas as editor_schemas
    from pilothouse.environment.explain import Row as Row
    from pilothouse.environment.explain import explain as explain
    from pilothouse.environment.load import load as load
    from pilothouse.environment.model import ChartEnvironment as ChartEnvironment
    from pilothouse.environment.model import Cluster as Cluster
    from pilothouse.environment.model import Environment as Environment
    from pilothouse.environment.model import Given as Given
    from pilothouse.environment.model import Instance as Instance
    from pilothouse.environment.model import Waiver as Waiver
    from pilothouse.environment.problem import EnvironmentErrors as EnvironmentErrors
    from pilothouse.environment.problem import Problem as Problem

_HOME = {
    "ChartEnvironment": "model",
    "Cluster": "model",
    "Environment": "model",
    "EnvironmentErrors": "problem",
    "Given": "model",
    "Instance": "model",
    "Mistake": "check",
    "Problem": "problem",
    "Row": "explain",
    "ValuesTypeError": "check",
    "Waiver": "model",
    "editor_schemas": "editor",
    "explain": "explain",
    "load": "load",
    "value_problems": "check",
    "values_schema": "check",
}

__all__ = [  # noqa: F822 -- most are found by __getattr__
    "ChartEnvironment",
    "Cluster",
    "Environment",
    "EnvironmentErrors",
    "Given",
    "Instance",
    "Mistake",
    "Problem",
    "Row",
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
