"""Modules: the repository's own ``charts/`` and ``constructs/``, imported from there and from nowhere else.

Each build imports them anew, so that what one chart left in a module (a counter, a cached file) reaches no other, and
so that everything a module reads while it is imported is noted for each build that imports it.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
import types
from collections.abc import Sequence
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import CodeType, FrameType, ModuleType
from typing import Any, TypeVar

from pilothouse import origin, purity, watch


class NotAChart(Exception):  # noqa: N818 -- it says what the module is
    """A module of ``charts/`` that holds no chart, or more than one."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line
        """The module's line to look at, from 1."""


_compiled: dict[str, CodeType] = {}
_imported: list[str] = []


class _SourceLoader(SourceFileLoader):
    """Compiles from the source: a cached file is told apart by whole seconds, and would serve old code."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        _imported.append(fullname)
        if watch.current is not None:
            watch.current.read("file", path)
        if path not in _compiled:
            source = purity.guarded_source(self.get_data(path), path)
            _compiled[path] = self.source_to_code(source, path)  # type: ignore[arg-type]
        return _compiled[path]


class _Absences:
    """Notes which modules its own code asks for and the repository lacks: a file of that name would be imported."""

    def __init__(self, charts: str, constructs: str) -> None:
        self._charts = charts
        self._constructs = constructs

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Finds nothing; whoever comes next does."""
        folder = self._constructs if path is None else self._charts
        if (path is None or name.startswith("charts.")) and watch.current is not None and _authors_import():
            last = name.rpartition(".")[2]
            for candidate in (f"{last}.py", os.path.join(last, "__init__.py")):
                watch.current.read("kind", os.path.join(folder, candidate))
        return None


def _authors_import() -> bool:
    """Whether the import that is going on stands in the author's own code."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None and origin.is_authors(frame)


def prepare(root: str) -> None:
    """Let ``charts`` and what stands in ``constructs/`` be imported from one repository.

    :param root: the repository's root, absolute.
    """
    charts, constructs = os.path.join(root, "charts"), os.path.join(root, "constructs")
    kit = os.path.join(constructs, "pilothouse_kit")

    def hook(path: str) -> FileFinder:
        if _below(path, kit) or not (_below(path, charts) or _below(path, constructs)):
            raise ImportError(path)
        return FileFinder(path, (_SourceLoader, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, hook)
    sys.meta_path.insert(0, _Absences(charts, constructs))
    for path in (charts, constructs):
        sys.path_importer_cache.pop(path, None)
    if constructs in sys.path:
        sys.path.remove(constructs)
    sys.path.insert(0, constructs)
    package = ModuleType("charts")
    package.__path__ = [charts]
    package.__loader__ = SourceFileLoader("charts", os.path.join(charts, "__init__.py"))
    package.__spec__ = ModuleSpec("charts", package.__loader__, is_package=True)
    package.__spec__.submodule_search_locations = [charts]
    sys.modules["charts"] = package


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def _forget() -> None:
    """Let the repository's modules be imported anew."""
    while _imported:
        name = _imported.pop()
        module = sys.modules.pop(name, None)
        parent, _, last = name.rpartition(".")
        if module is not None and getattr(sys.modules.get(parent), last, None) is module:
            delattr(sys.modules[parent], last)


def load_chart(root: str, name: str) -> tuple[type[Any], type[Any]]:
    """Import one chart's module, and whatever it imports of the repository, and find the chart in it.

    :param root: the repository's root, absolute.
    :param name: the module's name, without ``.py``.
    :returns: the chart's class, and the type of its values.
    :raises NotAChart: where the module has no chart, several, or one that cannot be built.
    """
    from pilothouse.chart import Chart

    _forget()
    module = importlib.import_module(f"charts.{name}")
    classes = dict.fromkeys(value for value in vars(module).values() if isinstance(value, type))
    charts = [kind for kind in classes if issubclass(kind, Chart) and kind.__module__ == module.__name__]
    if not charts:
        raise NotAChart(f"charts/{name}.py has no Chart class, expected one", 1)
    if len(charts) > 1:
        names = ", ".join(chart.__name__ for chart in charts)
        message = f"charts/{name}.py has {len(charts)} Chart classes ({names}), expected one"
        raise NotAChart(message, class_line(charts[1]))
    return checked(charts[0])


def checked(chart: type[Any]) -> tuple[type[Any], type[Any]]:
    """A chart's class, which can be built, and the type of its values.

    :raises NotAChart: where it cannot be built.
    """
    from pilothouse.chart import Chart

    if chart.build is Chart.build:
        raise NotAChart(f"the chart {chart.__name__} has no build() method", class_line(chart))
    if not isinstance(chart.build, types.FunctionType):
        raise NotAChart(f"build of the chart {chart.__name__} is no method", class_line(chart))
    code = chart.build.__code__
    taken = code.co_argcount + code.co_kwonlyargcount
    if taken - len(chart.build.__defaults__ or ()) - len(chart.build.__kwdefaults__ or ()) > 1:
        message = f"build() of the chart {chart.__name__} takes arguments, expected none but self"
        raise NotAChart(message, build_line(chart))
    return chart, _values_type(chart)


def _values_type(chart: type[Any]) -> type[Any]:
    """What stands in ``Chart[...]``, in the chart itself or in a class between."""
    from pilothouse.chart import Chart
    from pilothouse.values import Values

    argument = _argument_of(chart, Chart)
    if isinstance(argument, TypeVar):
        return Values
    if isinstance(argument, type) and issubclass(argument, Values):
        return argument
    name = getattr(argument, "__forward_arg__", None) or getattr(argument, "__name__", repr(argument))
    message = f"the chart {chart.__name__} names {name} as the type of its values, expected a subclass of Values"
    raise NotAChart(message, class_line(chart))


def _argument_of(klass: type[Any], base: type[Any]) -> Any:
    """The argument that a class gives to a generic base, straight or through the classes between."""
    for parent in klass.__dict__.get("__orig_bases__", klass.__bases__):
        origin = getattr(parent, "__origin__", parent)
        if origin is base:
            found = getattr(parent, "__args__", getattr(base, "__parameters__", (None,)))[0]
        elif isinstance(origin, type) and issubclass(origin, base):
            found = _argument_of(origin, base)
            names = getattr(origin, "__parameters__", ())
            if found in names and hasattr(parent, "__args__"):
                found = parent.__args__[names.index(found)]
        else:
            continue
        return getattr(sys.modules[klass.__module__], getattr(found, "__forward_arg__", ""), found)
    return None


def build_line(chart: type[Any]) -> int:
    """The line where a chart's ``build`` begins, from 1; its class's where another module has it."""
    build = chart.__dict__.get("build")
    code = getattr(build, "__code__", None)
    return int(code.co_firstlineno) if code is not None else class_line(chart)


def class_line(klass: type[Any]) -> int:
    """The line where a class of the repository begins, from 1."""
    file = getattr(sys.modules.get(klass.__module__), "__file__", None)
    if file is not None:
        with open(file, "rb") as opened:
            tree = ast.parse(opened.read(), file)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == klass.__name__:
                return node.lineno
    return 1
