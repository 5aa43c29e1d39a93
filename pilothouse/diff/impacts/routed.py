"""Routed: which requests go elsewhere when routes change, from where to where, in percent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts import matches
from pilothouse.diff.impacts.routes import KINDS, Route, Routing
from pilothouse.diff.impacts.words import differing, joined, key_of, short

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_LEAST = 0.005
"""Percent that two shares may differ by rounding."""
_MOST = 20
"""Impacts of one object that are told."""

_Said = tuple[str, str, tuple[tuple[str, int | str], ...]]
"""What is said of some requests, the field to blame, and facts."""


def routed(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change of an object with routes does to requests."""
    read = KINDS[change.identity.group, change.identity.kind]
    was = read(change.before, between.before) if change.before is not None else None
    now = read(change.after, between.after) if change.after is not None else None
    told: dict[_Said, list[str]] = {}
    for route, said in _said(was, now):
        told.setdefault(said, []).append(_other(route, now or was))
    hosts = (now or was or Routing([], [], [])).hosts
    where = f" to {joined(hosts)}" if hosts else ""
    for number, ((says, field, facts), requests) in enumerate(told.items()):
        if number == _MOST:
            yield Impact(Effect.TRAFFIC, f"and {len(told) - _MOST:,} more changes of the kind")
            break
        who = joined(dict.fromkeys(requests), last="and")
        blame = field if was is not None and now is not None else ""
        yield Impact(Effect.TRAFFIC, f"{who}{where} {says}", "", blame, None, {"requests": who, **dict(facts)})
    if was is not None and now is not None:
        yield from _entered(was, now)


def _said(was: Routing | None, now: Routing | None) -> Iterator[tuple[Route, _Said]]:
    before, after = (_first(each) for each in (was, now))
    for key, route in after.items():
        old = before.get(key)
        if old is None:
            rest = _rest(was, route)
            instead = f" instead of {_all(rest.shares)}" if rest is not None and rest.shares != route.shares else ""
            if rest is None or instead or route.settings:
                does = "".join(f", {name} {_value(value)}" for name, value in route.settings.items())
                yield route, (f"go to {_all(route.shares)}{instead}{does}", route.field, _facts({}, route.shares))
        else:
            if _moved(old.shares, route.shares):
                yield route, (_shift(old.shares, route.shares), route.field, _facts(old.shares, route.shares))
            for name in dict.fromkeys([*old.settings, *route.settings]):
                values = [_value(each.settings.get(name)) for each in (old, route)]
                if key_of(old.settings.get(name)) != key_of(route.settings.get(name)):
                    yield route, (f"have {name} {values[1]} instead of {values[0]}", _above(route.field), ())
    for key, route in before.items():
        if key not in after:
            rest = _rest(now, route)
            there = f"{_all(rest.shares)} instead of {_all(route.shares)}" if rest is not None else ""
            if rest is None:
                says = f"are no longer led to {_all(route.shares)}" + (": no route is about them" if now else "")
                yield route, (says, _above(route.field), _facts(route.shares, {}))
            elif rest.shares != route.shares or rest.settings != route.settings:
                yield route, (f"go to {there}", _above(route.field), _facts(route.shares, rest.shares))
    if was is not None and now is not None:
        yield from _turned(list(before), after)


def _other(route: Route, routing: Routing | None) -> str:
    """Which requests, in words: those of a route for all are the others where there are routes for some."""
    beside = routing is not None and any(not each.every for each in routing.routes)
    return matches.REST if beside and route.requests == matches.EVERY else route.requests


def _first(routing: Routing | None) -> dict[str, Route]:
    """The routes by what they are about; of several about the same the first one counts."""
    found: dict[str, Route] = {}
    for route in routing.routes if routing is not None else ():
        found.setdefault(route.key, route)
    return found


def _rest(routing: Routing | None, route: Route) -> Route | None:
    """The route that a route's requests fall to where it is not there."""
    there = routing.routes if routing is not None else ()
    return next((each for each in there if each.every and each.protocol == route.protocol), None)


def _turned(before: list[str], after: Mapping[str, Route]) -> Iterator[tuple[Route, _Said]]:
    """The first route that now stands before another one that it stood behind."""
    places = {key: place for place, key in enumerate(before)}
    highest = -1
    for key, route in after.items():
        if key not in places:
            continue
        if places[key] < highest:
            yield route, ("are looked for later than before: of several routes the first that fits counts", "", ())
            return
        highest = max(highest, places[key])


def _moved(before: Mapping[str, float], after: Mapping[str, float]) -> bool:
    return any(abs(before.get(name, 0) - after.get(name, 0)) > _LEAST for name in {*before, *after})


def _all(shares: Mapping[str, float]) -> str:
    """Destinations with their shares."""
    if not shares:
        return "nobody"
    if len(shares) == 1:
        return next(iter(shares))
    return joined((f"{name} ({_percent(share)})" for name, share in shares.items()), 5)


def _shift(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """What of a share moves from where to where."""
    if len(before) <= 1 and len(after) <= 1:
        return f"go to {_all(after)} instead of {_all(before)}"
    parts = [
        f"{name} {_percent(before.get(name, 0))} → {_percent(after.get(name, 0))}"
        for name in sorted({*before, *after}, key=lambda name: before.get(name, 0) - after.get(name, 0))
        if abs(before.get(name, 0) - after.get(name, 0)) > _LEAST
    ]
    return f"go elsewhere: {joined(parts, 6)}"


def _facts(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[tuple[str, int | str], ...]:
    """The destination that gains most, or loses most where none gains, with its shares in whole percent."""
    names = sorted({*before, *after}, key=lambda name: (before.get(name, 0) - after.get(name, 0), name))
    if not names:
        return ()
    return (
        ("destination", names[0]),
        ("from", round(before.get(names[0], 0))),
        ("to", round(after.get(names[0], 0))),
    )


def _percent(share: float) -> str:
    return f"{share:.1f}".removesuffix(".0") + " %"


def _value(value: Any) -> str:
    return "none" if value is None else short(value)


def _above(field: str) -> str:
    return field.rpartition(".")[0]


_ENTERED = (
    ("hosts", "spec.hosts", "requests for {} are led by it", "requests for {} are no longer led by it"),
    ("doors", "spec", "requests through {} are led by it", "requests through {} are no longer led by it"),
)


def _entered(was: Routing, now: Routing) -> Iterator[Impact]:
    for name, field, led, left in _ENTERED:
        gone, come = differing(getattr(was, name), getattr(now, name))
        if come:
            yield Impact(Effect.TRAFFIC, led.format(joined(come)), "", field)
        if gone:
            yield Impact(Effect.TRAFFIC, left.format(joined(gone)), "", field)
