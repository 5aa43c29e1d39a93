"""Synth: environments × charts → stacks → files, as one list of steps."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pilothouse import fresh, profiles, waivers
from pilothouse.checks import catalogue as checks
from pilothouse.checks import check_stack
from pilothouse.checks.output import BESIDE, MENDED
from pilothouse.derive.kustomization import kustomizations
from pilothouse.dist.entry import Entry
from pilothouse.dist.lock import lock
from pilothouse.dist.marker import header
from pilothouse.dist.plan import Plan
from pilothouse.dist.stage import Stage, Switched, commit_all
from pilothouse.environment import Environment, EnvironmentErrors, Instance, load
from pilothouse.finding import Finding, Position
from pilothouse.gather import Gathered, Gatherer, path_of
from pilothouse.schemas import Catalogue, known_minors
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.environment import Problem


@dataclass(frozen=True)
class Request:
    """What one run shall do."""

    root: str
    """The repository's root, absolute."""
    out: str
    """The output folder."""
    environments: tuple[str, ...]
    """The environments to synthesize."""
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
    stacks: list[Stack] = field(default_factory=list)
    switched: dict[str, Switched | Plan] = field(default_factory=dict)
    """Each environment's files that were written and removed, or would be."""
    objects: int = 0
    """How many objects the environments have together."""

    @property
    def differences(self) -> list[str]:
        """The files in which the output folder is not what the sources give, below it."""
        return sorted(
            f"{name}/{path}"
            for name, switched in self.switched.items()
            for path in [*switched.written, *switched.removed]
        )


def synthesize(
    request: Request, record: fresh.Record | None, engine: str, progress: Callable[[int, int], None]
) -> Outcome:
    """Build, derive, check and write some environments.

    :param request: what to do.
    :param record: what is known of the last run, see :mod:`pilothouse.fresh`.
    :param engine: the state of Pilothouse itself.
    :param progress: told how many instances are built, of how many.
    :returns: the findings, and what was written; nothing is written if a finding stops it in any environment.
    :raises EnvironmentErrors: with everything that is wrong with the environment files.
    :raises DistError: where the output folder cannot be written.
    """
    environments = load_all(request.root, request.environments)
    with lock(request.out) if request.write else contextlib.nullcontext():
        run = _Run(request, engine, environments, record)
        try:
            gathered = run.gather(progress)
            _refuse_values(gathered)
            outcome = run.judge(gathered)
            if not outcome.stopped:
                run.write(gathered, outcome)
        finally:
            run.discard()
    if request.write and not outcome.stopped and request.chart is None:
        run.remember(gathered, outcome)
    return outcome


def load_all(root: str, names: Sequence[str]) -> list[Environment]:
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


def _refuse_values(gathered: Sequence[Gathered]) -> None:
    problems = [
        problem
        for result in gathered
        for problem in result.environment.problems(result.instance.name, result.value_problems)
    ]
    if problems:
        raise EnvironmentErrors(list(dict.fromkeys(problems)))


class _Run:
    """One run's environments, each with its stage."""

    def __init__(
        self, request: Request, engine: str, environments: Sequence[Environment], record: fresh.Record | None
    ) -> None:
        self._request = request
        self._engine = engine
        self._environments = environments
        self._record = record
        self._stages = {
            environment.name: Stage(request.out, environment.name, dry=not request.write)
            for environment in environments
        }
        self._catalogues: dict[str, Catalogue] = {}

    def catalogue(self, environment: Environment) -> Catalogue:
        """The kinds that an environment's Kubernetes serves, those of the repository's own CRDs among them."""
        version = environment.kubernetes_version
        if version not in self._catalogues:
            self._catalogues[version] = Catalogue(version, pathlib.Path(self._request.root, "schemas"))
        return self._catalogues[version]

    def gather(self, progress: Callable[[int, int], None]) -> list[Gathered]:
        """Every instance of every environment."""
        wanted: list[tuple[Environment, Instance]] = [
            (environment, instance) for environment in self._environments for instance in environment.charts.values()
        ]
        untouched = {
            environment.name: fresh.untouched(self._record, self._request.out, environment.name)
            for environment in self._environments
        }
        return Gatherer(
            self._request.root,
            engine=self._engine,
            catalogue=self.catalogue,
            stage=lambda environment: self._stages[environment.name],
            untouched=lambda environment: untouched[environment.name],
            limit=self._request.limit,
            processes=self._request.processes or os.cpu_count() or 1,
            progress=progress,
        ).gather(wanted)

    def judge(self, gathered: Sequence[Gathered]) -> Outcome:
        """Every environment's stack and findings, waivers applied."""
        outcome = Outcome()
        for environment in self._environments:
            results = [result for result in gathered if result.environment is environment]
            manifests = [manifest for result in results for manifest in result.manifests]
            stack = Stack(environment, self.catalogue(environment), manifests)
            found = [finding for result in results for finding in result.findings] + check_stack(stack)
            waived = waivers.of_environment(environment)
            waived += [(result.instance.name, waiver) for result in results for waiver in result.waivers]
            complete = frozenset(result.instance.name for result in results if result.manifests)
            findings = waivers.apply(found, waived, environment.name, complete)
            outcome.stacks.append(stack)
            outcome.findings += findings
            outcome.objects += len(manifests)
            outcome.stopped = outcome.stopped or any(profiles.stops(environment.profile, each) for each in findings)
        return outcome

    def write(self, gathered: Sequence[Gathered], outcome: Outcome) -> None:
        """Bring the output folder up to date, or say what that would change."""
        wanted = {environment.name: self._entries(environment, gathered) for environment in self._environments}
        if self._request.write:
            done = commit_all([(self._stages[name], entries) for name, entries in wanted.items()])
            outcome.switched = dict(zip(wanted, done, strict=True))
        else:
            outcome.switched = {name: self._stages[name].plan(entries) for name, entries in wanted.items()}
        for name, switched in outcome.switched.items():
            for path in switched.foreign:
                outcome.findings.append(self._about(BESIDE, "somebody else's file stands here", name, path))
            for path in switched.mended:
                outcome.findings.append(self._about(MENDED, "this generated file was edited by hand", name, path))

    def _about(self, code: str, message: str, environment: str, path: str) -> Finding:
        check = checks()[code]
        file = os.path.relpath(os.path.join(self._request.out, environment, path), self._request.root)
        return Finding(
            code=code,
            severity=check.severity,
            message=message,
            fix=check.page.rsplit("\n\n", 1)[-1].replace("\n", " ") if code == MENDED else "move it elsewhere",
            position=Position(file=file.replace(os.sep, "/"), line=1),
            environment=environment,
        )

    def _entries(self, environment: Environment, gathered: Sequence[Gathered]) -> list[Entry]:
        """Every file that the environment's folder shall hold."""
        results = [result for result in gathered if result.environment is environment]
        files = [(manifest, path_of(manifest)) for result in results for manifest in result.manifests]
        entries = [entry for result in results for entry in result.entries]
        stage = self._stages[environment.name]
        line = header(f"environments/{environment.name}.yaml")
        for path, text in kustomizations(files).items():
            entries.append(stage.put(path, f"{line}\n{text}".encode()))
        return entries

    def remember(self, gathered: Sequence[Gathered], outcome: Outcome) -> None:
        """Keep what the next run needs to know that it has nothing to do."""
        read: dict[str, str] = {}
        for result in gathered:
            read |= result.inputs
        read |= sources(self._request.root, [file for each in self._environments for file in each.files])
        fresh.remember(
            self._request.root,
            self._request.out,
            self._request.environments,
            engine=self._engine,
            read=read,
            objects=outcome.objects,
            findings=[msgspec.to_builtins(finding) for finding in outcome.findings],
        )

    def discard(self) -> None:
        """Leave nothing of the stages behind."""
        for stage in self._stages.values():
            stage.discard()


def sources(root: str, files: Sequence[str]) -> dict[str, str]:
    """The state of what every run reads: the environment files, and which modules and files there are."""
    from pilothouse import inputs

    found = {}
    for name in ("environments", "charts", "constructs"):
        path = os.path.join(root, name)
        found[f"folder:{path}"] = inputs.folder_state(path)
    for file in files:
        path = os.path.join(root, file)
        found[f"file:{path}"] = inputs.file_state(path)
    return found
