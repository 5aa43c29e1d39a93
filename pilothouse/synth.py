"""Synth: environments × charts → stacks → files, as one list of steps."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pilothouse import fresh, kept, profiles, waivers
from pilothouse.checks import catalogue as checks
from pilothouse.checks import check_stack
from pilothouse.checks.output import BESIDE, MENDED
from pilothouse.derive.kustomization import kustomizations
from pilothouse.dist import Lock, Stage, Switched, commit_all, header, recover, tree_state
from pilothouse.environment import Environment, EnvironmentErrors, Instance, load
from pilothouse.finding import Finding, Position
from pilothouse.gather import Gathered, Gatherer, path_of
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.schemas import Catalogue


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
    switched: dict[str, Switched] = field(default_factory=dict)
    """Each environment's files that were written and removed, or would be."""
    unchanged: bool = False
    """Whether nothing had changed since the last run, so that nothing was done."""
    objects: int = 0
    """How many objects the environments have together."""

    @property
    def differences(self) -> list[str]:
        """The files in which the output folder is not what the sources give, below it."""
        return sorted(
            f"{name}/{path}" for name, switched in self.switched.items() for path in switched.written + switched.removed
        )


def synthesize(request: Request, progress: Callable[[int, int], None] = lambda done, of: None) -> Outcome:
    """Build, derive, check and write some environments.

    :param request: what to do.
    :param progress: told how many instances are built, of how many.
    :returns: the findings, and what was written; nothing is written if a finding stops it in any environment.
    :raises EnvironmentErrors: with everything that is wrong with the environment files.
    :raises DistError: where the output folder cannot be written.
    """
    engine = kept.engine_state(request.root)
    known = fresh.look_up(request.root, request.out, engine, request.environments)
    environments = _load_all(request.root, request.environments)
    with Lock(request.out):
        recover(request.out)
        run = _Run(request, engine, environments, known)
        gathered = run.gather(progress)
        _refuse_values(gathered)
        outcome = run.judge(gathered)
        if outcome.stopped:
            run.discard()
        else:
            run.write(gathered, outcome)
    return outcome


def _load_all(root: str, names: Sequence[str]) -> list[Environment]:
    found: list[Environment] = []
    problems = []
    for name in names:
        try:
            found.append(load(root, name))
        except EnvironmentErrors as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise EnvironmentErrors(problems)
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
        self, request: Request, engine: str, environments: Sequence[Environment], known: fresh.Record | None
    ) -> None:
        self._request = request
        self._engine = engine
        self._environments = environments
        self._known = known
        self._stages = {environment.name: Stage(request.out, environment.name) for environment in environments}
        self._catalogues: dict[str, Catalogue] = {}
        self._entries: dict[str, list] = {}

    def catalogue(self, environment: Environment) -> Catalogue:
        from pilothouse.schemas import Catalogue

        version = environment.kubernetes_version
        if version not in self._catalogues:
            self._catalogues[version] = Catalogue(version, os.path.join(self._request.root, "schemas"))
        return self._catalogues[version]

    def gather(self, progress: Callable[[int, int], None]) -> list[Gathered]:
        wanted: list[tuple[Environment, Instance]] = [
            (environment, instance) for environment in self._environments for instance in environment.charts.values()
        ]
        for environment in self._environments:
            self.catalogue(environment)
        return Gatherer(
            self._request.root,
            engine=self._engine,
            catalogue=self.catalogue,
            stage=lambda environment: self._stages[environment.name],
            untouched=self._untouched,
            limit=self._request.limit,
            processes=self._request.processes or os.cpu_count() or 1,
            progress=progress,
        ).gather(wanted)

    def _untouched(self, environment: Environment) -> bool:
        known = self._known
        if known is None or environment.name not in known.trees:
            return False
        return known.trees[environment.name] == tree_state(self._request.out, environment.name).hex()

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
        entries = {environment.name: [] for environment in self._environments}
        for environment in self._environments:
            stage = self._stages[environment.name]
            results = [result for result in gathered if result.environment is environment]
            files = [(manifest, path_of(manifest)) for result in results for manifest in result.manifests]
            line = header(f"environments/{environment.name}.yaml")
            for path, text in kustomizations(files).items():
                entries[environment.name].append(stage.put(path, f"{line}\n{text}".encode()))
            for result in results:
                entries[environment.name] += result.entries
        pass

    def discard(self) -> None:
        for stage in self._stages.values():
            stage.discard()
