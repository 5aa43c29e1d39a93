"""Build: one instance of a chart, from its values to finished manifests, whatever its author wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from pilothouse import annotated, modules, origin, purity, watch
from pilothouse.checks import charts as chart_checks
from pilothouse.checks.objects import MAX_DATA, MAX_OBJECT, NO_OBJECT, NOT_JSON, TOO_LARGE
from pilothouse.checks.run import check_object
from pilothouse.checks.secrets import DATA_IN_SECRET, SECRET_IN_VARIABLE, masked, secret_fields
from pilothouse.environment.values import Mistake, value_problems, values_schema
from pilothouse.fieldpath import format_path
from pilothouse.finding import Finding, Position, Severity
from pilothouse.finish import finish
from pilothouse.machines.file import KIND as NODE_FILE
from pilothouse.machines.file import MachineFile
from pilothouse.machines.making import made
from pilothouse.manifest import Body, Manifest, Waiver
from pilothouse.printing import captured
from pilothouse.reporter import Reporter
from pilothouse.stack import Stack
from pilothouse.timelimit import limited
from pilothouse.waivers import covers
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
    machine_files: list[MachineFile] = field(default_factory=list)
    """The files for machines. Readable credentials in them are masked."""
    findings: list[Finding] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    value_problems: list[Mistake] = field(default_factory=list)
    """What is wrong with the instance's values."""
    values_schema: bytes = b""
    """The JSON Schema of the chart's values; empty where the chart could not be imported."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Everything that was read, with the state it had: see :mod:`pilothouse.inputs`."""

    @property
    def sound(self) -> bool:
        """Whether the result may be kept: the chart ran to its end, and no secret came of it."""
        if self.value_problems:
            return False
        # A Secret, or a file for machines, with any mistake in it may hold its value where nobody looks for one.
        return not any(
            finding.code in _NEVER_KEPT
            or (finding.severity is Severity.ERROR and finding.object.startswith(_SECRETIVE))
            or (finding.code == SECRET_IN_VARIABLE and not any(covers(waiver, finding) for waiver in self.waivers))
            for finding in self.findings
        )


_NEVER_KEPT = frozenset({DATA_IN_SECRET, NO_OBJECT, *chart_checks.CODES} - {chart_checks.PRINTED})
_SECRETIVE = ("Secret", NODE_FILE)


def prepare(root: str) -> None:
    """Make this process ready to build charts of one repository, and nothing else from then on; once is enough.

    :param root: the repository's root, absolute.
    """
    if origin.root:
        return
    origin.root = os.path.join(root, "")
    import pilothouse.chart  # noqa: F401 -- before the watch begins: what jsii reads is no chart's doing

    modules.prepare(root)
    purity.start()


def build(
    root: str,
    environment: Environment,
    instance: Instance,
    catalogue: Catalogue,
    limit: float,
    given: type[Any] | None = None,
) -> Built:
    """Build one instance.

    :param root: the repository's root, absolute; :func:`prepare` was called with it.
    :param environment: what it is built for.
    :param instance: its chart, namespace and values.
    :param catalogue: the kinds that the environment's Kubernetes serves.
    :param limit: seconds that the chart may take.
    :param given: the chart's class, where it stands in no module of ``charts/``.
    :returns: the objects, or the findings that say why there are none. Nothing that a chart does raises.
    """
    built = Built()
    seen = watch.begin((os.path.join(root, "constructs", "pilothouse_kit", ""), os.path.join(root, "pilothouse", "")))
    report = Reporter(environment.name, instance, built.findings, seen)
    with report.failures(), captured(lambda position, text: _printed(report, position, text)), limited(limit):
        chart = _run(root, environment, instance, built, report, given)
        if chart is not None:
            _finish_all(chart, environment, instance, catalogue, built, report)
            chart.let_go()
    watch.end()
    built.inputs = seen.inputs
    for impurity in seen.impurities:
        report.add(chart_checks.IMPURE, f"the chart {impurity.what}", impurity.position, fix=impurity.fix)
    return built


def _printed(report: Reporter, position: Position | None, text: str) -> None:
    how = "printed" if position is not None else "wrote to the standard output of its process"
    report.add(chart_checks.PRINTED, f"the chart {how}: {text!r}", position)


def _run(
    root: str, environment: Environment, instance: Instance, built: Built, report: Reporter, given: type[Any] | None
) -> Any:
    """Import the chart, convert its values and call it: the chart, or None where its values do not fit."""
    from pilothouse.chart import new_app

    chart_type, values_type = modules.checked(given) if given else modules.load_chart(root, instance.chart)
    report.chart_type = chart_type
    built.values_schema = msgspec.json.encode(values_schema(values_type))
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
    chart: Any, environment: Environment, instance: Instance, catalogue: Catalogue, built: Built, report: Reporter
) -> None:
    built.waivers = chart.waivers()
    view = environment.for_charts()
    stack = Stack(environment, catalogue, ())
    for manifest in _unfolded(chart.manifests()):
        manifest.instance = instance.name
        if not manifest.is_object:
            report.add(NO_OBJECT, _why_no_object(manifest.body), manifest.position, construct=manifest.construct)
            continue
        try:
            body = finish(manifest, view, chart.namespace_at(manifest.construct), catalogue)
            built.waivers.extend(_annotated(manifest, body))
            body = annotated.without(body)
            secret = secret_fields(body)
            manifest.body = masked(body)
            text = dump(manifest.body)
        except YamlWriteError as error:
            for path, message in error.problems:
                where = format_path(path)
                report.add(NOT_JSON, f"{where}: {message}" if where else message, manifest.position, manifest, path)
            continue
        _make_plain(manifest)
        _check_size(manifest, text, report)
        for finding in check_object(manifest, stack):
            # Of a value that is masked, nothing can be said but that it stands there.
            if finding.code == DATA_IN_SECRET or finding.path[:2] not in secret:
                built.findings.append(finding)
        built.manifests.append(manifest)
        built.texts.append(text)
    built.machine_files.extend(made(chart.machine_files(), instance.name, stack, report))


def _annotated(manifest: Manifest, body: Body) -> Iterator[Waiver]:
    finished = Manifest(body, manifest.position, manifest.construct, manifest.instance)
    return annotated.waivers(finished)


def _make_plain(manifest: Manifest) -> None:
    """Rid the body of subclasses of str, int and float: YAML writes what they hold, and so do all others from here."""
    try:
        manifest.encode()
    except TypeError:
        manifest.body = msgspec.msgpack.decode(msgspec.msgpack.encode(manifest.body, enc_hook=_plain_scalar))


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


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


def _check_size(manifest: Manifest, text: str, report: Reporter) -> None:
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
