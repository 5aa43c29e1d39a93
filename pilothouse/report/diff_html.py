"""A diff as a page: one file that needs no other, and runs no script."""

from __future__ import annotations

import html
import pathlib
from collections.abc import Iterator, Mapping, Sequence

from pilothouse.diff.change import FieldChange, ObjectChange
from pilothouse.diff.impact import Effect
from pilothouse.diff.stacks import Changed
from pilothouse.report.diff_sums import Sum, by_environment, summary
from pilothouse.report.diff_words import (
    GRAVE,
    SIGNS,
    TELLING,
    TITLES,
    Row,
    field_of,
    gravest_first,
    rows,
    sentence,
    sort_of,
    whole,
)
from pilothouse.report.text import one_line, visible

_STYLE = pathlib.Path(__file__).with_name("diff.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is loaded, and no script runs, whatever a value may hold."""


def render(changes: Sequence[Changed], base: str, head: str, *, unread: int = 0) -> str:
    """The changes as a page.

    Which effects and which environments are shown is chosen with radio buttons that the style sheet reads.

    :param changes: in order of their environments.
    :param base: how the state before is called.
    :param head: how the state after is called.
    :param unread: how many problems there were in reading the two sides.
    """
    sums = by_environment(changes)
    effects = [effect for effect in Effect if any(each.number(effect) for each in sums.values())]
    places = {name: number for number, name in enumerate(name for name in sums if name)}
    title = f"{one_line(base, 100)} → {one_line(head, 100)}"
    body = [
        f"<h1>{_safe(title)}</h1>",
        f"<p>{_safe(summary(changes)[0])}</p>",
        *_unread(unread),
        *(_table(sums, effects) if changes else ()),
        *_choices("happens", "what happens", {"": "all", **{effect: TITLES[effect] for effect in effects}}),
        *_choices("place", "environment", {"": "all", **{f"{number}": name for name, number in places.items()}}),
        *("".join(_object(each, places)) for each in gravest_first(changes)),
    ]
    style = _STYLE.read_text(encoding="utf-8") + "".join(_hidden(effects, len(places)))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_safe(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _safe(text: str) -> str:
    return html.escape(visible(text))


def _unread(number: int) -> Iterator[str]:
    if number:
        problems = f"{number:,} problem{'' if number == 1 else 's'}"
        yield f'<p class="unread">{problems} in reading them: not everything is compared.</p>'


def _hidden(effects: Sequence[Effect], places: int) -> Iterator[str]:
    """The rules that hide what was not chosen."""
    for name, number in (("happens", effects), ("place", range(places))):
        for each in number:
            yield f"body:has(#{name}-{each}:checked) article:not(.{name}-{each}) {{ display: none; }}\n"


def _choices(name: str, legend: str, choices: Mapping[str, str]) -> Iterator[str]:
    """Radio buttons; none where there is nothing to choose from."""
    if len(choices) < 3:
        return
    yield f"<fieldset><legend>{legend}</legend>"
    for key, said in choices.items():
        chosen = "" if key else " checked"
        yield f'<label><input type="radio" name="{name}" id="{name}-{key}"{chosen}>{_safe(said)}</label>'
    yield "</fieldset>"


def _table(sums: Mapping[str, Sum], effects: Sequence[Effect]) -> Iterator[str]:
    head = "".join(f"<th>{TITLES[effect]}</th>" for effect in effects)
    first = "environment" if any(sums) else ""
    yield '<div class="scroll"><table class="sums"><thead>'
    yield f"<tr><th>{first}</th><th>objects</th>{head}</tr></thead><tbody>"
    for name, each in sums.items():
        objects = " ".join(f"{sign}{each.sorts[sort]:,}" for sort, sign in SIGNS.items() if each.sorts[sort])
        cells = "".join(f"<td>{_cell(each, effect)}</td>" for effect in effects)
        yield f"<tr><th>{_safe(name)}</th><td>{objects}</td>{cells}</tr>"
    yield "</tbody></table></div>"


def _cell(of: Sum, effect: Effect) -> str:
    number = of.number(effect)
    return f"{number:,}{of.pods() if effect is Effect.ROLLS else ''}" if number else ""


def _object(changed: Changed, places: Mapping[str, int]) -> Iterator[str]:
    """An object: what happens, and its fields folded."""
    change, environments = changed.change, changed.environments
    sort = sort_of(change)
    classes = [f"happens-{effect}" for effect in dict.fromkeys(impact.effect for impact in change.impacts)]
    classes += [f"place-{places[name]}" for name in environments if name]
    where = ", ".join(environments)
    yield f'<article class="{" ".join([sort, *classes])}"><header>'
    yield f'<h2><span class="sign">{SIGNS[sort]}</span><code>{_safe(one_line(str(change.identity), 300))}</code></h2>'
    yield f'<span class="where">{_safe(where)}</span></header>' if where else "</header>"
    if change.impacts:
        yield '<ul class="impacts">'
        for impact in change.impacts:
            title = TITLES[impact.effect]
            yield f'<li class="{_gravity(impact.effect)}"><b>{title}</b> {_safe(sentence(impact))}</li>'
        yield "</ul>"
    yield from _folded(change)
    yield "</article>"


def _gravity(effect: Effect) -> str:
    if effect in GRAVE:
        return "grave"
    return "telling" if effect in TELLING else "none" if effect is Effect.NOTHING else "mild"


def _folded(change: ObjectChange) -> Iterator[str]:
    sort = sort_of(change)
    number = len(change.fields)
    said = f"{number:,} field{'' if number == 1 else 's'}" if sort == "changed" else "the whole object"
    yield f'<details><summary>{said}</summary><table class="fields">'
    if sort == "changed":
        for each in change.fields:
            yield f'<tbody><tr><th colspan="2"><code>{_safe(field_of(each))}</code></th></tr>'
            yield from map(_row, _rows(each))
            yield "</tbody>"
    else:
        kind = "now" if sort == "added" else "was"
        yield "<tbody>"
        for line in whole(change):
            yield f'<tr class="differs"><td class="{kind}" colspan="2">{_safe(line)}</td></tr>'
        yield "</tbody>"
    yield "</table></details>"


def _rows(field: FieldChange) -> list[Row]:
    if field.order:
        return [Row(f"order: {', '.join(field.before)}", f"order: {', '.join(field.after)}")]
    return rows(field)


def _row(row: Row) -> str:
    # A cell with a blank is a line without a word; one without is no line.
    before, after = ("" if line is None else _safe(line) or " " for line in row)
    kind = "same" if row.same else "differs"
    return f'<tr class="{kind}"><td class="was">{before}</td><td class="now">{after}</td></tr>'
