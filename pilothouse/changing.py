"""Changing: an environment file with some of its values set, judged as a whole before anything is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from pilothouse import inplace
from pilothouse.environment import Environment, EnvironmentErrors, Instance, Problem, chart_names, load, names
from pilothouse.environment.layers import Map, as_written, lay_over, plain
from pilothouse.environment.listing import file_of
from pilothouse.environment.loading import layer_problems
from pilothouse.environment.read import read_chain, read_file
from pilothouse.environment.setting import Assignment, SettingError, read_value, require_known, schemas_at
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Finding
from pilothouse.schemas import known_minors
from pilothouse.yamlio.edit import set_value


@dataclass
class Change:
    """What some assignments make of one environment file."""

    file: str
    """Relative to the repository."""
    old: str
    new: str
    """The text before and after, the same where there is nothing to do."""
    values: list[tuple[FieldPath, Any]] = field(default_factory=list)
    """The fields that get another value, and that value."""
    findings: list[Finding] = field(default_factory=list)
    """Why a chart could not say whether its values are right: nothing may be written then."""


def change(root: str, name: str, assignments: Sequence[Assignment]) -> Change:
    """Set values of an environment's own file, or of a layer, and judge every environment that reads that file.

    :param root: the repository's root, absolute.
    :param name: the environment's name, or the layer's.
    :param assignments: in the order in which they are made.
    :returns: the new text; nothing is written.
    :raises SettingError: an assignment that leads nowhere, or no value.
    :raises EditError: a value that cannot be changed where it stands.
    :raises EnvironmentErrors: with everything that would be wrong in any of these environments.
    """
    file = file_of(name)
    before, problems = read_file(root, file)
    if before is None:
        raise EnvironmentErrors(problems)
    text, encode = _text(root, file)
    readers = [each for each in names(root) if each == name or _extends(root, each, file)]
    result = Change(file, text, text)
    charts = {key: chart for each in [*readers, name] for key, chart in _charts(root, each).items()}
    schemas = _SchemasOfCharts(root, charts)
    value = _plain_file(before)
    for assignment in assignments:
        path = _indices(assignment.path, value)
        if len(path) > 2 or not assignment.text.lstrip().startswith("{"):
            require_known(path, charts, name)
        wanted = read_value(assignment.text, partial(schemas_at, path, schemas.of_instance))
        new = set_value(result.new, path, wanted, file=file)
        if new != result.new:
            result.new = new
            result.values.append((path, wanted))
            value = _plain_file(read_file(root, file, {file: encode(new)})[0])
            if path[0] == "charts":
                charts.update(_instances(value, chart_names(root)))
    if result.new != result.old:
        result.findings = _judge(root, name, readers, {file: encode(result.new)})
    return result


def write(root: str, change: Change) -> None:
    """Put the new text in the file's place, in one step, with the file's own permissions.

    :raises SettingError: somebody has changed the file meanwhile.
    :raises OSError: it cannot be written.
    """
    old, encode = _text(root, change.file)
    if old != change.old:
        raise SettingError(f"{change.file} was changed meanwhile: nothing was written, try again")
    inplace.replace(os.path.join(root, change.file), encode(change.new))


def _text(root: str, file: str) -> tuple[str, Callable[[str], bytes]]:
    """A file's text, and what makes bytes of another one in its place."""
    try:
        return inplace.read_text(os.path.join(root, file))
    except UnicodeDecodeError:
        raise SettingError(f"{file} is no UTF-8, which is all that can be changed in place") from None


def _plain_file(root: Map | None) -> dict[str, Any]:
    """A file's own value, nulls kept as ``None`` where they stand."""
    value: dict[str, Any] = as_written(root) if root is not None else {}
    return value


def _indices(path: FieldPath, value: Any) -> FieldPath:
    """The path with a number as a map's key wherever it leads into no list."""
    found: list[str | int] = []
    for step in path:
        into_list = isinstance(value, list)
        found.append(step if into_list or isinstance(step, str) else str(step))
        if into_list:
            value = value[step] if isinstance(step, int) and step < len(value) else None
        else:
            value = value.get(found[-1]) if isinstance(value, dict) else None
    return tuple(found)


def _extends(root: str, environment: str, file: str) -> bool:
    chain, _ = read_chain(root, file_of(environment))
    return file in [source for source, _ in chain]


def _charts(root: str, name: str) -> dict[str, str]:
    """Each instance that an environment or a layer names, its layers merged, with its chart, as far as that reads."""
    merged: Map | None = None
    for _, part in reversed(read_chain(root, file_of(name))[0]):
        if part is not None:
            over = part if merged is None else lay_over(part, merged)
            merged = over if isinstance(over, Map) else merged
    return _instances(plain(merged) if merged is not None else {}, chart_names(root))


def _instances(value: dict[str, Any], modules: Collection[str]) -> dict[str, str]:
    instances = value.get("charts")
    found: dict[str, str] = {}
    for name, body in instances.items() if isinstance(instances, dict) else ():
        if body is not None:
            chart = str(body.get("chart", name) if isinstance(body, dict) else name)
            found[name] = next((each for each in (chart, chart.replace("-", "_")) if each in modules), "")
    return found


class _SchemasOfCharts:
    """The schemas of charts' values: a chart is imported when the first of its values is set."""

    def __init__(self, root: str, charts: dict[str, str]) -> None:
        self._root = root
        self._charts = charts
        self._known: dict[str, dict[str, Any] | None] = {}

    def of_instance(self, instance: str) -> dict[str, Any] | None:
        chart = self._charts.get(instance, "")
        if chart and chart not in self._known:
            from pilothouse import chart_values

            (judged,) = chart_values.judge(self._root, [(chart, [])])
            self._known[chart] = msgspec.json.decode(judged.schema) if judged.schema else None
        return self._known.get(chart)


def _judge(root: str, name: str, readers: Sequence[str], instead: dict[str, bytes]) -> list[Finding]:
    """Every environment that reads the new text, and every chart's values in them.

    :raises EnvironmentErrors: with everything that is wrong.
    """
    problems: list[Problem] = [] if readers else layer_problems(root, name, instead=instead)
    environments: list[Environment] = []
    for reader in readers:
        try:
            environments.append(load(root, reader, kubernetes_versions=known_minors, instead=instead))
        except EnvironmentErrors as error:
            problems += error.problems
    wanted: dict[str, list[tuple[Environment, Instance]]] = {}
    for environment, instance in _deployed(environments):
        wanted.setdefault(instance.chart, []).append((environment, instance))
    from pilothouse import chart_values

    judged = chart_values.judge(root, list(wanted.items()))
    findings: list[Finding] = []
    for instances, answer in zip(wanted.values(), judged, strict=True):
        findings += answer.findings
        for (environment, instance), mistakes in zip(instances, answer.mistakes, strict=False):
            problems += environment.problems(instance.name, mistakes)
    if problems:
        raise EnvironmentErrors(problems)
    return findings


def _deployed(environments: Sequence[Environment]) -> Iterator[tuple[Environment, Instance]]:
    for environment in environments:
        for instance in environment.charts.values():
            yield environment, instance
