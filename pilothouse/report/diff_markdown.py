"""A diff as the comment of a pull or merge request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pilothouse.diff.change import FieldChange
from pilothouse.diff.impact import Effect
from pilothouse.diff.stacks import Changed
from pilothouse.manifest import Identity
from pilothouse.report.diff_sums import Sum, by_environment, summary
from pilothouse.report.diff_words import (
    SIGNS,
    TITLES,
    field_of,
    gravest_first,
    rows,
    sentence,
    sort_of,
    title,
    unified,
    whole,
)
from pilothouse.report.markdown import block, code, prose, raw
from pilothouse.report.text import one_line

MARKER = "<!-- pilothouse diff -->"
"""The first line, by which CI finds the comment that it is to update. A reader does not see it."""
LIMIT = 65_536
"""Characters of a comment on GitHub; GitLab takes 1,000,000. Both count code points, GitHub those of a comment up to
262,144 bytes, so that a comment of so many characters fits in any script."""
_POINTERS = 1_000
"""Characters that are kept for what says how much is left out."""


def render(
    changes: Sequence[Changed], base: str, head: str, *, command: str, limit: int = LIMIT, unread: int = 0
) -> str:
    """The changes as Markdown: a table of what happens where, what happens, and each object's fields folded.

    What does not fit is left out whole, and counted.

    :param changes: in any order.
    :param base: how the state before is called.
    :param head: how the state after is called.
    :param command: what prints all of it.
    :param limit: characters at most; at least 2,000.
    :param unread: how many problems there were in reading the two sides.
    """
    page = _Page(limit)
    page.add(f"{MARKER}\n### What {code(base, 100)} → {code(head, 100)} does\n")
    if unread:
        page.add(f"**{unread:,} problem{'' if unread == 1 else 's'} in reading them: not everything is compared.**\n")
    page.add(f"{prose(summary(changes)[0])}\n")
    if changes:
        _table(page, by_environment(changes))
        _happens(page, changes)
        left = _details(page, changes)
        _order(page, changes)
        if left or page.cut:
            of = f"The fields of {left:,} of {len(changes):,} objects" if left else "Some of it"
            page.end(f"{of} {'are' if left else 'is'} not shown here, for it would be too long: {code(command)}\n")
    return page.text


class _Page:
    """A text that grows block by block up to its limit.

    :param limit: characters.
    """

    def __init__(self, limit: int) -> None:
        self._blocks: list[str] = []
        self._room = limit - _POINTERS
        self.cut = False
        """Whether a block did not fit."""

    def add(self, *blocks: str) -> bool:
        """Take some blocks, all or none; whether they fitted."""
        needed = sum(len(each) + 1 for each in blocks)
        if needed > self._room:
            self.cut = True
            return False
        self._room -= needed
        self._blocks += blocks
        return True

    def end(self, line: str) -> None:
        """Take one of the lines that room is kept for."""
        self._blocks.append(line)

    @property
    def text(self) -> str:
        """What there is of it."""
        return "\n".join(self._blocks)


def _table(page: _Page, sums: dict[str, Sum]) -> None:
    """How many objects differ in each environment, and to how many something happens."""
    effects = [effect for effect in Effect if any(each.number(effect) for each in sums.values())]
    head = ["environment" if any(sums) else "", "objects", *(title(effect) for effect in effects)]
    told = [f"| {' | '.join(head)} |", f"|---|---|{'---:|' * len(effects)}"]
    left = 0
    for name, each in sums.items():
        objects = " ".join(f"{sign}{each.sorts[sort]:,}" for sort, sign in SIGNS.items() if each.sorts[sort])
        cells = [_cell(each, effect) for effect in effects]
        row = f"| {' | '.join([prose(name, 100), code(objects), *cells])} |"
        if page.add(*told, row):
            told = []
        else:
            left += 1
    page.end(f"\n{left:,} more environments\n" if left else "")


def _cell(of: Sum, effect: Effect) -> str:
    number = of.number(effect)
    more = of.pods() if effect is Effect.ROLLS else ""
    return f"{number:,}{more}" if number else ""


def _happens(page: _Page, changes: Sequence[Changed]) -> None:
    """What happens, the gravest first."""
    found: dict[Effect, dict[tuple[Identity, str], set[str]]] = {}
    for changed in changes:
        for impact in changed.change.impacts:
            line = changed.change.identity, sentence(impact)
            found.setdefault(impact.effect, {}).setdefault(line, set()).update(filter(None, changed.environments))
    for effect in Effect:
        if effect is Effect.NOTHING or effect not in found:
            continue
        told = [f"**{TITLES[effect]}**\n"]
        left = 0
        for (identity, said), names in found[effect].items():
            where = f" ({', '.join(prose(name, 100) for name in sorted(names))})" if names else ""
            if page.add(*told, f"- {code(str(identity))}{where}: {prose(said)}"):
                told = []
            else:
                left += 1
        page.end(f"- … {left:,} more\n" if left else "")


def _details(page: _Page, changes: Sequence[Changed]) -> int:
    """Each object's fields, folded, the gravest first; how many did not fit."""
    left = 0
    for changed in gravest_first(changes):
        left += not page.add(_detail(changed))
    return left


def _order(page: _Page, changes: Sequence[Changed]) -> None:
    """In which order the changes are applied, folded, for each environment where there is one."""
    places: dict[str, list[tuple[int, Changed]]] = {}
    for changed in changes:
        for name, place in zip(changed.environments, changed.order, strict=True):
            places.setdefault(name, []).append((place, changed))
    alike: dict[str, list[str]] = {}
    for name, told in sorted(places.items()):
        listed = (each for _, each in sorted(told, key=lambda each: each[0]))
        lines = "\n".join(f"{SIGNS[sort_of(each.change)]} {one_line(str(each.change.identity))}" for each in listed)
        if len(told) > 1:
            alike.setdefault(lines, []).append(name)
    for lines, names in alike.items():
        summary = " · ".join(filter(None, ("The order in which they are applied", raw(", ".join(names)))))
        page.add(f"<details>\n<summary>{summary}</summary>\n\n{block(lines.splitlines(), 'diff')}\n\n</details>\n")


def _detail(changed: Changed) -> str:
    change, environments = changed.change, changed.environments
    sort = sort_of(change)
    effects = dict.fromkeys(title(impact.effect) for impact in change.impacts)
    more = [raw(", ".join(environments)), *effects]
    summary = " · ".join([f"<code>{SIGNS[sort]} {raw(str(change.identity))}</code>", *filter(None, more)])
    lines = _fields(change.fields) if sort == "changed" else (f"{SIGNS[sort]}{line}" for line in whole(change))
    return f"<details>\n<summary>{summary}</summary>\n\n{block(lines, 'diff')}\n\n</details>\n"


def _fields(fields: Iterable[FieldChange]) -> Iterator[str]:
    for field in fields:
        yield f"@@ {field_of(field)} @@"
        if field.order:
            yield f"-order: {one_line(', '.join(field.before))}"
            yield f"+order: {one_line(', '.join(field.after))}"
        else:
            yield from (f"{sign}{line}" for sign, line in unified(rows(field)))
