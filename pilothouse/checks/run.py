"""Run the checks: a check that raises is a finding against Pilothouse itself, and the others still run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pilothouse.checks.catalogue import Check, Problem, catalogue
from pilothouse.finding import Finding, Position, Severity
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

DEFECT = "PILOT001"


def finding_of(problem: Problem, code: str, severity: Severity, environment: str) -> Finding:
    """A problem as a finding: with the check's code, and the place that a reader can open."""
    manifest = problem.manifest
    return Finding(
        code=code,
        severity=severity,
        message=problem.message,
        fix=problem.fix,
        position=manifest.locate(problem.path, key=True),
        environment=environment,
        instance=manifest.instance,
        object=str(manifest.identity) if manifest.is_object else "",
        path=problem.path,
        construct=manifest.construct,
    )


def check_object(manifest: Manifest, stack: Stack) -> list[Finding]:
    """Every finding about one object by itself.

    :param manifest: the object.
    :param stack: the environment and the kinds; the stack's other objects are not looked at.
    """
    found: list[Finding] = []
    for check in _object_checks():
        function = check.on_object
        assert function is not None
        found += _run(check, lambda function=function: function(manifest, stack), stack, manifest.position)  # type: ignore[misc]
    return found


def check_stack(stack: Stack) -> list[Finding]:
    """Every finding about a stack that no single object shows."""
    found: list[Finding] = []
    for check in catalogue().values():
        function = check.on_stack
        if function is not None:
            found += _run(check, lambda function=function: function(stack), stack, Position(file="", line=1))  # type: ignore[misc]
    return found


_on_objects: list[Check] = []


def _object_checks() -> list[Check]:
    if not _on_objects:
        _on_objects.extend(check for check in catalogue().values() if check.on_object is not None)
    return _on_objects


def _run(
    check: Check, function: Callable[[], Iterable[Problem]], stack: Stack, position: Position
) -> Iterator[Finding]:
    environment = stack.environment.name
    try:
        for problem in function():
            yield finding_of(problem, check.code, check.severity, environment)
    except Exception as error:
        yield Finding(
            code=DEFECT,
            severity=Severity.WARNING,
            message=f"the check {check.code} raised {type(error).__name__}: {error}",
            fix="this is a defect of Pilothouse: report it with the object that shows it",
            position=position,
            environment=environment,
        )
