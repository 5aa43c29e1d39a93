"""Gather: every instance of every environment, from what is kept or built anew, several at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pilothouse import build, inputs, kept
from pilothouse.checks import catalogue as checks
from pilothouse.checks import charts as chart_checks
from pilothouse.dist.entry import Entry
from pilothouse.dist.marker import header
from pilothouse.dist.names import object_path
from pilothouse.dist.stage import Stage
from pilothouse.environment.values import Mistake
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Manifest, Packed, Waiver
from pilothouse.workers import Died, Pool
from pilothouse.yamlio import dump

if TYPE_CHECKING:
    from pilothouse.environment import Environment, Instance
    from pilothouse.schemas import Catalogue


class _Kept(msgspec.Struct, array_like=True):
    """One instance's result as it lies in ``.pilothouse/``."""

    key: str
    inputs: dict[str, str]
    findings: list[Finding]
    waivers: list[Waiver]
    manifests: list[Packed]


class _Answer(msgspec.Struct, array_like=True):
    """What a worker sends back of one instance."""

    kept: bytes
    keep: bool
    entries: list[Entry]
    value_problems: list[Mistake]


@dataclass
class Gathered:
    """What one instance came to, built or kept."""

    environment: Environment
    instance: Instance
    manifests: list[Manifest] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    """The instance's files in the stage, in the order of its manifests."""
    value_problems: list[Mistake] = field(default_factory=list)
    rebuilt: bool = False


def text_of(manifest: Manifest, instance: Instance) -> str:
    """The whole text of an object's file."""
    return f"{header(f'charts/{instance.chart}.py')}\n{dump(manifest.body)}"


def path_of(manifest: Manifest) -> str:
    """Where an object's file stands below its environment's folder."""
    return object_path(
        manifest.instance, manifest.namespace or None, manifest.api_version, manifest.kind, manifest.name
    )


class Gatherer:
    """Gathers the instances of some environments.

    :param root: the repository's root, absolute.
    :param catalogue: gives the kinds that an environment's Kubernetes serves.
    :param stage: gives an environment's stage.
    :param untouched: whether an environment's files are just as the last run left them.
    :param limit: seconds that one instance may take.
    :param processes: how many are built at a time.
    :param progress: told how many instances are done, of how many.
    """

    def __init__(
        self,
        root: str,
        *,
        engine: str,
        catalogue: Callable[[Environment], Catalogue],
        stage: Callable[[Environment], Stage],
        untouched: Callable[[Environment], bool],
        limit: float,
        processes: int,
        progress: Callable[[int, int], None],
    ) -> None:
        self._root = root
        self._engine = engine
        self._catalogue = catalogue
        self._stage = stage
        self._untouched = untouched
        self._limit = limit
        self._processes = processes
        self._progress = progress
        self._seen: dict[str, str] = {}

    def gather(self, wanted: Sequence[tuple[Environment, Instance]]) -> list[Gathered]:
        """Every instance's result, in the order in which they were asked for."""
        results = [Gathered(environment, instance) for environment, instance in wanted]
        missing = [result for result in results if not self._take_kept(result)]
        if missing:
            self._build(missing)
        return results

    def _key(self, result: Gathered) -> str:
        return inputs.digest(
            self._engine.encode(),
            result.environment.for_charts().encoded(),
            msgspec.json.encode(result.instance),
            str(self._limit).encode(),
        )

    def _file(self, result: Gathered) -> str | None:
        try:
            folder = kept.open_folder(self._root, "built", result.environment.name)
        except OSError:
            return None
        return os.path.join(folder, f"{result.instance.name}.msgpack")

    def _take_kept(self, result: Gathered) -> bool:
        file = self._file(result)
        content = kept.read(file) if file is not None else None
        if content is None:
            return False
        try:
            found = msgspec.msgpack.decode(content, type=_Kept)
        except msgspec.DecodeError:
            return False
        if found.key != self._key(result) or not inputs.unchanged(found.inputs, self._seen):
            return False
        self._accept(result, found)
        stage = self._stage(result.environment)
        if self._untouched(result.environment):
            result.entries = [stage.keep(path_of(manifest)) for manifest in result.manifests]
        else:
            result.entries = [
                stage.put(path_of(manifest), text_of(manifest, result.instance).encode())
                for manifest in result.manifests
            ]
        return True

    def _accept(self, result: Gathered, found: _Kept) -> None:
        result.findings = found.findings
        result.waivers = found.waivers
        result.inputs = found.inputs
        result.manifests = [Manifest.unpacked(packed, result.instance.name) for packed in found.manifests]

    def _build(self, missing: list[Gathered]) -> None:
        pool = Pool(
            lambda number: self._work(missing[number]), len(missing), processes=self._processes, limit=self._limit
        )
        finished = False
        try:
            for done, (number, answer) in enumerate(pool.answers(), start=1):
                self._receive(missing[number], answer)
                self._progress(done, len(missing))
            finished = True
        finally:
            pool.close(kill=not finished)

    def _work(self, result: Gathered) -> bytes:
        """Build one instance, in a worker."""
        environment, instance = result.environment, result.instance
        build.prepare(self._root)
        built = build.build(self._root, environment, instance, self._catalogue(environment), self._limit)
        stage = self._stage(environment)
        line = header(f"charts/{instance.chart}.py")
        entries = [
            stage.put(path_of(manifest), f"{line}\n{text}".encode())
            for manifest, text in zip(built.manifests, built.texts, strict=True)
        ]
        packed = [manifest.packed() for manifest in built.manifests]
        content = _Kept(self._key(result), built.inputs, built.findings, built.waivers, packed)
        answer = _Answer(msgspec.msgpack.encode(content), built.sound, entries, built.value_problems)
        return msgspec.msgpack.encode(answer)

    def _receive(self, result: Gathered, answer: bytes | Died) -> None:
        result.rebuilt = True
        if isinstance(answer, Died):
            result.findings = [self._death(result, answer)]
            return
        decoded = msgspec.msgpack.decode(answer, type=_Answer)
        self._accept(result, msgspec.msgpack.decode(decoded.kept, type=_Kept))
        result.entries = decoded.entries
        result.value_problems = decoded.value_problems
        file = self._file(result)
        if decoded.keep and file is not None:
            kept.write(file, decoded.kept)

    def _death(self, result: Gathered, died: Died) -> Finding:
        if died.timed_out:
            code, message = chart_checks.TOO_LONG, f"the chart took longer than {self._limit:g} seconds and was ended"
        elif died.status < 0:
            code, message = chart_checks.DIED, f"the chart's process was ended by signal {-died.status}"
        else:
            code, message = chart_checks.DIED, f"the chart ended its process with status {died.status}"
        return Finding(
            code=code,
            severity=checks()[code].severity,
            message=message,
            position=Position(file=f"charts/{result.instance.chart}.py", line=1),
            environment=result.environment.name,
            instance=result.instance.name,
        )


@dataclass
class Origins:
    """Where the files of one environment come from, as far as the last runs have kept it."""

    manifests: dict[str, Manifest] = field(default_factory=dict)
    """A file's real path -> the manifest that was written there."""
    waivers: list[tuple[str, Waiver]] = field(default_factory=list)
    """The waivers of the charts, each with its instance."""


def known_origins(root: str, out: str, environment: str) -> Origins:
    """Where the files of one environment come from, as far as the last runs have kept it.

    :param root: the repository's root.
    :param out: the output folder.
    :param environment: the environment's name.
    """
    found = Origins()
    folder = os.path.join(root, kept.FOLDER, "built", environment)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        try:
            result = msgspec.msgpack.decode(kept.read(os.path.join(folder, name)) or b"", type=_Kept)
        except msgspec.DecodeError:
            continue
        instance = name.removesuffix(".msgpack")
        found.waivers += [(instance, waiver) for waiver in result.waivers]
        for packed in result.manifests:
            manifest = Manifest.unpacked(packed, instance)
            found.manifests[os.path.realpath(os.path.join(out, environment, path_of(manifest)))] = manifest
    return found
