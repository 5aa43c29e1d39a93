"""Build: one instance of a chart, from its values to finished manifests, whatever its author wrote."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

from pilothouse import modules, origin, purity
from pilothouse.checks import charts as chart_checks
from pilothouse.checks.objects import MAX_DATA, MAX_OBJECT, NO_OBJECT, NOT_JSON, TOO_LARGE
from pilothouse.checks.run import check_object
from pilothouse.checks.secrets import DATA_IN_SECRET, masked
from pilothouse.environment.values import Mistake, ValuesTypeError, value_problems
from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.finding import Finding, Position
from pilothouse.finish import finish
from pilothouse.manifest import Manifest, Waiver
from pilothouse.stack import Stack
from pilothouse.yamlio import YamlWriteError, dump

if TYPE_CHECKING:
    from pilothouse.environment import Environment, Instance
    from pilothouse.schemas import Catalogue


@dataclass
class Built:
    """What one instance of a chart came to."""

    manifests: list[Manifest] = field(default_factory=list)
    """The finished objects. A Secret's readable values are masked."""
    texts: list[str] = field(default_factory=list)
    """The YAML of each object, in the same order."""
    findings: list[Finding] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    value_problems: list[Mistake] = field(default_factory=list)
    """What is wrong with the instance's values."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Everything that was read, with the state it had: see :mod:`pilothouse.inputs`."""

    @property
    def sound(self) -> bool:
        """Whether the result may be kept: the chart ran to its end, and no secret came of it."""
        codes = {finding.code for finding in self.findings}
        return not self.value_problems and not codes & _NEVER_KEPT


_NEVER_KEPT = frozenset({DATA_IN_SECRET, *chart_checks.CODES} - {chart_checks.PRINTED})


class _TooLong(BaseException):
    """Raised in a chart that runs longer than it may."""

    def __init__(self, position: Position) -> None:
        self.position = position


class _Printed:
    """Stands in for standard output while a chart is built."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self) -> None:
        self.lines: list[tuple[Position, str]] = []
        self.buffer = self

    def write(self, text: Any) -> int:
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        position = origin.here()
        if self.lines and self.lines[-1][0] == position:
            text = self.lines.pop()[1] + text
        self.lines.append((position, text))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False


def prepare(root: str) -> None:
    """Make this process ready to build charts of one repository, and nothing else from then on; once is enough.

    :param root: the repository's root, absolute.
    """
    if origin.root:
        return
    origin.root = os.path.join(root, "")
    import pilothouse.chart  # noqa: F401 -- before the watch begins: what jsii reads is no chart's doing

    modules.prepare(root)
    purity.start(root)


def build(root: str, environment: Environment, instance: Instance, catalogue: Catalogue, limit: float) -> Built:
    """Build one instance.

    :param root: the repository's root, absolute; :func:`prepare` was called with it.
    :param environment: what it is built for.
    :param instance: its chart, namespace and values.
    :param catalogue: the kinds that the environment's Kubernetes serves.
    :param limit: seconds that the chart may take.
    :returns: the objects, or the findings that say why there are none. Nothing that a chart does raises.
    """
    built = Built()
    report = _Reporter(environment.name, instance, built)
    file = os.path.join(root, "charts", f"{instance.chart}.py")
    watch = purity.watch((os.path.join(root, "constructs", "pilothouse_kit", ""), os.path.join(root, "pilothouse", "")))
    with _captured(report), _limited(limit), report.failures():
        manifests = _run(root, environment, instance, built)
        if manifests is not None:
            _finish_all(manifests, environment, instance, catalogue, report)
    for module in purity.modules_below(file) | {file}:
        watch.read("file", module)
    built.inputs = watch.inputs
    for impurity in watch.impurities:
        report.add(chart_checks.IMPURE, f"the chart {impurity.what}", impurity.position, fix=impurity.fix)
    return built


def _run(root: str, environment: Environment, instance: Instance, built: Built) -> Any:
    """Import the chart, convert its values and call it: the chart, or None where its values do not fit."""
    from pilothouse.chart import new_app

    chart_type, values_type = modules.load_chart(root, instance.chart)
    values, built.value_problems = value_problems(values_type, instance.values)
    if built.value_problems:
        return None
    return chart_type(
        new_app(),
        instance.name,
        values=values,
        environment=environment.for_charts(),
        namespace=instance.namespace,
    )


def _finish_all(
    chart: Any, environment: Environment, instance: Instance, catalogue: Catalogue, report: _Reporter
) -> None:
    built = report.built
    built.waivers = chart.waivers()
    view = environment.for_charts()
    stack = Stack(environment, catalogue, ())
    for manifest in _unfolded(chart.manifests()):
        manifest.instance = instance.name
        if not manifest.is_object:
            report.add(NO_OBJECT, _why_no_object(manifest.body), manifest.position, construct=manifest.construct)
            continue
        try:
            body = finish(manifest, view, instance.namespace, catalogue)
            manifest.body = masked(body)
            text = dump(manifest.body)
        except YamlWriteError as error:
            for path, message in error.problems:
                where = format_path(path)
                report.add(NOT_JSON, f"{where}: {message}" if where else message, manifest.position, manifest, path)
            continue
        _check_size(manifest, text, report)
        built.findings += check_object(manifest, stack)
        built.manifests.append(manifest)
        built.texts.append(text)


def _unfolded(manifests: list[Manifest]) -> Iterator[Manifest]:
    """The manifests, with the items of a ``List`` each by itself."""
    for manifest in manifests:
        body = manifest.body
        if isinstance(body, dict) and body.get("kind") == "List" and isinstance(body.get("items"), list):
            yield from _unfolded(
                [Manifest(item, manifest.position, manifest.construct) for item in body["items"]],
            )
        else:
            yield manifest


def _why_no_object(body: Any) -> str:
    if not isinstance(body, dict):
        return f"expected a Kubernetes object as a dict, got {type(body).__name__}"
    missing = [field for field in ("apiVersion", "kind") if not isinstance(body.get(field), str) or not body[field]]
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        missing.append("metadata.name")
    return f"{body.get('kind') or 'the object'} has no {', no '.join(missing)}"


def _check_size(manifest: Manifest, text: str, report: _Reporter) -> None:
    if len(text) < MAX_DATA // 4:
        return
    size = len(text.encode())
    data = sum(
        len(str(value).encode())
        for field in ("data", "binaryData", "stringData")
        if manifest.kind in ("ConfigMap", "Secret") and isinstance(manifest.body.get(field), dict)
        for value in manifest.body[field].values()
    )
    if data > MAX_DATA:
        message = f"its data has {data:,} bytes, expected {MAX_DATA:,} (1 MiB) at most"
        report.add(TOO_LARGE, message, manifest.position, manifest, ("data",))
    elif size > MAX_OBJECT:
        message = f"the object has {size:,} bytes, expected {MAX_OBJECT:,} (1.5 MiB) at most"
        report.add(TOO_LARGE, message, manifest.position, manifest)


class _Reporter:
    """Adds findings about one instance to what it came to."""

    def __init__(self, environment: str, instance: Instance, built: Built) -> None:
        self.built = built
        self._environment = environment
        self._instance = instance
        self._chart = Position(file=f"charts/{instance.chart}.py", line=1)

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
        from pilothouse.checks import catalogue

        if position is None or not position.file:
            position = self._chart
        self.built.findings.append(
            Finding(
                code=code,
                severity=catalogue()[code].severity,
                message=message,
                fix=fix,
                position=position,
                environment=self._environment,
                instance=self._instance.name,
                object=str(manifest.identity) if manifest is not None else "",
                path=path,
                construct=manifest.construct if manifest is not None else construct,
            )
        )

    @contextlib.contextmanager
    def failures(self) -> Iterator[None]:
        """Whatever a chart raises becomes a finding at the author's line."""
        try:
            yield
        except _TooLong as error:
            self.add(chart_checks.TOO_LONG, "the chart took longer than its limit and was ended", error.position)
        except modules.NotAChart as error:
            self.add(chart_checks.NO_CHART, str(error), Position(file=self._chart.file, line=error.line))
        except ValuesTypeError as error:
            self.add(chart_checks.NO_CHART, str(error))
        except SystemExit as error:
            position = origin.of_exception(error, self._chart)
            self.add(chart_checks.DIED, f"the chart called sys.exit({error.code!r})", position)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            position = origin.of_exception(error, self._chart)
            self.add(chart_checks.RAISED, _words(error), position)


def _words(error: BaseException) -> str:
    """An exception in one line, as Python ends its tracebacks."""
    text = str(error).strip()
    first = text.splitlines()[0] if text else ""
    if isinstance(error, RecursionError):
        first = "the chart calls itself, or holds itself, without end"
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        while frame is not None and not origin._is_authors(frame):
            frame = frame.f_back
        if frame is None:
            raise _TooLong(Position(file="", line=1))
        raise _TooLong(Position(file=origin.relative(frame.f_code.co_filename), line=frame.f_lineno))

    previous = signal.signal(signal.SIGALRM, ring)
    # A chart that swallows the first ring hears it again.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextlib.contextmanager
def _captured(report: _Reporter) -> Iterator[None]:
    """Keep standard output for the command: what a chart prints is a finding, what its children print is dropped."""
    printed = _Printed()
    sys.stdout.flush()
    real, sys.stdout = sys.stdout, printed  # type: ignore[assignment]
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
        sys.stdout = real
        for position, text in printed.lines:
            shown = text.strip()
            if shown:
                report.add(chart_checks.PRINTED, f"the chart printed {shown[:200]!r}", position)
