"""Chart values: what each chart's own type says of values, without building anything.

A chart's module is anyone's Python: it is imported in a forked process, as for a build.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from pilothouse import build, imported, modules, timelimit, watch
from pilothouse.checks import catalogue
from pilothouse.checks import charts as chart_checks
from pilothouse.environment.values import Mistake, value_problems, values_schema
from pilothouse.finding import Finding, Position
from pilothouse.printing import captured
from pilothouse.reporter import Reporter
from pilothouse.timelimit import limited
from pilothouse.workers import Died, Pool

if TYPE_CHECKING:
    from pilothouse.environment import Environment, Instance


class Judged(msgspec.Struct, array_like=True):
    """What one chart says of the values of its instances."""

    schema: bytes = b""
    """The JSON Schema of its values; empty where it could not be imported."""
    mistakes: list[list[Mistake]] = []
    """What is wrong with each instance's values, in the order in which they were asked for."""
    findings: list[Finding] = []
    """Why it could not be imported."""


def judge(
    root: str, charts: Sequence[tuple[str, Sequence[tuple[Environment, Instance]]]], *, limit: float = 60.0
) -> list[Judged]:
    """Import some charts, and hold instances' values against their types.

    :param root: the repository's root, absolute.
    :param charts: each chart's name with the instances to judge; a chart without one gives its schema alone.
    :param limit: seconds that one chart's import may take.
    :returns: one answer a chart, in their order.
    """
    import pilothouse.chart  # noqa: F401 -- once, before the processes fork

    answers = [Judged() for _ in charts]

    def work(number: int) -> bytes:
        build.prepare(root)
        imported.forget(root)
        return msgspec.msgpack.encode(_judge(root, *charts[number], limit))

    pool = Pool(work, len(charts), processes=min(os.cpu_count() or 1, 2), limit=limit)
    finished = False
    try:
        for number, answer in pool.answers():
            if isinstance(answer, Died):
                answers[number] = Judged(findings=[death(*_first(*charts[number]), answer, limit)])
            else:
                answers[number] = msgspec.msgpack.decode(answer, type=Judged)
        finished = True
    finally:
        pool.close(kill=not finished)
    return answers


def _judge(root: str, chart: str, instances: Sequence[tuple[Environment, Instance]], limit: float) -> Judged:
    judged = Judged(mistakes=[], findings=[])
    seen = watch.begin((os.path.join(root, "constructs", "pilothouse_kit", ""), os.path.join(root, "pilothouse", "")))
    environment, instance = _first(chart, instances)
    report = Reporter(environment, instance, judged.findings, seen)
    with report.failures(), captured(lambda position, text: None), limited(limit):
        _, values_type = modules.load_chart(root, chart)
        judged.schema = msgspec.json.encode(values_schema(values_type))
        judged.mistakes = [value_problems(values_type, instance.values)[1] for _, instance in instances]
    watch.end()
    # What a module must not do is synth's business, unless it kept the module from being imported.
    for impurity in seen.impurities if not judged.schema else ():
        report.add(chart_checks.IMPURE, f"the chart {impurity.what}", impurity.position, fix=impurity.fix)
    return judged


def _first(chart: str, instances: Sequence[tuple[Environment, Instance]]) -> tuple[str, Instance]:
    from pilothouse.environment import Instance

    return (instances[0][0].name, instances[0][1]) if instances else ("", Instance(name="", chart=chart, namespace=""))


def death(environment: str, instance: Instance, died: Died, limit: float) -> Finding:
    """The finding that a chart's process came to no answer.

    :param environment: the environment's name.
    :param limit: seconds that it had.
    """
    ended = f"was ended by signal {-died.status}" if died.status < 0 else f"ended with status {died.status}"
    code = chart_checks.TOO_LONG if died.timed_out else chart_checks.DIED
    return Finding(
        code=code,
        severity=catalogue()[code].severity,
        message=timelimit.words(limit) if died.timed_out else f"the chart's process {ended}",
        position=Position(file=f"charts/{instance.chart}.py", line=1),
        environment=environment,
        instance=instance.name,
    )
