"""Reporter: what goes wrong while one instance is built becomes a finding at the author's line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pilothouse import modules, node, origin, workers
from pilothouse.checks import charts as chart_checks
from pilothouse.environment.values import ValuesTypeError
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Manifest
from pilothouse.timelimit import TooLong
from pilothouse.watch import ImpureError, Watch

if TYPE_CHECKING:
    from pilothouse.environment import Instance

_LINES = 12
_LENGTH = 2000


class Reporter:
    """Adds findings about one instance.

    :param environment: the environment's name.
    :param instance: the instance that is built.
    :param findings: where they go.
    :param watch: what the build did that it must not do.
    """

    def __init__(self, environment: str, instance: Instance, findings: list[Finding], watch: Watch) -> None:
        self.chart_type: type[Any] | None = None
        """The chart's class, once it is found."""
        self._file = f"charts/{instance.chart}.py"
        self._environment = environment
        self._instance = instance
        self._findings = findings
        self._watch = watch

    @property
    def chart(self) -> Position:
        """Where to look when nothing better is known: the chart's ``build``."""
        return Position(file=self._file, line=modules.build_line(self.chart_type) if self.chart_type else 1)

    def add(
        self,
        code: str,
        message: str,
        position: Position | None = None,
        manifest: Manifest | None = None,
        path: FieldPath = (),
        *,
        fix: str = "",
        construct: str = "",
    ) -> None:
        """Add one finding; one that stands there already is not repeated.

        :param position: its place; the chart's own where it is not known.
        :param manifest: the object that it is about.
        """
        from pilothouse.checks import catalogue

        if position is None or not position.file:
            position = self.chart
        finding = Finding(
            code=code,
            severity=catalogue()[code].severity,
            message=_sendable(message),
            fix=_sendable(fix),
            position=position,
            environment=self._environment,
            instance=self._instance.name,
            object=_sendable(str(manifest.identity)) if manifest is not None else "",
            path=tuple(_sendable(step) if isinstance(step, str) else step for step in path),
            construct=_sendable(manifest.construct if manifest is not None else construct),
        )
        if finding not in self._findings:
            self._findings.append(finding)

    def take(self, findings: Iterable[Finding]) -> None:
        """Add what checks have found."""
        self._findings.extend(findings)

    @contextlib.contextmanager
    def failures(self) -> Iterator[None]:
        """Whatever a chart raises becomes a finding at the author's line."""
        try:
            yield
        except TooLong as error:
            # Node may be in the middle of an answer, which the next chart would take for its own.
            workers.retire()
            self.add(chart_checks.TOO_LONG, str(error), error.position)
        except modules.NotAChart as error:
            self.add(chart_checks.NO_CHART, str(error), Position(file=self._file, line=error.line))
        except ValuesTypeError as error:
            self.add(chart_checks.NO_CHART, str(error))
        except SystemExit as error:
            position = origin.of_exception(error, self.chart)
            self.add(chart_checks.DIED, f"the chart called sys.exit({error.code!r})", position)
        except BaseException as error:
            if isinstance(error, MemoryError):
                workers.retire()
            self._raised(error)

    def _raised(self, error: BaseException) -> None:
        position = origin.of_exception(error, self.chart)
        impure = self._watch.impurities
        if impure and (_came_of(error, ImpureError) or any(known.position == position for known in impure)):
            return  # what it must not do is the finding, not that it was kept from it
        if isinstance(error, node.NoNodeError):
            self.add(chart_checks.NO_NODE, str(error), position, fix=node.FIX)
            return
        problems = getattr(error, "construct_problems", None)
        if problems:
            for message, place, construct in problems:
                self.add(chart_checks.RAISED, message, place, construct=construct)
            return
        self.add(chart_checks.RAISED, words(error), position)


def _came_of(error: BaseException | None, kind: type[BaseException]) -> bool:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, kind):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def words(error: BaseException) -> str:
    """An exception as Python ends its tracebacks: its type, and the first lines of its message."""
    if isinstance(error, RecursionError):
        return "RecursionError: the chart calls itself, or holds itself, without end"
    try:
        text = (error.msg or "") if isinstance(error, SyntaxError) else str(error)
    except Exception:
        text = ""
    lines = [line.rstrip() for line in text.strip().splitlines()[:_LINES]]
    text = " ".join(line.strip() for line in lines if line.strip())[:_LENGTH]
    name = type(error).__name__
    if type(error) is RuntimeError and text.startswith("Error: "):
        return text  # of JavaScript, which has named it already
    return f"{name}: {text}" if text else name


def _sendable(text: str) -> str:
    """Text that every process and file takes: half a surrogate pair is written out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
