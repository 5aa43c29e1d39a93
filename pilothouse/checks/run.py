"""Run the checks: a check that raises is a finding against Pilothouse itself, and the others still run."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse import fixes
from pilothouse.checks import chosen
from pilothouse.checks.catalogue import Check, Problem, catalogue
from pilothouse.checks.engine import DEFECT
from pilothouse.finding import Finding, Position, Severity
from pilothouse.machines.file import MachineFile
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.stack import Stack


def finding_of(problem: Problem, check: Check, stack: Stack) -> Finding:
    """A problem as a finding: with its check's code, and the place that a reader can open."""
    manifest = problem.manifest
    if problem.code:
        check = catalogue()[problem.code]
    edit = problem.edit or fixes.certain(check.code, problem.path, manifest, stack.catalogue)
    return Finding(
        code=check.code,
        severity=check.severity,
        message=problem.message,
        fix=problem.fix,
        position=manifest.locate(problem.path, key=True),
        environment=stack.environment.name,
        instance=manifest.instance,
        object=str(manifest.identity) if manifest.is_object else "",
        path=problem.path,
        construct=manifest.construct,
        related=tuple(other.locate(path, key=True) for other, path in problem.related),
        edit=manifest.edit_in_file(edit) if edit is not None else None,
    )


def check_object(manifest: Manifest, stack: Stack) -> list[Finding]:
    """Every finding about one object by itself.

    :param manifest: the object.
    :param stack: the environment and the kinds; the stack's other objects are not looked at.
    """
    found: list[Finding] = []
    environment = stack.environment.name
    fields = chosen.field_names(manifest.body)
    status = stack.catalogue.status(manifest.api_version, manifest.kind)
    for check, function in chosen.of_kind(manifest.group, manifest.kind, status.state).of(fields):
        try:
            for problem in function(manifest, stack):
                found.append(finding_of(problem, check, stack))  # noqa: PERF401 -- most find nothing
        except Exception as error:
            found.append(_defect(check, error, manifest.position, environment))
    pods = template_of(manifest)
    if pods is None:
        return found
    for check, judge in chosen.of_pods().of(fields):
        try:
            for problem in judge(manifest, pods, stack):
                found.append(finding_of(problem, check, stack))  # noqa: PERF401 -- most find nothing
        except Exception as error:
            found.append(_defect(check, error, manifest.position, environment))
    return found


def check_machine_file(file: MachineFile, stack: Stack) -> list[Finding]:
    """Every finding about one file for machines by itself.

    :param file: the file.
    :param stack: the environment and the kinds.
    """
    found: list[Finding] = []
    environment = stack.environment.name
    for check in catalogue().values():
        if check.on_node is None:
            continue
        try:
            found.extend(finding_of(problem, check, stack) for problem in check.on_node(file, stack))
        except Exception as error:
            found.append(_defect(check, error, file.position, environment))
    return found


def check_stack(stack: Stack) -> list[Finding]:
    """Every finding about a stack that no single object shows."""
    found: list[Finding] = []
    environment = stack.environment.name
    for check in catalogue().values():
        if check.on_stack is None:
            continue
        try:
            found.extend(finding_of(problem, check, stack) for problem in check.on_stack(stack))
        except Exception as error:
            found.append(_defect(check, error, Position(f"pilothouse/checks/{check.family}.py", 1), environment))
    return found


def check_environments(stacks: Mapping[str, Stack]) -> dict[str, list[Finding]]:
    """Every finding that only all environments together show, under the environment that it is about.

    :param stacks: each environment's, under its name.
    """
    found: dict[str, list[Finding]] = {name: [] for name in stacks}
    if len(stacks) < 2:
        return found  # there is nothing to compare
    for check in catalogue().values():
        if check.on_environments is None:
            continue
        try:
            for name, problem in check.on_environments(stacks):
                found[name].append(finding_of(problem, check, stacks[name]))
        except Exception as error:
            position = Position(f"pilothouse/checks/{check.family}.py", 1)
            for name in list(stacks)[:1]:
                found[name].append(_defect(check, error, position, name))
    return found


def _defect(check: Check, error: Exception, position: Position, environment: str) -> Finding:
    return Finding(
        code=DEFECT,
        severity=Severity.WARNING,
        message=f"the check {check.code} raised {type(error).__name__}: {error}",
        fix="this is a defect of Pilothouse: report it with the object that shows it",
        position=position,
        environment=environment,
    )
