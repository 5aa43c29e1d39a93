"""Pilothouse: describe a whole Kubernetes stack as Python cdk8s constructs, and synthesize it per environment.

The names that a chart needs stand here. They are looked up when first used, so that commands which only read
files never pay for what builds them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pilothouse.chart import Chart as Chart
    from pilothouse.chart import Construct as Construct
    from pilothouse.chart import NodeFile as NodeFile
    from pilothouse.chart import RawObject as RawObject
    from pilothouse.chart import waive as waive
    from pilothouse.machines.ini import Ini as Ini
    from pilothouse.values import Values as Values

__version__ = "0.1.0"

_HOME = {
    "Chart": "pilothouse.chart",
    "Construct": "pilothouse.chart",
    "Ini": "pilothouse.machines.ini",
    "NodeFile": "pilothouse.chart",
    "RawObject": "pilothouse.chart",
    "Values": "pilothouse.values",
    "waive": "pilothouse.chart",
}

__all__ = ["Chart", "Construct", "Ini", "NodeFile", "RawObject", "Values", "waive"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'pilothouse' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
