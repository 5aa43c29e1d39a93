"""Synth: environments × charts → stacks → files, as one list of steps."""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pilothouse import fresh, gather, inputs, judged, kept, profiles, results, waivers
from pilothouse.checks import check_environments, check_stack
from pilothouse.checks.output import MENDED
from pilothouse.checks.waivers import UNUSED
from pilothouse.dist.commit import Switched
from pilothouse.dist.error import DistError
from pilothouse.dist.folders import NODES
from pilothouse.dist.lock import lock
from pilothouse.dist.plan import Plan
from pilothouse.environment import (
    Environment,
    EnvironmentErrors,
    Instance,
    chart_names,
    editor_schemas,
    layer_names,
    load,
    names,
)
from pilothouse.finding import Finding
from pilothouse.gather import Gathered, Gatherer
from pilothouse.manifest import Manifest
from pilothouse.output import Output
from pilothouse.schemas import Catalogue, known_minors
from pilothouse.stack import Stack
from pilothouse.standing import Standing
from pilothouse.tally import tally

if TYPE_CHECKING:
    from pilothouse.environment import Problem


class NotDeployedError(ValueError):
    """None of the environments that were asked for deploys the chart."""


@dataclass(frozen=True)
class Request:
    """What one run shall do."""

    root: str
    """The repository's root, absolute."""
    out: str
    """The output folder."""
    environments: tuple[str, ...]
    """The environments to synthesize."""
    engine: str
    """The state of Pilothouse itself, see :func:`pilothouse.kept.engine_state`."""
    flags: tuple[str, ...] = ()
    """The options that are part of that state."""
    chart: str | None = None
    """Only this chart: everything else stays as it stands in the output folder."""
    write: bool = True
    """Whether the output folder is brought up to date, or only compared."""
    limit: float = 60.0
    """Seconds that one instance may take."""
    processes: int = 0
    """How many instances are built at a time; 0 for as many as the machine has processors."""


@dataclass
class Outcome:
    """What one run came to."""

    findings: list[Finding] = field(default_factory=list)
    stopped: bool = False
    """Whether a finding stopped the write."""
    profiles: dict[str, str] = field(default_factory=dict)
    """Each environment's profile."""
    manifests: dict[str, list[Manifest]] = field(default_factory=dict)
    """The objects that each environment's instances gave; with ``--chart``, those of that chart."""
    switched: dict[str, Switched | Plan] = field(default_factory=dict)
    """Each folder's files that were written and removed, or would be: an environment's, and ``_nodes/`` before it."""
    instances: int = 0
    """How many instances of charts gave them."""
    built: int = 0
    """How many of these were built in this run; the others were as they had been."""
    empty: list[str] = field(default_factory=list)
    """With ``--chart``: the environments whose other instances have no files in the output folder."""

    @property
    def objects(self) -> int:
        """How many objects the environments have together."""
        return sum(map(len, self.manifests.values()))

    @property
    def differences(self) -> list[str]:
        """The files in which the output folder is not what the sources give, below it."""
        return sorted(
            f"{name}/{path}"
            for name, switched in self.switched.items()
            for path in [*switched.written, *switched.removed]
        )


def synthesize(request: Request, record: fresh.Record | None, progress: Callable[[int, int], None]) -> Outcome:
    """Build, derive, check and write some environments.

    :param request: what to do.
    :param record: what is known of the last run, see :mod:`pilothouse.fresh`.
    :param progress: told how many instances are built, of how many.
    :returns: the findings, and what was written; nothing is written if a finding stops it in any environment.
    :raises EnvironmentErrors: with everything that is wrong with the environment files.
    :raises NotDeployedError: where none of the environments deploys the chart.
    :raises DistError: where the output folder cannot be written.
    """
    read = sources(request.root)
    environments = load_all(request.root, request.environments)
    if request.chart is not None:
        environments = _deploying(environments, request.chart)
    with lock(request.out) if request.write else contextlib.nullcontext():
        known = record if record is not None and record.engine == request.engine else None
        output = Output(request.root, request.out, environments, known, write=request.write)
        try:
            run = _Run(request, environments, output)
            with run.gatherer(progress) as gatherer:
                gathered = run.gather(gatherer)
                run.teach_editors(gathered)
                _refuse_values(gathered)
                outcome = run.judge(gathered, read)
                gatherer.stage()
            if not outcome.stopped:
                run.write(outcome)
                run.remember(outcome, read)
        finally:
            output.discard()
    return outcome


def load_all(root: str, names: Sequence[str]) -> list[Environment]:
    """Read some environments.

    :raises EnvironmentErrors: with everything that is wrong in any of them.
    """
    found: list[Environment] = []
    problems: dict[Problem, None] = {}
    for name in names:
        try:
            found.append(load(root, name, kubernetes_versions=known_minors))
        except EnvironmentErrors as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise EnvironmentErrors(list(problems))
    return found


def _deploying(environments: Sequence[Environment], chart: str) -> list[Environment]:
    found = [each for each in environments if any(instance.chart == chart for instance in each.charts.values())]
    if not found:
        raise NotDeployedError(f"{' and '.join(each.name for each in environments)}: no instance of the chart {chart}")
    return found


def _refuse_values(gathered: Sequence[Gathered]) -> None:
    problems = [
        problem for each in gathered for problem in each.environment.problems(each.instance.name, each.value_problems)
    ]
    if problems:
        raise EnvironmentErrors(list(dict.fromkeys(problems)))


class _Run:
    """One run's environments, from their instances to their files."""

    def __init__(self, request: Request, environments: Sequence[Environment], output: Output) -> None:
        self._request = request
        self._environments = environments
        self._output = output
        self._catalogues: dict[str, Catalogue] = {}
        self._gathered: dict[str, list[Gathered]] = {}
        self._others: dict[str, Standing] = {}
        self._certain = False

    def catalogue(self, environment: Environment) -> Catalogue:
        """The kinds that an environment's Kubernetes serves, those of the repository's own CRDs among them."""
        version = environment.kubernetes_version
        if version not in self._catalogues:
            self._catalogues[version] = Catalogue(version, pathlib.Path(self._request.root, "schemas"))
        return self._catalogues[version]

    def _chosen(self, environment: Environment) -> list[Instance]:
        """The instances that this run builds."""
        chart = self._request.chart
        return [each for each in environment.charts.values() if chart is None or each.chart == chart]

    def gatherer(self, progress: Callable[[int, int], None]) -> Gatherer:
        """What builds the instances."""
        return Gatherer(
            self._request.root,
            engine=self._request.engine,
            catalogue=self.catalogue,
            stages=self._output.stages,
            stands=self._output.stands,
            limit=self._request.limit,
            processes=self._request.processes or os.cpu_count() or 1,
            progress=progress,
            meanwhile=self._output.look(),
        )

    def gather(self, gatherer: Gatherer) -> list[Gathered]:
        """Every chosen instance of every environment, and what stands besides."""
        wanted = [(environment, each) for environment in self._environments for each in self._chosen(environment)]
        gathered = gatherer.gather(wanted)
        for environment in self._environments:
            self._gathered[environment.name] = [each for each in gathered if each.environment is environment]
            whole = self._request.chart is None
            chosen = self._chosen(environment)
            self._others[environment.name] = Standing() if whole else self._output.standing(environment, chosen)
        self._certain = gather.still_certain(self._request.root, self._request.engine, self._request.flags, gathered)
        return gathered

    def _whole(self) -> bool:
        """Whether this run builds all that there is."""
        every = names(self._request.root)
        return self._request.chart is None and sorted(self._request.environments) == every

    def teach_editors(self, gathered: Sequence[Gathered]) -> None:
        """Write the schemas by which editors know the environment files, once every chart's values are known."""
        root = self._request.root
        if self._whole() and any(each.rebuilt for each in gathered):
            schemas = {each.instance.chart: each.values_schema for each in gathered if each.values_schema}
            charts = {name: msgspec.json.decode(schemas.get(name, b"null")) for name in chart_names(root)}
            files = editor_schemas(charts, kubernetes_versions=known_minors(), layers=layer_names(root))
            kept.replace_all(root, files)

    def _of_stack(self, environment: Environment, stack: Stack, read: Mapping[str, str]) -> list[Finding]:
        """What the checks of a whole stack find, now or when all that they read was the same."""
        root, key = self._request.root, self._stack_key(environment, read)
        found = judged.read(root, environment.name, key) if key else None
        if found is None:
            found = check_stack(stack)
            # What was saved between the first look and the reading would be kept under the name of what was before.
            if key and key == self._stack_key(environment, sources(root)):
                judged.write(root, environment.name, key, found, names(root))
        return found

    def _stack_key(self, environment: Environment, read: Mapping[str, str]) -> str:
        """What decides what they find; empty where that is not all known, or not to be kept."""
        instances = self._gathered[environment.name]
        states = [read.get(f"file:{os.path.join(self._request.root, file)}", "") for file in environment.files]
        known = self._request.chart is None and self._certain
        if not known or not all(states) or not all(each.outline for each in instances):
            return ""
        return judged.key(self._request.engine, states, ((each.instance.name, each.outline) for each in instances))

    def judge(self, gathered: Sequence[Gathered], read: Mapping[str, str]) -> Outcome:
        """Every environment's stack and findings, waivers applied.

        :param gathered: everything that was gathered.
        :param read: the state of what every run reads, before this one did: see :func:`sources`.
        """
        outcome = Outcome(instances=len(gathered), built=sum(each.rebuilt for each in gathered))
        stacks: dict[str, Stack] = {}
        everything: dict[str, list[Finding]] = {}
        for environment in self._environments:
            instances, others = self._gathered[environment.name], self._others[environment.name]
            manifests = [manifest for each in instances for manifest in each.manifests]
            files = [file for each in instances for file in each.machine_files] + others.machine_files
            objects = manifests + [each for each, _ in others.manifests]
            stacks[environment.name] = Stack(environment, self.catalogue(environment), objects, files)
            found = [finding for each in instances for finding in each.findings]
            everything[environment.name] = found + others.findings
            outcome.manifests[environment.name] = manifests
        for environment in self._environments:
            name, stack = environment.name, stacks[environment.name]
            everything[name] += self._of_stack(environment, stack, read)
            stacks[name] = stack.anew()
            del stack
        whole = self._whole()
        for name, compared in (check_environments(stacks) if whole else {}).items():
            everything[name] += compared
        for stack in stacks.values():
            stack.release()
        for environment in self._environments:
            instances, others = self._gathered[environment.name], self._others[environment.name]
            findings = self._waive(environment, instances, others, everything[environment.name])
            outcome.findings += findings
            outcome.profiles[environment.name] = environment.profile
            outcome.stopped = outcome.stopped or any(profiles.stops(environment.profile, each) for each in findings)
            if len(instances) < len(environment.charts) and not (others.manifests or others.machine_files):
                outcome.empty.append(environment.name)
        return outcome

    def _waive(
        self, environment: Environment, instances: Sequence[Gathered], others: Standing, found: list[Finding]
    ) -> list[Finding]:
        of_environment = waivers.of_environment(environment)
        of_charts = [(each.instance.name, waiver) for each in instances for waiver in each.waivers]
        complete = frozenset(each.instance.name for each in instances if each.manifests or each.machine_files)
        waived = of_environment + of_charts + others.waivers
        findings = waivers.apply(found, waived, environment.name, complete, compared=self._whole())
        if self._request.chart is None:
            return findings
        # What a waiver of the whole environment silences may be in an instance that was not built.
        general = {waiver.position for instance, waiver in of_environment if not instance}
        return [each for each in findings if each.code != UNUSED or each.position not in general]

    def write(self, outcome: Outcome) -> None:
        """Bring the output folder up to date, or say what that would change.

        :raises DistError: it cannot be done, or not all files could be staged; then nothing has changed.
        """
        refused = [problem for gathered in self._gathered.values() for each in gathered for problem in each.refused]
        if refused:
            raise DistError(refused)
        outcome.switched = self._output.bring(self._gathered, self._others)
        outcome.findings += self._output.findings(outcome.switched)

    def remember(self, outcome: Outcome, read: Mapping[str, str]) -> None:
        """Keep what the next run needs to know that it has nothing to do."""
        request = self._request
        if not self._certain or not request.write or request.chart is not None:
            return
        files = {f"file:{os.path.join(request.root, file)}" for each in self._environments for file in each.files}
        known = {key: state for key, state in read.items() if key in files or key.startswith("folder:")}
        for folder in (request.out, os.path.join(request.out, NODES)):
            known[f"folder:{folder}"] = inputs.folder_state(folder)
        gathered = list(itertools.chain.from_iterable(self._gathered.values()))
        for each in gathered:
            known |= each.inputs
        try:
            trees = self._output.trees()
        except OSError:
            return
        findings = [each for each in outcome.findings if each.code != MENDED]
        results.prune(request.root, {each.name: list(each.charts) for each in self._environments})
        fresh.remember(
            request.root,
            request.out,
            request.environments,
            trees,
            engine=request.engine,
            read=known,
            objects=outcome.objects,
            findings=msgspec.json.encode(findings) if findings else b"",
            tally=tally(findings),
            listed=self._output.listed,
            results={fresh.result_name(each.environment.name, each.instance.name): each.digest for each in gathered},
        )


def sources(root: str) -> dict[str, str]:
    """The state of what every run reads: the environment files, and which environments, charts and modules there are.

    Take it before they are read: what is saved in between is then seen as a change by the next run.
    """
    found = {}
    for name in ("environments", "charts", "constructs"):
        path = os.path.join(root, name)
        found[f"folder:{path}"] = inputs.folder_state(path)
    for file in inputs.files_below(os.path.join(root, "environments")):
        found[f"file:{file}"] = inputs.file_state(file)
    return found
