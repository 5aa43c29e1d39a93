"""Modules: the repository's own ``charts/`` and ``constructs/``, imported from there and from nowhere else."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any


class NotAChart(Exception):
    """A module of ``charts/`` that holds no chart, or more than one."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line
        """The module's line to look at, from 1."""


class _SourceLoader(SourceFileLoader):
    """Compiles from the source each time: a cached file is told apart by whole seconds, and would serve old code."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def prepare(root: str) -> None:
    """Let ``charts`` and what stands in ``constructs/`` be imported from one repository.

    :param root: the repository's root, absolute.
    """
    charts, constructs = os.path.join(root, "charts"), os.path.join(root, "constructs")
    kit = os.path.join(constructs, "pilothouse_kit")

    def hook(path: str) -> FileFinder:
        if path.startswith(kit) or not (path.startswith(charts) or path.startswith(constructs)):
            raise ImportError(path)
        return FileFinder(path, (_SourceLoader, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, hook)
    for path in (charts, constructs):
        sys.path_importer_cache.pop(path, None)
    if constructs in sys.path:
        sys.path.remove(constructs)
    sys.path.insert(0, constructs)
    package = ModuleType("charts")
    package.__path__ = [charts]
    sys.modules["charts"] = package


def load_chart(root: str, name: str) -> tuple[type[Any], type[Any]]:
    """Import one chart's module and find the chart in it.

    :param root: the repository's root, absolute.
    :param name: the module's name, without ``.py``.
    :returns: the chart's class, and the type of its values.
    :raises NotAChart: where the module has no chart, or several.
    """
    from pilothouse.chart import Chart

    module = importlib.import_module(f"charts.{name}")
    charts = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Chart) and value.__module__ == module.__name__
    ]
    if not charts:
        raise NotAChart(f"charts/{name}.py has no Chart class, expected one", 1)
    if len(charts) > 1:
        names = ", ".join(chart.__name__ for chart in charts)
        raise NotAChart(f"charts/{name}.py has {len(charts)} Chart classes ({names}), expected one", line_of(charts[1]))
    chart = charts[0]
    if chart.build is Chart.build:
        raise NotAChart(f"the chart {chart.__name__} has no build() method", line_of(chart))
    return chart, _values_type(chart)


def _values_type(chart: type[Any]) -> type[Any]:
    from pilothouse.chart import Chart
    from pilothouse.values import Values

    for parent in chart.__mro__:
        for base in parent.__dict__.get("__orig_bases__", ()):
            if getattr(base, "__origin__", None) is Chart:
                argument = base.__args__[0]
                if isinstance(argument, type) and issubclass(argument, Values):
                    return argument
    return Values


def line_of(chart: type[Any]) -> int:
    """The line where a chart's ``build`` begins, from 1."""
    build = chart.__dict__.get("build")
    return int(build.__code__.co_firstlineno) if hasattr(build, "__code__") else 1
