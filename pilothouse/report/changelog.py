"""A changelog: what a release does in each environment, as Markdown for those who apply it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect
from pilothouse.diff.stacks import Changed
from pilothouse.report.diff_sums import by_environment, objects
from pilothouse.report.diff_words import at_once, sentence, sort_of, title
from pilothouse.report.markdown import code, prose

_SECTIONS: dict[str, tuple[Effect, ...]] = {
    "Needs hands": (Effect.DATA, Effect.REPLACE, Effect.BREAKS),
    "Traffic and access": (Effect.TRAFFIC, Effect.ACCESS),
    "Pods roll": (Effect.ROLLS,),
    "Pods otherwise": (Effect.SCALES, Effect.STALE),
    "Renamed": (Effect.RENAMED,),
}
"""Heading -> the effects below it."""
_COMES_AND_GOES = {"added": "New", "removed": "Gone"}


def render(changes: Sequence[Changed], base: str, head: str, commits: Sequence[tuple[str, str]]) -> str:
    """What differs between two releases.

    :param changes: in any order.
    :param base: the revision before.
    :param head: the revision after.
    :param commits: the short name and the subject of each that touched sources, the latest first.
    :returns: Markdown; environments in which the same happens share a section.
    """
    sections: dict[str, list[str]] = {}
    for name, told in by_environment(changes).items():
        here = [each.change for each in changes if name in each.environments]
        rolling = f"; {told.phrase(Effect.ROLLS)}" if told.number(Effect.ROLLS) else ""
        body = "\n".join(_environment(here, f"{objects(told.sorts)}{rolling}"))
        sections.setdefault(body, []).append(name)
    parts = [f"# {prose(base, 100)} → {prose(head, 100)}\n"]
    for body, names in sections.items():
        parts.append(f"## {prose(at_once(names))}\n\n{body}" if any(names) else body)
    if not changes:
        parts.append("No object changes.\n")
    if commits:
        lines = "".join(f"- {code(name)} {prose(subject)}\n" for name, subject in commits)
        parts.append(f"## Commits\n\n{lines}")
    return "\n".join(parts)


def _environment(changes: Sequence[ObjectChange], counted: str) -> Iterator[str]:
    """The sections of one environment, each ending in an empty line."""
    yield f"{prose(counted)}\n"
    for heading, effects in _SECTIONS.items():
        several = len(effects) > 1
        if lines := [line for effect in effects for line in _lines(changes, effect, several)]:
            yield f"### {heading}\n"
            yield from lines
            yield ""
    for sort, heading in _COMES_AND_GOES.items():
        if there := [each for each in changes if sort_of(each) == sort]:
            yield f"### {heading}\n"
            yield from (f"- {code(str(each.identity))}" for each in there)
            yield ""


def _lines(changes: Sequence[ObjectChange], effect: Effect, titled: bool) -> Iterator[str]:
    """What happens of one sort.

    :param titled: whether each line says the sort, for others stand beside it.
    """
    sort = f"{title(effect)}: " if titled else ""
    for change in changes:
        for impact in change.impacts:
            if impact.effect is effect:
                yield f"- {code(str(change.identity))}: {prose(f'{sort}{sentence(impact)}', 1100)}"
