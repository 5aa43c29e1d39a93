"""Gather: every instance of every environment, from what is kept or built anew, several at a time."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from pilothouse import build, imported, inputs, judged, kept, results, timelimit, workers
from pilothouse.checks import catalogue as checks
from pilothouse.checks import charts as chart_checks
from pilothouse.dist.entry import Entry
from pilothouse.dist.entry import digest as content_digest
from pilothouse.dist.error import DistError, Problem
from pilothouse.dist.marker import header
from pilothouse.dist.stage import Stage
from pilothouse.environment.values import Mistake
from pilothouse.finding import Finding, Position
from pilothouse.machines.file import MachineFile
from pilothouse.manifest import Manifest, Waiver
from pilothouse.results import Result, path_of
from pilothouse.stack import MANY
from pilothouse.workers import Died, Pool
from pilothouse.yamlio import dump

if TYPE_CHECKING:
    from pilothouse.environment import Environment, Instance
    from pilothouse.schemas import Catalogue


class Files(msgspec.Struct, array_like=True):
    """One instance's files in one of the environment's folders."""

    entries: list[Entry] = []
    """How each compares with what stands there, in the order of what it was made from."""
    digests: list[bytes] = []
    """The digest of each file's content, in the same order; none where nobody has looked at them."""


class Stages(NamedTuple):
    """The stages of one environment."""

    objects: Stage
    nodes: Stage
    """That of its files for machines."""


class _Answer(msgspec.Struct, array_like=True):
    """What a worker sends back of one instance."""

    result: bytes
    """A :class:`Result`, encoded."""
    sound: bool
    """Whether it may be kept."""
    value_problems: list[Mistake]


class _Staged(msgspec.Struct, array_like=True):
    """What a worker sends back of one instance's files, once nothing else is to be built."""

    files: Files
    nodes: Files
    refused: list[Problem]
    """Why they could not be staged."""


@dataclass
class Gathered:
    """What one instance came to, built or kept."""

    environment: Environment
    instance: Instance
    manifests: list[Manifest] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    machine_files: list[MachineFile] = field(default_factory=list)
    files: Files = field(default_factory=Files)
    """The objects' files, in the order of the manifests."""
    nodes: Files = field(default_factory=Files)
    """The files for machines, in their order."""
    unseen: bool = False
    """Whether its files shall stay as they are, without a look at them: right only if nobody touched them."""
    value_problems: list[Mistake] = field(default_factory=list)
    values_schema: bytes = b""
    """The JSON Schema of the chart's values; empty where it could not be imported."""
    digest: str = ""
    """A digest of the whole result."""
    outline: str = ""
    """A digest of what the checks of a whole stack read of it; empty where it is not to be kept."""
    rebuilt: bool = False
    """Whether it was built in this run."""
    refused: list[Problem] = field(default_factory=list)
    """Why its files could not be staged."""
    certain: bool = True
    """Whether nobody changed what it was built from while it was."""

    def put(self, stages: Stages) -> None:
        """Compare every file with what stands there."""
        texts = ((path_of(manifest), dump(manifest.body)) for manifest in self.manifests)
        self.files = _put(stages.objects, texts, self.instance)
        self.nodes = _put(stages.nodes, ((file.path, file.text) for file in self.machine_files), self.instance)
        self.unseen = False

    def keep(self, stages: Stages) -> None:
        """Leave every file as it stands."""
        self.files = Files([stages.objects.keep(path_of(manifest)) for manifest in self.manifests])
        self.nodes = Files([stages.nodes.keep(file.path) for file in self.machine_files])
        self.unseen = True

    def accept(self, result: Result, digest: str) -> None:
        """Take over what was built, or kept."""
        self.digest = digest
        self.outline = result.outline
        self.findings = result.findings
        self.waivers = result.waivers
        self.inputs = result.inputs
        self.values_schema = result.values_schema
        self.manifests = result.manifests(self.instance.name)
        self.machine_files = result.machine_files


def _content(text: str, instance: Instance) -> bytes:
    """The whole content of a file."""
    return f"{header(f'charts/{instance.chart}.py')}\n{text}".encode()


def _put(stage: Stage, texts: Iterable[tuple[str, str]], instance: Instance) -> Files:
    """Compare files, given as path and text, with what stands there."""
    contents = [(path, _content(text, instance)) for path, text in texts]
    entries = [stage.put(path, content) for path, content in contents]
    return Files(entries, [content_digest(content) for _, content in contents])


class Gatherer:
    """Gathers the instances of some environments.

    :param root: the repository's root, absolute.
    :param engine: the state of Pilothouse itself, see :func:`pilothouse.kept.engine_state`.
    :param catalogue: gives the kinds that an environment's Kubernetes serves.
    :param stages: gives an environment's stages.
    :param stands: whether an instance's files are those of the result with this digest, unless somebody touched them.
    :param limit: seconds that one instance may take.
    :param processes: how many are built at a time.
    :param progress: told how many instances are done, of how many.
    :param meanwhile: something useful to do in small steps while they are built; it need not come to its end.
    """

    def __init__(
        self,
        root: str,
        *,
        engine: str,
        catalogue: Callable[[Environment], Catalogue],
        stages: Callable[[Environment], Stages],
        stands: Callable[[Environment, Instance, str], bool],
        limit: float,
        processes: int,
        progress: Callable[[int, int], None],
        meanwhile: Iterable[None] = (),
    ) -> None:
        self._root = root
        self._engine = engine
        self._catalogue = catalogue
        self._stages = stages
        self._stands = stands
        self._limit = limit
        self._processes = processes
        self._progress = progress
        self._meanwhile = meanwhile
        self._seen: dict[str, str] = {}
        self._pool: Pool | None = None
        self._missing: list[Gathered] = []
        """What is built in this run."""
        self._staged: dict[int, bytes] = {}
        """What the processes say of the files of each, encoded."""
        self._modules: dict[str, str] = {}
        """The state of each module of the repository before the first of them was imported."""

    def __enter__(self) -> Gatherer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close(kill=True)

    def gather(self, wanted: Sequence[tuple[Environment, Instance]]) -> list[Gathered]:
        """Every instance's result, in the order in which they were asked for; :meth:`stage` waits for its files."""
        gathered = [Gathered(environment, instance) for environment, instance in wanted]
        standing = [(each, self._kept(each)) for each in gathered]
        missing = [each for each, found in standing if found is None]
        self._missing = missing
        if missing:
            self._modules = {
                f"file:{file}": inputs.file_state(file)
                for folder in ("charts", "constructs")
                for file in inputs.files_below(os.path.join(self._root, folder))
                if file.endswith(".py")
            }
        pool = self._pool = Pool(
            lambda number: self._work(missing[number]), len(missing), processes=self._processes, limit=self._limit
        )
        # What is kept is taken over while the others are built.
        for each, found in standing:
            if found is not None:
                self._take_over(each, *found)
        answers = pool.answers(meanwhile=itertools.chain(self._meanwhile, _decode(gathered)))
        for done, (number, answer) in enumerate(answers, start=1):
            self._receive(missing[number], answer)
            self._progress(done, len(missing))
        if sum(len(each.manifests) for each in gathered) > MANY:
            self._finish()  # of many, the memory of the processes is worth more than their time
        return gathered

    def stage(self) -> None:
        """Wait until the files of all that was gathered are compared with what stands there.

        Where those of one instance cannot be staged, it says why: two files for machines that are in each other's way
        are a finding, once all are known.
        """
        self._finish()
        for number, each in enumerate(self._missing):
            if number in self._staged:
                answer = msgspec.msgpack.decode(self._staged.pop(number), type=_Staged)
                each.files, each.nodes, each.refused = answer.files, answer.nodes, answer.refused
            else:  # its process has ended in a later job, and what it put off with it
                self._put(each)

    def _finish(self) -> None:
        """Let the processes come to their end."""
        if self._pool is not None:
            self._staged = self._pool.rest()
            self._pool.close()
            self._pool = None

    def _key(self, gathered: Gathered) -> str:
        return inputs.digest(
            self._engine.encode(),
            gathered.environment.for_charts().encoded(),
            msgspec.json.encode(gathered.instance),
        )

    def _kept(self, gathered: Gathered) -> tuple[Result, str] | None:
        """What is kept of an instance, and its digest, where it still holds."""
        found = results.read(self._root, gathered.environment.name, gathered.instance.name)
        if found is None or found[0].key != self._key(gathered) or not inputs.unchanged(found[0].inputs, self._seen):
            return None
        return found

    def _take_over(self, gathered: Gathered, result: Result, digest: str) -> None:
        gathered.accept(result, digest)
        stages = self._stages(gathered.environment)
        if self._stands(gathered.environment, gathered.instance, digest):
            gathered.keep(stages)
            return
        self._put(gathered)

    def _put(self, gathered: Gathered) -> None:
        try:
            gathered.put(self._stages(gathered.environment))
        except DistError as error:
            gathered.refused = list(error.problems)

    def _work(self, gathered: Gathered) -> bytes:
        """Build one instance, in a worker."""
        environment, instance = gathered.environment, gathered.instance
        build.prepare(self._root)
        imported.forget(self._root)
        built = build.build(self._root, environment, instance, self._catalogue(environment), self._limit)
        built.inputs |= imported.elsewhere(self._root)
        texts = list(zip(map(path_of, built.manifests), built.texts, strict=True))
        for_machines = [(file.path, file.text) for file in built.machine_files]

        def stage() -> bytes:
            stages = self._stages(environment)
            staged = _Staged(Files(), Files(), [])
            try:
                staged.files = _put(stages.objects, texts, instance)
                staged.nodes = _put(stages.nodes, for_machines, instance)
            except DistError as error:
                staged.refused = list(error.problems)
            return msgspec.msgpack.encode(staged)

        workers.put_off(stage, sum(len(text) for _, text in texts + for_machines))
        packed = [manifest.packed() for manifest in built.manifests]
        result = Result(
            self._key(gathered),
            built.inputs,
            built.findings,
            built.waivers,
            results.pack(packed),
            built.values_schema,
            built.machine_files,
            judged.outline(built.manifests, packed, built.machine_files) if built.sound else "",
        )
        return msgspec.msgpack.encode(_Answer(msgspec.msgpack.encode(result), built.sound, built.value_problems))

    def _receive(self, gathered: Gathered, answer: bytes | Died) -> None:
        gathered.rebuilt = True
        if isinstance(answer, Died):
            gathered.findings = [self._death(gathered, answer)]
            return
        decoded = msgspec.msgpack.decode(answer, type=_Answer)
        gathered.accept(msgspec.msgpack.decode(decoded.result, type=Result), inputs.digest(decoded.result))
        gathered.value_problems = decoded.value_problems
        # A module is imported before its state is taken: what was saved in between would be taken for what ran.
        gathered.certain = all(gathered.inputs.get(key, state) == state for key, state in self._modules.items())
        if decoded.sound and gathered.certain:
            results.write(self._root, gathered.environment.name, gathered.instance.name, decoded.result)

    def _death(self, gathered: Gathered, died: Died) -> Finding:
        if died.timed_out:
            code, message = chart_checks.TOO_LONG, timelimit.words(self._limit)
        elif died.status < 0:
            code, message = chart_checks.DIED, f"the chart's process was ended by signal {-died.status}"
        else:
            code, message = chart_checks.DIED, f"the chart ended its process with status {died.status}"
        return Finding(
            code=code,
            severity=checks()[code].severity,
            message=message,
            position=Position(file=f"charts/{gathered.instance.chart}.py", line=1),
            environment=gathered.environment.name,
            instance=gathered.instance.name,
        )


def _decode(gathered: Sequence[Gathered]) -> Iterator[None]:
    """Decode the objects that are kept, which the checks will want to see, a hundred at a time."""
    for each in gathered:
        for number, manifest in enumerate(each.manifests):
            _ = manifest.body
            if number % 100 == 99:
                yield


def still_certain(root: str, engine: str, flags: Sequence[str], gathered: Sequence[Gathered]) -> bool:
    """Whether what was built in this run may be used again: nobody changed sources, kit or Pilothouse meanwhile.

    What may not is forgotten.
    """
    built = [each for each in gathered if each.rebuilt]
    certain = not built or kept.engine_state(root, *flags) == engine
    for each in built if not certain else ():
        results.forget(root, each.environment.name, each.instance.name)
    return certain and all(each.certain for each in gathered)
