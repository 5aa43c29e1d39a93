"""For your own tests: build one chart with given values, find its objects, and see what the checks say.

    from charts.kubia import Kubia
    from pilothouse.testing import synthesize

    def test_replicas() -> None:
        result = synthesize(Kubia, values={"image": "oliwave/kubia", "replicas": 5})
        assert result.one("Deployment", "kubia-dp")["spec"]["replicas"] == 5
        result.assert_clean()

The chart is built as ``pilothouse synth`` builds it, in a process of its own: its values are checked by their type,
the environment's labels and registry are added, every check judges the objects. Nothing is written.
"""

from __future__ import annotations

import inspect
import os
import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pilothouse import build, imported, profiles, results, waivers
from pilothouse.chart_values import death
from pilothouse.checks import check_stack
from pilothouse.checks.waivers import UNUSED
from pilothouse.derive.order import in_apply_order
from pilothouse.environment import Environment, Given, Instance, load
from pilothouse.environment.file import EnvironmentFile
from pilothouse.environment.layers import Map, lay_over, plain, tree
from pilothouse.environment.loading import of_map
from pilothouse.environment.values import Mistake, value_problems
from pilothouse.fieldpath import format_path
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Body, Manifest, Packed, Waiver
from pilothouse.report.summary import shown
from pilothouse.repository import NoRepositoryError, find_root
from pilothouse.schemas import Catalogue, known_minors
from pilothouse.stack import Stack
from pilothouse.workers import Died, Pool
from pilothouse.yamlio import dump_all

if TYPE_CHECKING:
    from pilothouse.chart import Chart

__all__ = ["Synthesized", "WrongValuesError", "synthesize"]

_DEFAULTS: dict[str, Any] = {"cluster": {"name": "test"}, "domain": "example.com"}
_CAMEL = re.compile("_([a-z])")


class WrongValuesError(ValueError):
    """Values or settings that an environment file could not hold either: every mistake, one a line."""


class Synthesized:
    """What one chart came to.

    :param manifests: its objects.
    :param findings: what the checks found, less what is waived.
    :param profile: which findings stop a write.
    :param root: the folder that the findings' files are relative to.
    """

    def __init__(self, manifests: Sequence[Manifest], findings: Sequence[Finding], profile: str, root: str) -> None:
        self._manifests = in_apply_order(manifests)
        self._profile = profile
        self._root = root
        self.findings: list[Finding] = list(findings)
        """What the checks found: each with ``code``, ``severity``, ``message``, ``object`` (``Kind namespace/name``),
        ``path`` (the field in it) and ``position`` (the line of the chart)."""

    @property
    def objects(self) -> list[Body]:
        """Every object as a plain dict, in apply order."""
        return [manifest.body for manifest in self._manifests]

    @property
    def codes(self) -> list[str]:
        """The code of each finding, such as ``["SVC001"]``."""
        return [finding.code for finding in self.findings]

    @property
    def stopped(self) -> bool:
        """Whether a finding would keep ``pilothouse synth`` from writing."""
        return any(profiles.stops(self._profile, finding) for finding in self.findings)

    @property
    def yaml(self) -> str:
        """Every object as YAML, in apply order."""
        return dump_all(self.objects)

    def of(self, kind: str, *, namespace: str | None = None, api_version: str | None = None) -> list[Body]:
        """The objects of one kind, in apply order; an empty list where there are none.

        :param kind: such as ``Service``.
        :param namespace: only those of one namespace; empty for objects that have none.
        :param api_version: only those of one ``apiVersion``, where two groups have such a kind.
        """
        return [
            manifest.body
            for manifest in self._manifests
            if manifest.kind == kind
            and (namespace is None or manifest.namespace == namespace)
            and (api_version is None or manifest.api_version == api_version)
        ]

    def one(
        self, kind: str, name: str | None = None, *, namespace: str | None = None, api_version: str | None = None
    ) -> Body:
        """The one object of a kind and name.

        :param kind: such as ``Deployment``.
        :param name: its ``metadata.name``; may be left out where there is one object of that kind.
        :param namespace: as for :meth:`of`.
        :param api_version: as for :meth:`of`.
        :returns: the object as a plain dict.
        :raises AssertionError: where there is none, or more than one; it names what there is.
        """
        __tracebackhide__ = True
        found = [
            body
            for body in self.of(kind, namespace=namespace, api_version=api_version)
            if name is None or body["metadata"]["name"] == name
        ]
        if len(found) == 1:
            return found[0]
        asked = f"{kind} {name or ''}".strip() + (f" in the namespace {namespace!r}" if namespace is not None else "")
        there = "\n".join(f"  {manifest.identity}" for manifest in self._manifests)
        how_many = f"{len(found)} objects are" if found else "no object is"
        raise AssertionError(f"{how_many} {asked}; the chart gave\n{there or '  nothing'}{self._report()}")

    def assert_clean(self, *, allow: Collection[str] = (), advice: bool = False) -> None:
        """Fail if a check found an error or a warning.

        :param allow: codes of findings to pass over, such as ``{"SVC003"}``.
        :param advice: fail for advice too.
        :raises AssertionError: with every other finding as ``pilothouse synth`` shows it.
        """
        __tracebackhide__ = True
        found = [finding for finding in shown(self.findings, advice=advice) if finding.code not in allow]
        if found:
            raise AssertionError(f"expected no finding, got {len(found)}{self._report(found)}")

    def _report(self, findings: Sequence[Finding] | None = None) -> str:
        findings = self.findings if findings is None else findings
        if not findings:
            return ""
        from pilothouse.report import human

        def read_lines(file: str) -> list[str]:
            return Path(self._root, file).read_text(encoding="utf-8", errors="replace").splitlines()

        return "\n\n" + human.render(findings, colour=False, width=100, advice=True, read_lines=read_lines)


def synthesize(
    chart: type[Chart[Any]] | str,
    values: Mapping[str, Any] | None = None,
    *,
    environment: str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    limit: float = 60.0,
    **settings: Any,
) -> Synthesized:
    """Build one chart, and judge what it gives.

    :param chart: the chart's class; or its module's name in ``charts/`` of the working folder's repository.
    :param values: what an environment file would say under ``values``. With ``environment``, laid over what that one
        says: maps merge, everything else replaces, None removes.
    :param environment: an environment of the repository, such as ``dev``: its settings, and what it deploys of this
        chart (the first instance, where ``name`` says no other). Without it: the newest Kubernetes that is known,
        profile ``lab``, cluster ``test``, domain ``example.com``.
    :param name: the instance's name; where it is not given, that of the environment, or the chart's own.
    :param namespace: the instance's namespace, likewise. It counts as given.
    :param limit: seconds that the chart may take.
    :param settings: what an environment file says besides, in Python's spelling: ``kubernetes_version="1.34"``,
        ``profile="production"``, ``cluster={"name": "lab", "domain": "tk8s.k8s"}``, ``domain``, ``labels``,
        ``annotations``, ``image_registry``, ``image_pull_secrets``, ``given={"secrets": ["registry"]}``, ``waivers``.
    :returns: the objects and findings. What goes wrong inside the chart is a finding, as in ``pilothouse synth``.
    :raises WrongValuesError: values that do not fit the chart's type, or settings that no environment file takes.
    :raises EnvironmentErrors: an environment of the repository with mistakes.
    """
    root, module, given = _where(chart)
    made = _environment(root, environment, module, values, name, namespace, settings)
    (instance,) = made.charts.values()
    catalogue = Catalogue(made.kubernetes_version, Path(root, "schemas"))
    answer = _built(root, made, instance, catalogue, limit, given)
    if answer.value_problems:
        words = [_words(("values", *mistake.path), mistake) for mistake in answer.value_problems]
        raise WrongValuesError("\n".join(words))
    manifests = [Manifest.unpacked(each, instance.name) for each in answer.packed]
    findings = answer.findings + check_stack(Stack(_with_namespace(made, instance), catalogue, manifests))
    of_environment = waivers.of_environment(made)
    of_chart = [(instance.name, waiver) for waiver in answer.waivers]
    complete = frozenset([instance.name] if manifests else [])
    found = waivers.apply(findings, of_environment + of_chart, made.name, complete)
    # What a waiver of the whole environment silences may be in another chart.
    general = {waiver.position for of, waiver in of_environment if not of}
    found = [each for each in found if each.code != UNUSED or each.position not in general]
    return Synthesized(manifests, found, made.profile, root)


class _Answer(msgspec.Struct, array_like=True):
    packed: list[Packed]
    findings: list[Finding]
    waivers: list[Waiver]
    value_problems: list[Mistake]


def _where(chart: type[Any] | str) -> tuple[str, str, type[Any] | None]:
    """The repository, the chart's module in it, and the class where no module of ``charts/`` has it."""
    if isinstance(chart, str):
        return find_root("."), chart, None
    try:
        file = os.path.realpath(inspect.getfile(chart))
    except (OSError, TypeError):
        file = os.path.join(os.getcwd(), "")
    root = _root(os.path.dirname(file))
    stem = os.path.splitext(os.path.basename(file))[0]
    if os.path.dirname(file) == os.path.join(root, "charts"):
        return root, stem, None
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", chart.__name__.strip("_")).lower()
    return root, name, chart


def _root(folder: str) -> str:
    for start in (folder, "."):
        try:
            return find_root(start)
        except NoRepositoryError:
            continue
    return folder


def _environment(
    root: str,
    environment: str | None,
    module: str,
    values: Mapping[str, Any] | None,
    name: str | None,
    namespace: str | None,
    settings: Mapping[str, Any],
) -> Environment:
    """The environment with this one chart in it."""
    file: dict[str, Any] = {_CAMEL.sub(lambda match: match[1].upper(), key): each for key, each in settings.items()}
    base: dict[str, Any] = {"kubernetesVersion": known_minors()[-1], **_DEFAULTS}
    own: dict[str, Any] = {}
    if environment is not None:
        loaded = load(root, environment, kubernetes_versions=known_minors)
        base = plain(loaded.provenance)
        deployed = [each for each in loaded.charts.values() if each.chart == module and name in (None, each.name)]
        if deployed:
            name = deployed[0].name
            own = base["charts"][name]
    name = name or module.replace("_", "-")
    instance = {"chart": module, **own, "values": _laid_over(values or {}, own.get("values", {}))}
    if namespace is not None:
        instance["namespace"] = namespace
    whole = {
        **_laid_over(file, {key: each for key, each in base.items() if key != "charts"}),
        "charts": {name: instance},
    }
    _, mistakes = value_problems(EnvironmentFile, whole)
    if mistakes:
        raise WrongValuesError("\n".join(_words(mistake.path, mistake) for mistake in mistakes))
    versions = known_minors()
    if whole["kubernetesVersion"] not in versions:
        raise WrongValuesError(f"kubernetesVersion: expected one of {', '.join(versions)}")
    merged = tree(whole, _Nowhere())
    assert isinstance(merged, Map)
    return of_map(environment or "test", merged, [], [module])


def _laid_over(upper: Mapping[str, Any], lower: Mapping[str, Any]) -> dict[str, Any]:
    nowhere = _Nowhere()
    merged: dict[str, Any] = plain(lay_over(tree(dict(upper), nowhere), tree(dict(lower), nowhere)))
    return merged


class _Nowhere:
    """The file of an environment that stands in none."""

    def position(self, path: Sequence[str | int], *, key: bool = False) -> Position:
        return Position("test", 1)


def _words(path: Sequence[str | int], mistake: Mistake) -> str:
    return f"{format_path(path)}: {mistake.message}"


def _with_namespace(environment: Environment, instance: Instance) -> Environment:
    """The environment whose cluster has the instance's namespace: another chart may define it."""
    given: Given = environment.given
    namespaces = [*given.namespaces, instance.namespace]
    return msgspec.structs.replace(environment, given=msgspec.structs.replace(given, namespaces=namespaces))


def _built(
    root: str,
    environment: Environment,
    instance: Instance,
    catalogue: Catalogue,
    limit: float,
    given: type[Any] | None,
) -> _Answer:
    from pilothouse.chart import borrow  # before the process forks: once for all tests

    def work(number: int) -> bytes:
        borrow()
        build.prepare(root)
        imported.forget(root)
        built = build.build(root, environment, instance, catalogue, limit, given)
        packed = results.pack([manifest.packed() for manifest in built.manifests])
        return msgspec.msgpack.encode([packed, built.findings, built.waivers, built.value_problems])

    with warnings.catch_warnings():
        # The other threads of a test's process are asleep or wait for it; the child uses none of their locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        pool = Pool(work, 1, processes=1, limit=limit)
        finished = False
        try:
            ((_, answer),) = pool.answers()
            finished = True
        finally:
            pool.close(kill=not finished)
    if isinstance(answer, Died):
        return _Answer([], [death(environment.name, instance, answer, limit)], [], [])
    return msgspec.msgpack.decode(answer, type=_Answer)
