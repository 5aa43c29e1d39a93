"""Validation: the YAML on disk before three judges: the schemas, the checks, and kubeconform over the same bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from pilothouse import annotated, kubeconform, profiles, waivers
from pilothouse.assumed import Assumption
from pilothouse.checks import catalogue as checks
from pilothouse.checks import check_environments, check_machine_file, check_object, check_stack
from pilothouse.checks.output import REFUSED
from pilothouse.checks.schema import FIELDS, MISREAD
from pilothouse.checks.secrets import NEVER_WRITTEN
from pilothouse.checks.waivers import NO_REASON, UNUSED
from pilothouse.environment import Cluster, Environment
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Finding, Position, Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest, Waiver
from pilothouse.reading import Reading
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack

UNKNOWN = "SCHEMA002"
"""The code of a kind that nobody knows."""

MissingSchemas = Literal["error", "warn"]


@dataclass
class Verdicts:
    """What the judges said of one stack."""

    environment: Environment
    objects: int
    """How many objects were judged."""
    machine_files: int
    """How many files for machines."""
    findings: list[Finding] = field(default_factory=list)
    valid: int = 0
    """Objects that kubeconform found valid."""
    skipped: int = 0
    """Objects that it left out, since no schema knows their kind."""
    files: dict[str, str] = field(default_factory=dict)
    """The files that were judged: as findings name them -> where they are."""
    stack: Stack | None = None
    """What was judged; None where that was not all that the environment has."""
    waived: Sequence[tuple[str, Waiver]] = ()
    """The waivers that count, each with its instance."""
    doubtful: frozenset[Finding] = frozenset()
    """Warnings that would be errors if the files held all that the cluster does."""

    @property
    def doubts(self) -> int:
        """How many findings rest on what the files do not hold."""
        return len(self.doubtful.intersection(self.findings))

    @property
    def stopped(self) -> bool:
        """Whether a finding stops."""
        return any(profiles.stops(self.environment.profile, finding) for finding in self.findings)


def somebodys(version: str) -> Environment:
    """An environment for YAML that belongs to none: only its Kubernetes version is known.

    :param version: such as ``1.34``.
    """
    from pilothouse.environment.layers import Map

    nowhere = Map(_Nowhere(), (), {})
    return Environment(name="", kubernetes_version=version, profile="lab", cluster=Cluster(name=""), provenance=nowhere)


class _Nowhere:
    """The file of an environment that stands in none."""

    def position(self, path: FieldPath, *, key: bool = False) -> Position:
        return Position(file="", line=1)


def judge(
    environment: Environment,
    reading: Reading,
    waived: Sequence[tuple[str, Waiver]],
    *,
    ours: bool,
    whole: Collection[str] = (),
    beside: Reading | None = None,
    assumption: Assumption | None = None,
    crds: str | None,
    missing: MissingSchemas,
    binary: Callable[[], str] | None,
) -> Verdicts:
    """Judge the objects of one stack.

    :param environment: what is known of their cluster.
    :param reading: the objects, and the files for machines.
    :param waived: the waivers that count, each with its instance.
    :param ours: whether the objects are of one of our environments: in anyone's YAML, what is missing may live in the
        cluster, so the checks of the whole stack only warn there, and those of what we never write.
    :param whole: the instances all of whose objects are judged: only there can a waiver be unused.
    :param beside: what else the stack has, where it is not the whole: it is there for the others to refer to, and is
        not judged itself.
    :param assumption: what the cluster is said to hold besides.
    :param crds: the folder of the repository's own custom resources; None outside one.
    :param missing: what a kind without a schema is.
    :param binary: gives kubeconform; None leaves it out.
    """
    catalogue = Catalogue(environment.kubernetes_version, Path(crds) if crds else None)
    verdicts = Verdicts(environment, len(reading.manifests), len(reading.machine_files))
    partial, beside = beside is not None, beside or Reading()
    others = list(beside.manifests)
    if assumption is not None:
        environment = assumption.given(environment, catalogue)
        others += assumption.beside([*reading.manifests, *others])
    stack = Stack(
        environment,
        catalogue,
        [*reading.manifests, *others],
        [*reading.machine_files, *beside.machine_files],
    )
    found = [msgspec.structs.replace(finding, environment=environment.name) for finding in reading.findings]
    misread: list[Manifest] = []
    made = _made_by_others(reading.manifests)
    for manifest in reading.manifests:
        if id(manifest) in made:
            continue
        of_object = check_object(manifest, stack)
        found += of_object
        codes = {finding.code for finding in of_object}
        if MISREAD in codes and FIELDS not in codes:
            misread.append(manifest)
    for file in reading.machine_files:
        found += check_machine_file(file, stack)
    asked = {str(manifest.identity) for manifest in reading.manifests if id(manifest) not in made}
    asked |= {str(file.whole.identity) for file in reading.machine_files}
    of_stack = [each for each in check_stack(stack) if not (others or made) or not each.object or each.object in asked]
    if ours:
        found += of_stack
    else:
        found = [_warning(finding) if finding.code in NEVER_WRITTEN else finding for finding in found]
        found += map(_warning, of_stack)
        verdicts.doubtful = frozenset(_warning(finding) for finding in of_stack if finding.severity == "error")
    if missing == "warn":
        found = [_warning(finding) if finding.code == UNKNOWN else finding for finding in found]
    borne = [
        (manifest.instance, waiver)
        for manifest in reading.manifests
        for waiver in annotated.waivers(manifest, in_file=True)
    ]
    verdicts.stack, verdicts.waived = None if partial else stack, [*waived, *borne]
    verdicts.findings = waivers.apply(found, [*waived, *borne], environment.name, frozenset(whole))
    if not ours:
        verdicts.findings = _once(verdicts.findings)
    if partial:
        verdicts.findings = [each for each in verdicts.findings if each.code != UNUSED]
    if binary is not None and reading.files:
        _second_judge(verdicts, reading, misread, stack, missing, binary())
    return verdicts


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with each unknown kind told once: it is one thing to teach, however many objects are of it."""
    found: dict[tuple[str, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        key = (finding.message,) if finding.code == UNKNOWN else (finding.message, str(number))
        found.setdefault(key, []).append(finding)
    told = []
    for first, *others in found.values():
        if others:
            message = f"{first.message} ({len(others) + 1:,} objects)"
            related = tuple(other.position for other in others)
            first = msgspec.structs.replace(first, message=message, related=related)
        told.append(first)
    return told


def _made_by_others(manifests: Sequence[Manifest]) -> set[int]:
    """Which objects, by their id(), a controller made from one that is there too, as a ReplicaSet's pods.

    A cluster's own listing holds them; what is to be said of them is said of the object that they come from.
    """
    there = {(manifest.kind, manifest.namespace, manifest.name) for manifest in manifests}
    found = set()
    for manifest in manifests:
        for _, owner in mappings(mapping(manifest.body, "metadata").get("ownerReferences")):
            named = (text(owner.get("kind")), manifest.namespace, text(owner.get("name")))
            if owner.get("controller") is True and named in there:
                found.add(id(manifest))
    return found


def compare(verdicts: Sequence[Verdicts]) -> None:
    """Judge all environments beside each other, and add what that finds.

    :param verdicts: those of each environment, the whole of it judged.
    """
    stacks = {each.environment.name: each.stack for each in verdicts if each.stack is not None}
    found = check_environments(stacks)
    for each in verdicts:
        name = each.environment.name
        kept = waivers.apply(found.get(name, []), each.waived, name, frozenset(), compared=True)
        each.findings += [finding for finding in kept if finding.code not in (UNUSED, NO_REASON)]


def _warning(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, severity=Severity.WARNING) if finding.severity == "error" else finding


def _second_judge(
    verdicts: Verdicts,
    reading: Reading,
    misread: Sequence[Manifest],
    stack: Stack,
    missing: MissingSchemas,
    binary: str,
) -> None:
    """Let kubeconform judge the same bytes.

    :param misread: objects that the server takes although they do not fit their schema: of these, enough is said.
    """
    by_name: Mapping[tuple[str, str, str, str], Manifest] = {
        (reading.file_of(manifest), manifest.api_version, manifest.kind, manifest.name): manifest
        for manifest in reading.manifests
    }
    with tempfile.TemporaryDirectory(prefix="pilothouse-schemas-") as folder:
        kinds = {(manifest.api_version, manifest.kind) for manifest in reading.manifests}
        known = sorted(kind for kind in kinds if stack.catalogue.kind(*kind) is not None)
        stack.catalogue.export(Path(folder), known)
        answers = kubeconform.judge(binary, reading.files, folder, stack.environment.kubernetes_version, missing)
    for answer in answers:
        verdicts.valid += answer.status == "valid"
        verdicts.skipped += answer.status == "skipped"
        if answer.status in ("valid", "skipped"):
            continue
        manifest = by_name.get((answer.file, answer.version, answer.kind, answer.name))
        if manifest in misread:
            continue
        for problem in answer.problems:
            path = kubeconform.settle(problem.path, manifest.body if manifest else None)
            verdicts.findings.append(
                Finding(
                    code=REFUSED,
                    severity=checks()[REFUSED].severity,
                    message=f"kubeconform: {problem.message}",
                    position=manifest.locate(path, key=True) if manifest else Position(file=answer.file, line=1),
                    environment=stack.environment.name,
                    instance=manifest.instance if manifest else "",
                    object=str(manifest.identity) if manifest else f"{answer.kind} {answer.name}".strip(),
                    path=path,
                    construct=manifest.construct if manifest else "",
                )
            )
