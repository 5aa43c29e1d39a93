"""Switch several environments: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pilothouse.dist import journal
from pilothouse.dist.build import build
from pilothouse.dist.entry import Entry
from pilothouse.dist.error import DistError, Problem, problem_of
from pilothouse.dist.plan import Plan
from pilothouse.dist.switch import InterferedError, Switch

if TYPE_CHECKING:
    from pilothouse.dist.stage import Stage


class Switched(NamedTuple):
    """What a commit did to one environment. Paths are relative to its folder, sorted."""

    written: list[str]
    """Files that came or changed."""
    removed: list[str]
    """Pilothouse's files that nothing wants any more."""
    unchanged: int
    """How many files stayed as they were, with inode and time."""
    foreign: list[str]
    """Somebody else's files, which stayed; ``folder/`` stands for everything in it."""
    mended: list[str]
    """Of the written and removed ones: those whose content was not what the last run left there."""
    target: str | None = None
    """The smallest folder that holds all changes, below the environment's; None where nothing changed."""
    left: str | None = None
    """What could not be removed of the old tree, and why; the next run tries again."""


def commit_all(stages: Sequence[tuple[Stage, Iterable[Entry]]]) -> list[Switched]:
    """Make each environment's folder hold exactly its files and somebody else's, each in one step.

    If the process is killed between two of them, the next run's ``recover`` switches the rest. Where nothing differs,
    nothing is touched.

    :param stages: the stages of one output folder, each with every file that shall stand in its folder.
    :returns: for each stage what was done.
    :raises DistError: something is in the way in any of them, or the system refused; then none has changed, and the
        stages are gone.
    :raises ValueError: a stage is dry, or they are of several output folders, or one environment holds another.
    """
    _check(stages)
    try:
        plans = _plans(stages)
        switches = _build(stages, plans)
        left = _switch(stages, plans, switches)
    finally:
        for stage, _ in stages:
            stage.discard()
    return [
        Switched(plan.written, plan.removed, plan.unchanged, plan.foreign, plan.mended, plan.target, left)
        for plan in plans
    ]


def _check(stages: Sequence[tuple[Stage, Iterable[Entry]]]) -> None:
    if len({stage.layout.real for stage, _ in stages}) > 1 or any(stage.dry for stage, _ in stages):
        raise ValueError("stages of several output folders, or dry ones, cannot be committed together")
    names = sorted(f"{stage.environment}/" for stage, _ in stages)
    if any(second.startswith(first) for first, second in pairwise(names)):
        raise ValueError(f"one environment holds another: {names}")


def _plans(stages: Sequence[tuple[Stage, Iterable[Entry]]]) -> list[Plan]:
    plans: list[Plan] = []
    problems: list[Problem] = []
    for stage, entries in stages:
        try:
            plans.append(stage.plan(entries))
        except DistError as error:
            problems += error.problems
    if problems:
        raise DistError(problems)
    return plans


def _build(stages: Sequence[tuple[Stage, Iterable[Entry]]], plans: list[Plan]) -> list[Switch]:
    switches: list[Switch] = []
    for (stage, _), plan in zip(stages, plans, strict=True):
        if plan.target is None:
            continue
        try:
            stage.layout.open_state()
            switches.append(build(stage.layout, stage.environment, plan))
        except OSError as error:
            raise DistError([problem_of(error, stage.layout.shown(error.filename))]) from error
    return switches


def _switch(stages: Sequence[tuple[Stage, Iterable[Entry]]], plans: list[Plan], switches: list[Switch]) -> str | None:
    if not switches:
        return None
    layout = stages[0][0].layout
    try:
        journal.write(layout, switches)
        journal.run(layout, switches)
    except BaseException as error:
        if isinstance(error, OSError):
            raise DistError([problem_of(error, layout.shown(error.filename))]) from error
        if isinstance(error, InterferedError):
            found, fix = "somebody else changed it while it was about to be switched", "run again"
            raise DistError([Problem(layout.out, found, fix)]) from error
        raise
    replaced = {stage.environment: _replaced(plan) for (stage, _), plan in zip(stages, plans, strict=True)}
    try:
        journal.clear(layout, switches, replaced)
    except OSError as error:
        return str(problem_of(error, layout.shown(error.filename)))
    return None


def _replaced(plan: Plan) -> dict[str, int]:
    """The inodes of what the plan replaces or removes, by path relative to its target."""
    cut = len(plan.target) + 1 if plan.target else 0
    files = plan.tree.files
    return {path[cut:]: files[path] for path in (*plan.written, *plan.removed) if path in files}
